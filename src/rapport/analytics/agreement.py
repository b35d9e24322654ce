"""How well a language model and the embedded analysis agree on a product's conversations: labels by the share of exact agreement and
Cohen's kappa (1960), scores by the mean absolute difference and Spearman's rank correlation. Neither is taken for the truth."""

from collections import Counter
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import numpy as np

from rapport.domain.analysis import FLAGS, sentiment_label
from rapport.store.database import Connection

MOST = 10_000
"""The latest judgements that are compared."""
LEAST_RANKED = 3
SCORES = ("sentiment", "sentiment_change", "frustration", "struggle", "dissatisfied", "resolution", "commercial_intent")
LABELS = ("emotion", "commercial_signal", "root_cause", "abandoned", "handover_requested")
NAMES = {
    "sentiment": "averageUserSentiment", "sentiment_change": "changeInUserSentiment", "commercial_intent": "commercialIntent",
    "emotion": "mostCommonUserEmotion", "commercial_signal": "primarySignal", "root_cause": "rootCause",
    "handover_requested": "handoverRequested",
}  # fmt: skip

Pairs = list[tuple[Any, Any]]
"""(embedded, model) of one value, one pair for each conversation where both have one."""


async def of_product(connection: Connection, tenant_id: int, product_id: UUID) -> dict[str, Any]:
    """{conversations, labels: {name: {n, exact, kappa}}, scores: {name: {n, meanAbsoluteDifference, spearman}}} over the conversations
    that nothing was added to since they were judged. kappa and spearman are None where they are not defined."""
    rows = await connection.fetch(
        f"""
        SELECT j.measures, a.embedded, a.flags, {", ".join(f"a.{name}" for name in (*SCORES, *LABELS))}
        FROM judgement j
        JOIN analysis a ON a.tenant_id = j.tenant_id AND a.conversation_id = j.conversation_id
        JOIN conversation c ON c.tenant_id = j.tenant_id AND c.id = j.conversation_id AND c.message_count = j.message_count
        WHERE j.tenant_id = $1 AND j.product_id = $2 AND j.measures <> '{{}}'
        ORDER BY j.judged_at DESC LIMIT {MOST}
        """,
        tenant_id, product_id,
    )  # fmt: skip
    compared = [({**row, **row["embedded"]}, row["measures"]) for row in rows]
    labels = {NAMES.get(name, name): labelled(_pairs(compared, name)) for name in LABELS}
    labels["sentimentLabel"] = labelled([(sentiment_label(one), sentiment_label(other)) for one, other in _pairs(compared, "sentiment")])
    for flag in FLAGS:
        labels[flag] = labelled([(flag in one["flags"], flag in other["flags"]) for one, other in compared if "flags" in other])
    scores = {NAMES.get(name, name): scored(_pairs(compared, name)) for name in SCORES}
    return {"conversations": len(rows), "labels": labels, "scores": scores}


def _pairs(compared: Sequence[tuple[dict[str, Any], dict[str, Any]]], name: str) -> Pairs:
    """A root cause without its tool's name: the model's list of causes names no tools."""
    pairs = [(one[name], other[name]) for one, other in compared if one.get(name) is not None and other.get(name) is not None]
    return [(one.partition(":")[0], other) for one, other in pairs] if name == "root_cause" else pairs


def labelled(pairs: Pairs) -> dict[str, Any]:
    """n, share of exact agreement, and kappa: agreement beyond what chance gives, None where chance alone gives all of it."""
    n = len(pairs)
    if not n:
        return {"n": 0, "exact": None, "kappa": None}
    exact = sum(one == other for one, other in pairs) / n
    first, second = Counter(one for one, _ in pairs), Counter(other for _, other in pairs)
    chance = sum(first[label] * second[label] for label in first) / (n * n)
    return {"n": n, "exact": round(exact, 4), "kappa": None if chance == 1 else round((exact - chance) / (1 - chance), 4)}


def scored(pairs: Pairs) -> dict[str, Any]:
    """n, mean absolute difference, and the correlation of ranks, ties at their mean rank; None for fewer than LEAST_RANKED pairs or
    where one side is constant."""
    if not pairs:
        return {"n": 0, "meanAbsoluteDifference": None, "spearman": None}
    one, other = np.array(pairs, dtype=float).T
    difference = round(float(np.abs(one - other).mean()), 4)
    ranked = len(pairs) >= LEAST_RANKED and np.ptp(one) > 0 and np.ptp(other) > 0
    spearman = round(float(np.corrcoef(_ranks(one), _ranks(other))[0, 1]), 4) if ranked else None
    return {"n": len(pairs), "meanAbsoluteDifference": difference, "spearman": spearman}


def _ranks(values: np.ndarray) -> np.ndarray:
    _, place, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    return (last - (counts - 1) / 2)[place]
