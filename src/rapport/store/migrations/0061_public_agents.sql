-- A published representative is found by its id alone.
CREATE INDEX agent_public ON agent (id) WHERE is_public;
