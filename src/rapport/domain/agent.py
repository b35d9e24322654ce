"""Tools and what is said between the run engine and a language model."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gives back. `output` is JSON for the model; `public` goes to the client (None: nothing does);
    `evidence` are the ids of conversations that the output rests on."""

    output: Any
    public: Any = None
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Tool:
    """A function that a model may call. `parameters` is a JSON schema of an object. Raises errors.ToolError for what
    the model should read and mend; any other error ends the run."""

    name: str
    display_name: str
    description: str
    parameters: Mapping[str, Any]
    call: Callable[[Mapping[str, Any]], Awaitable[ToolResult]]


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that a model asks for. `arguments` is the JSON text as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """role: user | assistant | tool. A tool message answers the call `tool_call_id`."""

    role: str
    content: str = ""
    tool_calls: tuple[ToolCall, ...] = ()
    tool_call_id: str | None = None
    tool_name: str | None = None


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One call of a language model. `response_schema` asks for structured output (a JSON schema)."""

    messages: tuple[ChatMessage, ...]
    system: str = ""
    tools: tuple[Tool, ...] = ()
    max_tokens: int = 2048
    temperature: float | None = None
    response_schema: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class ModelText:
    text: str


@dataclass(frozen=True, slots=True)
class ModelReasoning:
    """Thinking that is never shown as the answer."""

    text: str


@dataclass(frozen=True, slots=True)
class ModelToolCall:
    """A complete call; providers assemble fragments before they yield it."""

    call: ToolCall


@dataclass(frozen=True, slots=True)
class ModelFinish:
    """The last event of a model's answer. reason: stop | tool_calls | length | refusal | content_filter."""

    reason: str
    input_tokens: int | None = None
    output_tokens: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


ModelEvent = ModelText | ModelReasoning | ModelToolCall | ModelFinish
