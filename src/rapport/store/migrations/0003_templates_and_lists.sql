-- Finds the template that a literal prompt was rendered from: a few word sequences of each template, the rarest of its product.
CREATE TABLE prompt_anchor (
    tenant_id   integer NOT NULL,
    product_id  uuid NOT NULL,
    anchor      bigint NOT NULL,                   -- domain.templates.anchors
    prompt_id   uuid NOT NULL,
    PRIMARY KEY (tenant_id, product_id, anchor, prompt_id)
);
CREATE INDEX prompt_anchor_prompt ON prompt_anchor (tenant_id, prompt_id);
CREATE INDEX prompt_created ON prompt (tenant_id, created_at DESC, id DESC);
CREATE INDEX conversation_model ON conversation (tenant_id, model_id) WHERE model_id IS NOT NULL;
CREATE INDEX organization_created ON organization (tenant_id, created_at DESC, id DESC);
