-- The inbox: conversations that someone should look at, and why. Triggers are recomputed; a review stays.

CREATE TABLE inbox_item (
    tenant_id        integer NOT NULL,
    conversation_id  uuid NOT NULL,
    status           text NOT NULL DEFAULT 'unreviewed' CHECK (status IN ('unreviewed', 'reviewed', 'dismissed')),
    axis             text NOT NULL,                -- attention | opportunity | manual
    trigger_type     text NOT NULL,                -- of the primary trigger
    severity         integer NOT NULL,             -- 1..5
    attention        double precision NOT NULL,    -- max(severity) / 5 * max(confidence) + 0.1 for each further trigger
    triggers         jsonb NOT NULL,               -- [{triggerType, severity, confidence, reason, source, axis}]
    flagged_at       timestamptz NOT NULL DEFAULT now(),
    updated_at       timestamptz NOT NULL DEFAULT now(),
    note             text,                         -- of the teammate who flagged it
    PRIMARY KEY (tenant_id, conversation_id)
);
CREATE INDEX inbox_item_attention ON inbox_item (tenant_id, status, attention DESC, conversation_id);
CREATE INDEX inbox_item_updated ON inbox_item (tenant_id, status, updated_at DESC, conversation_id);

CREATE TABLE inbox_state (                         -- up to when analyses were looked at
    tenant_id     integer NOT NULL PRIMARY KEY,
    refreshed_to  timestamptz NOT NULL
);
