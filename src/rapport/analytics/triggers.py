"""What puts a conversation into the inbox. One row of this table is one trigger: which analyses raise it, how severe it is (1..5),
how sure (0..1), and why, in words. SQL over `conversation c` and `analysis a`."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Trigger:
    """`confidence` is SQL giving 0..1. source names the analysis that raised it."""

    type: str
    axis: str
    severity: int
    sql: str
    confidence: str
    reason: str
    source: str


TRIGGERS = (
    Trigger("guardrail", "attention", 5, "a.flags @> '{secret_leaked}'", "0.9", "A secret was written into the conversation.",
            "secret_check"),
    Trigger("guardrail", "attention", 4, "a.flags && '{jailbreak_detected}'", "0.7",
            "The user tried to make the assistant break its rules.", "safety_check"),
    Trigger("guardrail", "attention", 4, "a.flags && '{model_toxicity_detected,model_bias_detected}'", "0.7",
            "The assistant wrote something toxic or biased.", "safety_check"),
    Trigger("guardrail", "attention", 2, "a.flags && '{user_toxicity_detected,user_bias_detected}'", "0.7",
            "The user wrote something toxic or biased.", "safety_check"),
    Trigger("guardrail", "attention", 3, "a.flags && '{hallucination_detected}'", "0.5",
            "The answer holds figures or names that its sources do not.", "factual_check"),
    Trigger("expectation_check", "attention", 3, "a.quality_index < 0.35 AND a.dissatisfied >= 0.5", "least(1, a.dissatisfied)",
            "The conversation went badly and ended with a dissatisfied user.", "quality_index"),
    Trigger("expectation_check", "attention", 3, "c.rating_score <= 1.5", "1", "The user gave the lowest rating.", "rating"),
    Trigger("expectation_check", "attention", 2, "a.abandoned AND a.struggle >= 0.5", "a.struggle", "The user struggled and gave up.",
            "struggle_analysis"),
    Trigger("revenue_risk", "attention", 4, "a.commercial_signal = 'churn_risk' AND coalesce(a.sentiment, 0) < 0.2", "0.8",
            "The user talks about leaving, and is not happy.", "sentiment_analysis"),
    Trigger("revenue_risk", "attention", 4,
            "EXISTS (SELECT FROM event e WHERE e.tenant_id = c.tenant_id AND e.conversation_id = c.id AND e.influence = 'negative')", "0.9",
            "A negative business event belongs to this conversation.", "business_events"),
    Trigger("novelty", "attention", 1, "a.topic_id IS NULL AND a.user_message_count > 1 AND EXISTS (SELECT FROM topic t WHERE t.tenant_id ="
            " c.tenant_id)", "0.5", "It is about something that no known topic covers.", "topic_analysis"),
    Trigger("opportunity", "opportunity", 3, "a.commercial_intent >= 0.6 AND coalesce(a.sentiment, 0) > -0.2", "a.commercial_intent",
            "The user wants to buy or upgrade.", "commercial_intent"),
    Trigger("opportunity", "opportunity", 2, "a.flags && '{missing_capability_detected}'", "0.6",
            "The user asked for something that the product cannot do.", "capability_analysis"),
)  # fmt: skip


CUSTOM = f"""
    SELECT f.conversation_id, {len(TRIGGERS)} AS ordinal, f.type, 'attention' AS axis, f.severity, f.confidence,
           jsonb_build_object('triggerType', f.type, 'severity', f.severity, 'reason', f.reason, 'source', 'custom_analysis',
                              'axis', 'attention', 'confidence', round(f.confidence::numeric, 2), 'customAnalysisId', f.id) AS trigger
    FROM (
        SELECT f.conversation_id, d.id, d.severity, coalesce(f.confidence, 1)::float8 AS confidence,
               CASE d.kind WHEN 'guardrail' THEN 'guardrail' ELSE 'expectation_check' END AS type,
               left(d.name || ': ' || f.reasoning, 500) AS reason
        FROM analysis a
        JOIN finding f ON f.tenant_id = a.tenant_id AND f.conversation_id = a.conversation_id AND f.status = 'fail'
        JOIN custom_analysis d ON d.tenant_id = f.tenant_id AND d.id = f.custom_analysis_id AND d.enabled
        WHERE a.tenant_id = $1 AND a.conversation_id = ANY($2::uuid[])
    ) f
"""
"""Failed guardrails and expectations of the tenant's own custom analyses."""


def raised() -> str:
    """SQL that gives (conversation_id, ordinal, trigger as jsonb, severity, confidence, axis, type) of all triggers that the
    analyses of the conversations $2 of tenant $1 raise."""
    rows = ", ".join(
        f"({n}, {_text(t.type)}, {_text(t.axis)}, {t.severity}, ({t.sql}), ({t.confidence})::float8, {_text(t.reason)}, {_text(t.source)})"
        for n, t in enumerate(TRIGGERS)
    )
    return f"""
        SELECT c.id AS conversation_id, r.ordinal, r.type, r.axis, r.severity, least(1, greatest(0, r.confidence)) AS confidence,
               jsonb_build_object('triggerType', r.type, 'severity', r.severity, 'reason', r.reason, 'source', r.source, 'axis', r.axis,
                                  'confidence', round(least(1, greatest(0, r.confidence))::numeric, 2)) AS trigger
        FROM analysis a JOIN conversation c ON c.tenant_id = a.tenant_id AND c.id = a.conversation_id,
             LATERAL (VALUES {rows}) AS r (ordinal, type, axis, severity, holds, confidence, reason, source)
        WHERE a.tenant_id = $1 AND a.conversation_id = ANY($2::uuid[]) AND c.kind = 'conversation' AND r.holds
        UNION ALL
        {CUSTOM}
    """


def _text(literal: str) -> str:
    return "'" + literal.replace("'", "''") + "'"
