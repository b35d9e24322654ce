-- Calls and failures of tools as numbers, so that questions about them need not open the list of tools.

CREATE FUNCTION tool_sum(tools jsonb, place integer) RETURNS integer
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    RETURN (SELECT coalesce(sum((t ->> place)::integer), 0)::integer FROM jsonb_array_elements(tools) t);

ALTER TABLE analysis
    ADD COLUMN tool_calls    integer GENERATED ALWAYS AS (tool_sum(tools, 1)) STORED,
    ADD COLUMN tool_failures integer GENERATED ALWAYS AS (tool_sum(tools, 2)) STORED;

DROP INDEX analysis_measures;
CREATE INDEX analysis_measures ON analysis (tenant_id, conversation_id)
    INCLUDE (sentiment, sentiment_change, frustration, struggle, dissatisfied, resolution, abandoned, handover_requested, commercial_intent,
             quality_index, topic_id, topic_group_id, language, tool_calls, tool_failures);

-- Conversations that used tools, for breaking down by tool.
CREATE INDEX analysis_with_tools ON analysis (tenant_id, conversation_id) WHERE tool_calls > 0;
