-- What lists and jobs need at 100,000 conversations and more.

-- Attention fades by 0.05 a day for all alike, so the order never changes: it is kept, instead of sorting the whole inbox for a page.
ALTER TABLE inbox_item ADD COLUMN rank double precision NOT NULL DEFAULT 0;  -- attention + 0.05 * days from 1970 to the last message
UPDATE inbox_item i SET rank = i.attention + 0.05 * extract(epoch FROM c.last_message_at) / 86400
FROM conversation c WHERE c.tenant_id = i.tenant_id AND c.id = i.conversation_id;
DROP INDEX inbox_item_attention;
CREATE INDEX inbox_item_rank ON inbox_item (tenant_id, status, rank DESC, conversation_id) INCLUDE (severity, axis, attention);

-- What was analysed since a time: the inbox is brought up to date by it.
CREATE INDEX analysis_saved ON analysis (tenant_id, analysed_at);

-- Conversations of one cause and topic; conversations with flags, which are few.
CREATE INDEX analysis_cause ON analysis (tenant_id, root_cause, topic_id) INCLUDE (conversation_id) WHERE root_cause IS NOT NULL;
CREATE INDEX analysis_flagged ON analysis (tenant_id, conversation_id) WHERE flags <> '{}';

-- Counting the conversations of a model in the index alone.
DROP INDEX conversation_model;
CREATE INDEX conversation_model ON conversation (tenant_id, model_id, kind) WHERE model_id IS NOT NULL;
