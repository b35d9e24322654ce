-- A tenant's own secrets: what signs its cursors and tokens. They live beside the data, so that all processes share them.
CREATE TABLE secret (
    tenant_id  integer NOT NULL,
    name       text NOT NULL,
    value      bytea NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, name)
);
