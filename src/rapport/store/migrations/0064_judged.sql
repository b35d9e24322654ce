-- What a language model judges, where a product asks for it, beside what is computed here.

ALTER TABLE analysis ADD COLUMN judged_by text;                         -- language model whose values took the place of embedded ones
ALTER TABLE analysis ADD COLUMN embedded jsonb NOT NULL DEFAULT '{}';   -- those embedded values, by field

CREATE TABLE custom_analysis (
    tenant_id    integer NOT NULL,
    id           uuid NOT NULL,
    product_id   uuid NOT NULL,
    name         text NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('guardrail', 'expectation', 'evidence_finder')),
    instruction  text NOT NULL,
    severity     integer NOT NULL CHECK (severity BETWEEN 1 AND 5),
    enabled      boolean NOT NULL DEFAULT true,
    created_at   timestamptz NOT NULL DEFAULT now(),
    updated_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, id)
);
CREATE INDEX custom_analysis_product ON custom_analysis (tenant_id, product_id);

CREATE TABLE finding (                             -- what one custom analysis found in one conversation
    tenant_id           integer NOT NULL,
    conversation_id     uuid NOT NULL,
    custom_analysis_id  uuid NOT NULL,
    product_id          uuid NOT NULL,
    status              text NOT NULL,             -- domain.judging.FINDING_STATUSES
    confidence          real,                      -- 0..1, the model's own
    reasoning           text NOT NULL DEFAULT '',
    quotes              jsonb NOT NULL DEFAULT '[]',   -- [{text, seq, messageId, role}], each found in the transcript
    dropped_quotes      integer NOT NULL DEFAULT 0,    -- that were not
    omitted_messages    integer NOT NULL DEFAULT 0,    -- of a long transcript that the model was not shown
    model               text,
    digest              bytea,                     -- of the request that was answered
    evaluated_at        timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, conversation_id, custom_analysis_id)
);
CREATE INDEX finding_latest ON finding (tenant_id, evaluated_at DESC, conversation_id);
CREATE INDEX finding_analysis ON finding (tenant_id, custom_analysis_id, status, evaluated_at DESC);

CREATE TABLE judgement (                           -- the measures of one conversation as a language model fills them
    tenant_id         integer NOT NULL,
    conversation_id   uuid NOT NULL,
    product_id        uuid NOT NULL,
    status            text NOT NULL,               -- domain.judging.JUDGEMENT_STATUSES
    measures          jsonb NOT NULL DEFAULT '{}', -- by the names of domain.analysis.Analysis
    reason            text,
    message_count     integer NOT NULL DEFAULT 0,  -- of the conversation when it was judged
    omitted_messages  integer NOT NULL DEFAULT 0,
    model             text,
    digest            bytea,
    judged_at         timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, conversation_id)
);
CREATE INDEX judgement_product ON judgement (tenant_id, product_id, judged_at DESC);

CREATE TABLE model_answer (                        -- the same question about the same transcript is asked once
    tenant_id        integer NOT NULL,
    conversation_id  uuid NOT NULL,
    digest           bytea NOT NULL,               -- SHA-256 of model, instructions, schema and transcript
    answer           jsonb NOT NULL,
    input_tokens     integer NOT NULL,
    output_tokens    integer NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (tenant_id, conversation_id, digest)
);

CREATE TABLE model_use (                           -- the daily budget of each product; days of the tenant's time zone
    tenant_id   integer NOT NULL,
    product_id  uuid NOT NULL,
    day         date NOT NULL,
    calls       integer NOT NULL DEFAULT 0,
    tokens      bigint NOT NULL DEFAULT 0,         -- used, and held for calls under way
    refused     integer NOT NULL DEFAULT 0,        -- calls that were not made because the budget was spent
    PRIMARY KEY (tenant_id, product_id, day)
);
