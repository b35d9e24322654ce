"""Custom analyses: a question in plain words, put to one conversation. What the answer claims must be backed by quotes that are there."""

from collections.abc import Mapping
from typing import Any

from rapport.analysis.judged import question, quotes
from rapport.analysis.judged.excerpt import Excerpt
from rapport.analysis.judged.question import Question
from rapport.domain.judging import CustomAnalysis, Verdict
from rapport.errors import ModelError

MAX_TOKENS = 1_000
LONGEST_REASONING = 2_000
VERDICTS: Mapping[str, Mapping[str, str]] = {
    "guardrail": {"violated": "fail", "not_violated": "pass"},
    "expectation": {"met": "pass", "not_met": "fail", "not_applicable": "not_applicable"},
    "evidence_finder": {"found": "found", "not_found": "not_found"},
}
"""Kind -> what the model may answer -> the result it stands for."""
TASKS = {
    "guardrail": "Judge this guardrail: something that must not happen in the conversation. Answer `violated` only if it happened, and "
    "quote each place where it did. Answer `not_violated` otherwise, without quotes.",
    "expectation": "Judge this expectation: something that should happen in the conversation. Answer `met` and quote where it is met; "
    "`not_met` and quote what shows it, or nothing where it is simply missing; `not_applicable` where there was no occasion for it.",
    "evidence_finder": "Look for this in the conversation. Answer `found` and quote each place, or `not_found` without quotes.",
}
CLAIMS = {"guardrail": ("fail",), "evidence_finder": ("found",), "expectation": ()}
"""Results that are nothing without a quote. An expectation that is not met often has nothing to quote."""
BACKED = {"guardrail": ("fail",), "evidence_finder": ("found",), "expectation": ("pass", "fail")}
"""Results that rest on their quotes: where all that were given are made up, so may be the result."""


def ask(custom: CustomAnalysis, shown: Excerpt) -> Question:
    """The question that a custom analysis puts to this transcript."""
    left_out = " Part of the conversation is left out because it is long." if shown.omitted else ""
    task = f"{TASKS[custom.kind]}{left_out}\n\n{custom.name}: {custom.instruction}"
    schema = question.strict({
        "reasoning": {"type": "string", "description": "why, in at most three sentences"},
        "quotes": {"type": "array", "items": {"type": "string"}, "description": "copied from single texts, letter by letter"},
        "verdict": {"type": "string", "enum": list(VERDICTS[custom.kind])},
        "confidence": {"type": "number", "description": "0 to 1"},
    })  # fmt: skip
    return question.ask(shown, task, schema, max_tokens=MAX_TOKENS)


def read(custom: CustomAnalysis, shown: Excerpt, answer: Mapping[str, Any]) -> Verdict:
    """The answer, its quotes checked. A claim without a quote that is there is `unsupported`. Raises ModelError for a verdict that
    was not offered."""
    result = VERDICTS[custom.kind].get(str(answer.get("verdict")))
    if result is None:
        raise ModelError("The language model's answer holds no verdict of the schema; a model with structured output is needed.")
    found, dropped = quotes.checked(question.texts(answer.get("quotes")), shown)
    invented = dropped > 0 and result in BACKED[custom.kind]
    if not found and (invented or result in CLAIMS[custom.kind]):
        result = "unsupported"
    reasoning = answer.get("reasoning")
    return Verdict(
        result, question.number(answer.get("confidence"), 0, 1),
        reasoning[:LONGEST_REASONING] if isinstance(reasoning, str) else "", found, dropped,
    )  # fmt: skip
