-- Outbound webhooks: who wants to hear of what, every attempt to tell them, and which products are below a threshold now.
CREATE TABLE webhook (
    tenant_id   integer NOT NULL,
    id          uuid NOT NULL,
    url         text NOT NULL,
    events      text[] NOT NULL,
    secret      bytea NOT NULL,                -- sealed by store.vault
    active      boolean NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);

CREATE TABLE webhook_delivery (
    tenant_id    integer NOT NULL,
    webhook_id   uuid NOT NULL,
    at           timestamptz NOT NULL DEFAULT now(),
    event_id     uuid NOT NULL,
    event_type   text NOT NULL,
    attempt      integer NOT NULL,
    status       integer,                      -- of the answer; NULL: there was none
    error        text,                         -- NULL: delivered
    duration_ms  integer NOT NULL,
    PRIMARY KEY (tenant_id, webhook_id, at, event_id)
);

CREATE TABLE webhook_alert (                   -- a product's event fires when it falls below, not while it stays there
    tenant_id   integer NOT NULL,
    product_id  uuid NOT NULL,
    event_type  text NOT NULL,
    since       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, product_id, event_type)
);
