"""A conversation as the measures read it: what each side said, turn by turn, and which tools failed in between.

A turn is one user message with the reply that came before it: satisfaction with a reply shows in what the user says next.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from rapport.analysis import text
from rapport.domain.analysis import ToolUse
from rapport.domain.conversation import Conversation, Message

FAILED_STATUSES = frozenset({"error", "failed", "failure", "timeout", "timed_out", "denied", "unavailable"})


@dataclass(frozen=True, slots=True)
class Utterance:
    """One message of language. `masked` has the offsets of the original; `spoken` is what the encoder reads."""

    seq: int
    content: str
    masked: str
    spoken: str


@dataclass(frozen=True, slots=True)
class Turn:
    """One user message, the reply before it (None: there was none) with the message it answers, and the tool failures since then."""

    user: Utterance
    asked: Utterance | None
    reply: Utterance | None
    tool_failures: int


@dataclass(frozen=True, slots=True)
class Dialogue:
    """A whole conversation. `replies` are all assistant utterances; `last_reply` came after the last user message."""

    conversation: Conversation
    turns: tuple[Turn, ...]
    replies: tuple[Utterance, ...]
    last_reply: Utterance | None
    open_tool_failures: int
    tools: tuple[ToolUse, ...]
    tool_failures: tuple[tuple[int, str], ...]  # (seq, tool name)


def read(conversation: Conversation) -> Dialogue:
    """The dialogue of a conversation. Messages without content, and those of the system and of frameworks, are not language."""
    failed = tuple(_failures(conversation.messages))
    failed_seqs = {seq for seq, _ in failed}
    turns: list[Turn] = []
    replies: list[Utterance] = []
    reply: Utterance | None = None
    failures = 0
    for message in conversation.messages:
        failures += message.seq in failed_seqs
        if not message.content or not message.content.strip():
            continue
        if message.is_user:
            turns.append(Turn(utterance(message), turns[-1].user if turns else None, reply, failures))
            reply, failures = None, 0
        elif message.is_assistant:
            reply = utterance(message)
            replies.append(reply)
    return Dialogue(conversation, tuple(turns), tuple(replies), reply, failures, _tools(conversation.messages, failed), failed)


def utterance(message: Message) -> Utterance:
    content = message.content or ""
    masked = text.masked(content)
    return Utterance(message.seq, content, masked, text.spoken(masked))


def failed_output(output: Any) -> bool:
    """Whether a tool's result says that it failed: `error`, `isError`, `success: false`, `ok: false`, or a failed status."""
    if not isinstance(output, dict):
        return False
    status = output.get("status", output.get("statusCode", output.get("status_code")))
    return bool(
        output.get("error") or output.get("is_error") or output.get("isError")
        or output.get("success") is False or output.get("ok") is False
        or (isinstance(status, str) and status.lower() in FAILED_STATUSES)
        or (isinstance(status, int) and not isinstance(status, bool) and status >= 400)
    )  # fmt: skip


def told(value: Any) -> str:
    """A tool's input or output as text."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _failures(messages: Sequence[Message]) -> Iterator[tuple[int, str]]:
    """Failed calls, each once: `tool_error` messages, and results that say so. The name is the call's."""
    named = _call_names(messages)
    seen: set[UUID | str] = set()
    for message in messages:
        if message.type != "tool_error" and not (message.type in ("observation", "tool_call") and failed_output(message.output)):
            continue
        parent = message.parent_id or message.parent_external_id
        call = message.id if message.type == "tool_call" else named.get(parent, (None, None))[0] if parent else None
        if call is not None:
            if call in seen:
                continue
            seen.add(call)
        name = message.tool_name or (named.get(parent, (None, None))[1] if parent else None)
        yield message.seq, name or _call_before(messages, message.seq)


def _call_names(messages: Sequence[Message]) -> dict[UUID | str, tuple[UUID, str]]:
    """Id and name of each call, by internal and by external id."""
    named: dict[UUID | str, tuple[UUID, str]] = {}
    for message in messages:
        if message.type == "tool_call" and message.tool_name:
            named[message.id] = (message.id, message.tool_name)
            if message.external_id:
                named[message.external_id] = (message.id, message.tool_name)
    return named


def _call_before(messages: Sequence[Message], seq: int) -> str:
    """The name of the last call before a failure that names none; `unknown` where there was none."""
    calls = [message.tool_name for message in messages if message.type == "tool_call" and message.seq < seq and message.tool_name]
    return calls[-1] if calls else "unknown"


def _tools(messages: Sequence[Message], failed: Sequence[tuple[int, str]]) -> tuple[ToolUse, ...]:
    calls: dict[str, int] = {}
    for message in messages:
        if message.type == "tool_call" and message.tool_name:
            calls[message.tool_name] = calls.get(message.tool_name, 0) + 1
    failures: dict[str, int] = {}
    for _, name in failed:
        failures[name] = failures.get(name, 0) + 1
    names = sorted({*calls, *failures})
    return tuple(ToolUse(name, max(calls.get(name, 0), failures.get(name, 0)), failures.get(name, 0)) for name in names)
