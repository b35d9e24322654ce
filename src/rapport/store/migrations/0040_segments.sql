-- Segments: groups of users by rules, and who is in them. Membership is computed by a job and kept.

CREATE TABLE segment (
    tenant_id     integer NOT NULL,
    id            uuid NOT NULL,
    preset_id     text,                            -- slug of a system segment
    type          text NOT NULL DEFAULT 'custom' CHECK (type IN ('system', 'custom')),
    name          text NOT NULL,
    description   text,
    icon          text,
    filters       jsonb NOT NULL,
    is_favorited  boolean NOT NULL DEFAULT false,
    created_by    uuid,                            -- the key that made it
    member_count  integer NOT NULL DEFAULT 0,
    refreshed_at  timestamptz,
    created_at    timestamptz NOT NULL DEFAULT now(),
    updated_at    timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id),
    UNIQUE (tenant_id, preset_id)
);

CREATE TABLE segment_user (
    tenant_id   integer NOT NULL,
    segment_id  uuid NOT NULL,
    user_id     uuid NOT NULL,
    PRIMARY KEY (tenant_id, segment_id, user_id)
);
CREATE INDEX segment_user_user ON segment_user (tenant_id, user_id, segment_id);
