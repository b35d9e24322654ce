"""What a ticket says: the problem as a title, and the evidence for it, written from what the tools found.

Everything that users wrote is quoted on one line and cut, with the characters that mean something in Markdown taken out, because
conversations are untrusted and a ticket is read by people with rights.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from rapport.analytics.breakdown import Group
from rapport.analytics.examples import Example, shorten
from rapport.analytics.metrics import Figure

TITLE_LENGTH = 90
_ASKING = re.compile(
    r"^(?:please\s+|can you\s+|could you\s+)*"
    r"(?:(?:draft|write|create|open|file|raise|make|prepare|log|turn|put)\b.*?"
    r"\b(?:ticket|issue|bug report|bug)s?\b(?:\s+(?:up|together))?)?"
    r"\s*(?:for|about|on|regarding|that|because|covering|describing|:|-)?\s*(?:the fact that\s+|the\s+)?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Worst:
    """A topic or a failing tool that went badly: `bad` of the `judged` conversations with it; elsewhere `elsewhere` percent do, where
    it stands out."""

    kind: str  # topic | failed_tool
    key: str
    name: str
    judged: int
    bad: int
    elsewhere: float | None = None


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known about a problem. `found` of `in_scope` conversations fit it; `figures` and `groups` are about those found."""

    problem: str
    examples: tuple[Example, ...]
    found: int
    in_scope: int
    figures: tuple[Figure, ...]
    organizations: tuple[Group, ...]
    failing_tools: tuple[tuple[str, int, int], ...]  # name, calls, failures
    since: date | None
    until: date | None
    worst: Worst | None = None


def subject(problem: str) -> str:
    """What a wording asks a ticket for: "draft a ticket about the failing uploads" is about "failing uploads"."""
    return _ASKING.sub("", problem.strip(), count=1).strip(" .?!:;\"'")


def title(findings: Findings) -> str:
    """A title that names the problem, not the question: the worst one where that was asked for, the asker's own words without the
    asking, else the user's complaint."""
    if worst := findings.worst:
        tail = f": {worst.bad} of {worst.judged} conversations went badly"
        name = plain(worst.name) if worst.kind == "topic" else f"{worst.name} fails"
        return shorten(name[:1].upper() + name[1:], TITLE_LENGTH - len(tail)) + tail
    words = subject(findings.problem)
    if len(words) < 4 and findings.examples:
        first = findings.examples[0]
        words = first.topic or first.summary or first.quote
    words = plain(words or "Users are unhappy")
    product = findings.examples[0].product if findings.examples else ""
    if product and product.casefold() not in words.casefold() and len({example.product for example in findings.examples}) == 1:
        words = f"{shorten(words, TITLE_LENGTH - len(product) - 3)} ({product})"
    words = shorten(words, TITLE_LENGTH)
    return words[:1].upper() + words[1:]


def plain(text: str) -> str:
    """One line without characters that Markdown, HTML or a mention would act on."""
    return " ".join(re.sub(r"[`*<>\[\]#|@\\]|\b_|_\b", " ", text).split())


def description(findings: Findings) -> str:
    """Markdown: the problem, the evidence, examples with ids and quotes, who is affected, and where to begin."""
    return "\n\n".join(
        filter(None, (_problem(findings), _evidence(findings), _examples(findings.examples), _impact(findings), _steps(findings)))
    )


def _problem(findings: Findings) -> str:
    first = findings.examples[0] if findings.examples else None
    said = f' A user put it this way: "{plain(first.quote)}".' if first and first.quote else ""
    return f"## Problem\n{title(findings)}.{said}"


