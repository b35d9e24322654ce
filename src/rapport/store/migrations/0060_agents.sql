-- Agents, teams, their sessions and what they know. One more control table: public_handle, which finds the tenant of a
-- name that the public may say (a slug, a webhook token, a share code, a custom domain).

CREATE TABLE public_handle (
    kind       text NOT NULL,                      -- slug | webhook | share | domain
    handle     text NOT NULL,                      -- tokens as hex SHA-256
    tenant_id  integer NOT NULL,
    target_id  uuid NOT NULL,
    PRIMARY KEY (kind, handle)
);
CREATE INDEX public_handle_target ON public_handle (tenant_id, target_id);

CREATE TABLE agent (                               -- a representative is an agent with a public face
    tenant_id            integer NOT NULL,
    id                   uuid NOT NULL,
    product_id           uuid NOT NULL,            -- its conversations are logged under this product
    slug                 text,
    name                 text NOT NULL,
    title                text,
    description          text,
    personality          text,
    tone                 text,
    skills               text[] NOT NULL DEFAULT '{}',
    system_prompt        text,
    model                text,
    avatar_url           text,
    is_public            boolean NOT NULL DEFAULT false,
    greeting             text,
    suggested_questions  text[] NOT NULL DEFAULT '{}',
    profile              jsonb NOT NULL DEFAULT '{}',  -- company, bio, location, contacts, work, education: the public face
    interface            jsonb NOT NULL DEFAULT '{}',  -- pages, modals, hosts: the only places that UI commands may name
    tools                jsonb NOT NULL DEFAULT '[]',  -- declared HTTP tools with their hosts
    origins              text[] NOT NULL DEFAULT '{}', -- browser origins that may use visitor tokens
    limits               jsonb NOT NULL DEFAULT '{}',
    created_at           timestamptz NOT NULL DEFAULT now(),
    updated_at           timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX agent_created ON agent (tenant_id, created_at DESC, id DESC);

CREATE TABLE team (
    tenant_id         integer NOT NULL,
    id                uuid NOT NULL,
    product_id        uuid NOT NULL,
    name              text NOT NULL,
    description       text,
    avatar_url        text,
    chat_mode         text NOT NULL DEFAULT 'auto',
    default_agent_id  uuid,
    turns             integer NOT NULL DEFAULT 0,      -- rotates who begins in round_robin
    created_at        timestamptz NOT NULL DEFAULT now(),
    updated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE team_agent (
    tenant_id  integer NOT NULL,
    team_id    uuid NOT NULL,
    agent_id   uuid NOT NULL,
    position   integer NOT NULL,
    role       text,
    PRIMARY KEY (tenant_id, team_id, agent_id)
);

CREATE TABLE session (                             -- the chat's own state; its messages are those of the conversation with the same id
    tenant_id          integer NOT NULL,
    id                 uuid NOT NULL,
    surface            text NOT NULL,              -- representative | agent | team
    agent_id           uuid,
    team_id            uuid,
    owner              text NOT NULL,              -- key:<id> of a limited key, visitor:<fingerprint>, or '' for the tenant's server keys
    visitor            text,
    title              text,
    is_default         boolean NOT NULL DEFAULT false,  -- where chat without a conversation id goes
    is_starred         boolean NOT NULL DEFAULT false,
    archived_at        timestamptz,
    scan_context       jsonb,
    metadata           jsonb NOT NULL DEFAULT '{}',
    summary            text,                       -- of the messages that compaction folded away
    summary_through    integer NOT NULL DEFAULT 0, -- last message seq that the summary covers
    compactions        integer NOT NULL DEFAULT 0,
    last_compacted_at  timestamptz,
    input_tokens       bigint NOT NULL DEFAULT 0,
    output_tokens      bigint NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL DEFAULT now(),
    updated_at         timestamptz NOT NULL DEFAULT now(),
    last_activity_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX session_agent ON session (tenant_id, agent_id, last_activity_at DESC);
CREATE INDEX session_list ON session (tenant_id, surface, is_starred DESC, last_activity_at DESC, id);
CREATE UNIQUE INDEX session_default ON session (tenant_id, surface, agent_id, owner) WHERE is_default AND agent_id IS NOT NULL;
CREATE UNIQUE INDEX session_default_team ON session (tenant_id, team_id, owner) WHERE is_default AND team_id IS NOT NULL;

CREATE TABLE ui_command (
    tenant_id   integer NOT NULL,
    session_id  uuid NOT NULL,
    id          text NOT NULL,
    command     jsonb NOT NULL,
    status      text NOT NULL,                     -- proposed | executed | recorded | rejected
    result      jsonb,
    created_at  timestamptz NOT NULL DEFAULT now(),
    updated_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, session_id, id)
);

CREATE TABLE inbox_message (                       -- answers that their reader has not received
    tenant_id   integer NOT NULL,
    agent_id    uuid NOT NULL,
    id          uuid NOT NULL,
    session_id  uuid NOT NULL,
    owner       text NOT NULL,
    type        text NOT NULL DEFAULT 'message',   -- message | reminder | webhook | handoff | system
    content     text NOT NULL,
    read_at     timestamptz,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, agent_id, id)
);
CREATE INDEX inbox_message_unread ON inbox_message (tenant_id, agent_id, owner, created_at DESC);

CREATE TABLE document (
    tenant_id      integer NOT NULL,
    id             uuid NOT NULL,
    agent_id       uuid NOT NULL,
    filename       text NOT NULL,
    file_type      text NOT NULL,
    file_size      integer NOT NULL,
    status         text NOT NULL,                  -- processing | ready | failed
    error          text,
    passage_count  integer NOT NULL DEFAULT 0,
    created_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX document_agent ON document (tenant_id, agent_id, created_at);

CREATE TABLE passage (
    tenant_id    integer NOT NULL,
    agent_id     uuid NOT NULL,
    document_id  uuid NOT NULL,
    position     integer NOT NULL,
    text         text NOT NULL,
    heading      text,
    page         integer,
    embedding    bytea,                            -- float16 of the encoder named in method; NULL without one
    method       text NOT NULL,
    PRIMARY KEY (tenant_id, agent_id, document_id, position)
);
CREATE INDEX passage_text ON passage USING gin (to_tsvector('english', 'zt' || tenant_id || ' ' || coalesce(heading, '') || ' ' || text));

CREATE TABLE agent_webhook (                       -- incoming: POST /api/webhook/{token} talks to the agent
    tenant_id     integer NOT NULL,
    id            uuid NOT NULL,
    agent_id      uuid NOT NULL,
    name          text NOT NULL,
    outgoing_url  text,
    token_prefix  text NOT NULL,
    is_active     boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now(),
    last_used_at  timestamptz,
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE lead (                                -- a visitor who left a way to be reached
    tenant_id   integer NOT NULL,
    id          uuid NOT NULL,
    agent_id    uuid NOT NULL,
    session_id  uuid,
    name        text NOT NULL,
    email       text NOT NULL,
    phone       text,
    notes       text,
    consent_at  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, agent_id, email)
);
