-- One ticket at a time for each tenant and provider, connections to ticket systems, and what became of a draft.

-- Only a conversation identifies a problem; a product or a user can have several tickets.
DROP INDEX ticket_source;
CREATE UNIQUE INDEX ticket_source ON ticket (tenant_id, provider, source_id)
    WHERE source_type = 'conversation' AND source_id IS NOT NULL AND status = 'open';
CREATE INDEX ticket_created ON ticket (tenant_id, created_at DESC, id DESC);

ALTER TABLE ticket_draft ADD COLUMN ticket_id uuid;

CREATE TABLE ticket_claim (                        -- who holds it may create a ticket; it lapses when its holder dies
    tenant_id     integer NOT NULL,
    provider      text NOT NULL,
    holder        uuid NOT NULL,
    locked_until  timestamptz NOT NULL,
    PRIMARY KEY (tenant_id, provider)
);

CREATE TABLE ticket_counter (                      -- numbers of the local provider: LOC-1, LOC-2 ... without gaps after deletion
    tenant_id  integer PRIMARY KEY,
    last       integer NOT NULL
);

CREATE TABLE ticket_connection (
    tenant_id   integer NOT NULL,
    provider    text NOT NULL,                     -- local | linear | github | jira
    settings    jsonb NOT NULL DEFAULT '{}',       -- baseUrl, email (Jira), defaultTeam
    token       bytea,                             -- encrypted; never leaves the server
    active      boolean NOT NULL DEFAULT true,     -- of local: false disables it
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, provider)
);
