-- What an agent was told to remember, in every conversation.

CREATE TABLE agent_memory (
    tenant_id   integer NOT NULL,
    id          uuid NOT NULL,
    agent_id    uuid NOT NULL,
    content     text NOT NULL,
    category    text,
    url         text,
    tags        text[] NOT NULL DEFAULT '{}',
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX agent_memory_agent ON agent_memory (tenant_id, agent_id, created_at DESC, id DESC);
