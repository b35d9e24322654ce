-- Indexes for questions over many conversations.

-- All that the common counts, filters and ratings read, so that they are index-only scans.
CREATE INDEX conversation_questions ON conversation (tenant_id, kind, created_at)
    INCLUDE (id, product_id, user_id, organization_id, model_id, prompt_id, version_id, rating_score, chat_message_count);

-- The measures of one conversation, for the join of conversation and analysis. Only columns of bounded width.
CREATE INDEX analysis_measures ON analysis (tenant_id, conversation_id)
    INCLUDE (sentiment, sentiment_change, frustration, struggle, dissatisfied, resolution, abandoned, handover_requested, commercial_intent,
             quality_index, topic_id, topic_group_id, language);

-- Names of tools, read by skipping from one to the next.
CREATE INDEX message_tool ON message (tenant_id, tool_name) WHERE tool_name IS NOT NULL;

-- Ratings of a span of time by whom and on what, newest first.
CREATE INDEX event_at ON event (tenant_id, event_at DESC);
