-- Servers of the Model Context Protocol that an agent declares; their tokens are sealed.
ALTER TABLE agent ADD COLUMN mcp_servers jsonb NOT NULL DEFAULT '[]';