def _evidence(findings: Findings) -> str:
    lines = []
    if findings.found:
        share = round(100 * findings.found / findings.in_scope, 1) if findings.in_scope else 0
        span = ""
        if findings.since and findings.until:
            span = f" between {findings.since} and {findings.until}" if findings.since != findings.until else f" on {findings.since}"
        lines.append(f"{findings.found} of {findings.in_scope} conversations ({share} %) are about this{span}")
    if findings.worst and findings.worst.elsewhere is not None:
        rate = round(100 * findings.worst.bad / findings.worst.judged, 1)
        lines.append(f"{rate} % of those that can be judged went badly; of all others {round(findings.worst.elsewhere, 1)} %")
    for figure in findings.figures:
        shown = figure.metric.shown(figure.value)
        if shown is not None and figure.metric.kind in ("mean", "share"):
            lines.append(f"{figure.metric.title}: {shown}{' %' if figure.metric.unit == 'percent' else ''} (n={figure.n})")
    lines += [f"tool `{plain(name)}`: {failures} of {calls} calls failed" for name, calls, failures in findings.failing_tools]
    return "## Evidence\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _examples(examples: Sequence[Example]) -> str:
    lines = [f'- `{example.reference}`, {example.created_at.date()}: "{plain(example.quote)}"' for example in examples if example.quote]
    return "## Example conversations\n" + "\n".join(lines) if lines else ""


def _impact(findings: Findings) -> str:
    users = {example.user for example in findings.examples}
    named = ", ".join(f"{plain(group.label)} ({group.conversations})" for group in findings.organizations[:3])
    counted: dict[str, Any] = {figure.metric.name: figure.metric.shown(figure.value) for figure in findings.figures}
    lines = [f"users affected: {counted.get('users', len(users))}"] if findings.found else []
    lines += [f"most affected organizations: {named}"] if named else []
    return "## Impact\n" + "\n".join(f"- {line}" for line in lines) if lines else ""


def _steps(findings: Findings) -> str:
    if not findings.examples:
        return ""
    first = findings.examples[0]
    lines = [f"Read conversation `{first.reference}`"]
    if first.quote:
        lines.append(f'Ask {plain(first.product)} the same: "{plain(shorten(first.quote, 120))}"')
    if findings.failing_tools:
        lines.append(f"Check the failing calls of `{plain(findings.failing_tools[0][0])}`")
    lines.append("Expected: the user gets what they asked for; observed: see the quotes above")
    return "## Where to begin\n" + "\n".join(f"{number}. {line}" for number, line in enumerate(lines, 1))


VAGUE = re.compile(
    r"(?:(?:our|my|the|a|an|single|number one|no\. ?1|one|whatever|is|what|that|this|of|for|with|in|right now|today|currently|all|we|have|"
    r"users?|customers?|people|product|support|worst|biggest|top|main|largest|most|common|frequent|pressing|important|urgent|severe|serious|"
    r"critical|painful|bad|key|problems?|issues?|complaints?|complained|pain|points?|thing|bug|failure|trouble|topic|about|month|week|last)\W*)*",
    re.IGNORECASE,
)
"""A subject that leaves it to us which problem is meant."""


_KINDS = {
    "feature": r"\b(feature|request|wish|missing|support for|would like|add(?:ing)?|enhancement|capabilit)",
    "bug": r"\b(bug|fail|error|broken|crash|wrong|slow|time ?out|never|not work|doesn.t|can.t|cannot|stuck|lost|twice|double|down)",
    "question": r"\b(question|how to|unclear|confus|document|explain)",
}


def kind(findings: Findings) -> str:
    """bug | feature | question, by the words of the problem; a failing tool makes it a bug, and so does doubt."""
    if findings.failing_tools:
        return "bug"
    return next((name for name, words in _KINDS.items() if re.search(words, findings.problem, re.IGNORECASE)), "bug")


def priority(findings: Findings) -> str:
    """urgent | high | medium | low, by how many conversations are affected and how badly they went."""
    unhappy = next((figure.value or 0 for figure in findings.figures if figure.metric.name == "unhappy_share"), 0)
    if findings.found >= 20 and unhappy >= 50:
        return "urgent"
    if findings.found >= 8 and unhappy >= 30:
        return "high"
    return "medium" if findings.found >= 3 else "low"
