"""Yes-or-no facts about one conversation, by name: what a filter keeps, what a share counts, what a driver explains.

SQL over `conversation c` and `analysis a`; NULL means that the conversation gives no ground to say (not rated, not analysed).
"""

from collections.abc import Mapping
from dataclasses import dataclass

from rapport.domain.analysis import FLAGS


@dataclass(frozen=True, slots=True)
class Predicate:
    """`title` fits after a number of conversations: "12 conversations {title}". `bad` is None where it is neither good nor bad."""

    name: str
    sql: str
    title: str
    bad: bool | None = None


_TABLE = (
    # Bands and cuts: domain.analysis (documented labels); rating cuts: the outer two of five steps.
    Predicate("negative",        "a.sentiment <= -0.2", "with negative sentiment", True),
    Predicate("neutral",         "(a.sentiment > -0.2 AND a.sentiment < 0.2)", "with neutral sentiment"),
    Predicate("positive",        "a.sentiment >= 0.2", "with positive sentiment", False),
    Predicate("worsening",       "a.sentiment_change <= -0.2", "whose sentiment got worse", True),
    Predicate("dissatisfied",    "a.dissatisfied >= 0.5", "with a dissatisfied user", True),
    Predicate("frustrated",      "a.frustration >= 0.6", "with high frustration", True),
    Predicate("struggling",      "a.struggle >= 0.6", "where the user struggled", True),
    Predicate("resolved",        "a.resolution >= 0.5", "that were resolved", False),
    Predicate("unresolved",      "a.resolution < 0.5", "that were not resolved", True),
    Predicate("abandoned",       "a.abandoned", "that were abandoned", True),
    Predicate("handover",        "a.handover_requested", "where a human was asked for", True),
    Predicate("repeated",        "a.repeated_questions > 0", "with a repeated question", True),
    Predicate("commercial",      "a.commercial_intent >= 0.4", "with commercial intent", False),
    Predicate("low_quality",     "a.quality_index < 0.5", "with a quality index below 0.5", True),
    Predicate("rated",           "(c.rating_score IS NOT NULL)", "that were rated"),
    Predicate("unrated",         "(c.rating_score IS NULL)", "without a rating"),
    Predicate("commented",       "EXISTS (SELECT FROM rating r WHERE r.tenant_id = c.tenant_id AND r.conversation_id = c.id"
              " AND btrim(coalesce(r.feedback, '')) <> '')", "with a comment beside the rating"),
    Predicate("low_rated",       "c.rating_score <= 2", "rated 2 or lower", True),
    Predicate("high_rated",      "c.rating_score >= 4", "rated 4 or higher", False),
    Predicate("tool_used",       "a.tool_calls > 0", "with tool calls"),
    Predicate("tool_failed",     "a.tool_failures > 0", "with a failed tool call", True),
    Predicate("flagged",         "cardinality(a.flags) > 0", "with a safety flag", True),
    Predicate("analysed",        "(a.conversation_id IS NOT NULL)", "that are analysed"),
    Predicate("unhappy",         "coalesce(c.rating_score <= 2, a.dissatisfied >= 0.5 OR a.frustration >= 0.6, a.sentiment <= -0.2)",
              "that went badly (rated 2 or lower, or, where unrated, a dissatisfied or frustrated user)", True),
    Predicate("happy",           "coalesce(c.rating_score >= 4, a.sentiment >= 0.2)",
              "that went well (rated 4 or higher, or, where unrated, positive sentiment)", False),
)  # fmt: skip

PREDICATES: Mapping[str, Predicate] = {predicate.name: predicate for predicate in _TABLE} | {
    flag: Predicate(flag, f"a.flags @> '{{{flag}}}'", f"flagged {flag.removesuffix('_detected').replace('_', ' ')}", True) for flag in FLAGS
}
