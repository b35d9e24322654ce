"""The tenant's custom analyses: guardrails, expectations and evidence finders, and what they found."""

from typing import Any

from rapport.analyst.tools.desk import LIMIT, Asked, Reading, period, schema
from rapport.analytics import custom_findings
from rapport.analytics.custom_findings import Tally
from rapport.domain.agent import ToolResult
from rapport.domain.judging import KINDS


def custom_tools() -> tuple[Reading, ...]:
    """The tools of this file."""
    return (
        Reading("getCustomAnalyses", "Reading custom analyses",
                "Guardrails, expectations and evidence finders of this tenant: how often each failed or found something, with quotes.",
                schema({"kind": {"enum": list(KINDS)}, "called": {"type": "string", "maxLength": 200, "description": "part of its name"},
                        "limit": LIMIT | {"description": "examples of each"}}), listed),
    )  # fmt: skip


async def listed(asked: Asked) -> ToolResult:
    found = await custom_findings.tallies(
        asked.connection, asked.scope, kind=asked.get("kind", None), name=asked.get("called", None), examples=min(10, asked.get("limit", 3))
    )
    return ToolResult(
        {"period": period(asked.scope), "customAnalyses": [_tally_json(tally) for tally in found]},
        evidence=tuple(dict.fromkeys(reference for tally in found for reference, *_ in tally.latest)),
    )


def _tally_json(tally: Tally) -> dict[str, Any]:
    return {
        "name": tally.name, "kind": tally.kind, "severity": tally.severity, "enabled": tally.enabled, "conversations": tally.counts,
        "examples": [
            {"conversation": reference, "reasoning": reasoning, "quotes": quotes, "confidence": confidence and round(confidence, 2)}
            for reference, reasoning, quotes, confidence in tally.latest
        ],
    }  # fmt: skip
