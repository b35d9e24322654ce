"""Tools and what is said between the run engine and a language model."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What a tool gives back. `output` is JSON for the model; `public` goes to the client (None: nothing does);
    `evidence` are the ids of conversations that the output rests on; `error` is shown to the client beside `public`, where the tool
    failed in a documented way."""

    output: Any
    public: Any = None
    evidence: tuple[str, ...] = ()
    error: str | None = None


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
    tools: Sequence[Tool] = ()
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


@dataclass(frozen=True, slots=True)
class Agent:
    """Who talks to users. A representative is an agent with a public face (`slug`, `profile`, `greeting`).

    `interface` names the only places that UI commands may point to: {"pages": [path], "modals": [name], "hosts": [host]}.
    """

    tenant_id: int
    id: UUID
    product_id: UUID
    name: str
    created_at: datetime
    updated_at: datetime
    slug: str | None = None
    title: str | None = None
    description: str | None = None
    personality: str | None = None
    tone: str | None = None
    skills: tuple[str, ...] = ()
    system_prompt: str | None = None
    model: str | None = None
    avatar_url: str | None = None
    is_public: bool = False
    greeting: str | None = None
    suggested_questions: tuple[str, ...] = ()
    profile: Mapping[str, Any] = field(default_factory=dict)
    interface: Mapping[str, Any] = field(default_factory=dict)
    tools: tuple[Mapping[str, Any], ...] = ()
    mcp_servers: tuple[Mapping[str, Any], ...] = ()
    origins: tuple[str, ...] = ()
    limits: Mapping[str, int] = field(default_factory=dict)
    user_count: int = 0
    message_count: int = 0


@dataclass(frozen=True, slots=True)
class Document:
    """A file that an agent was given. status: processing | ready | failed."""

    id: UUID
    agent_id: UUID
    filename: str
    file_type: str
    file_size: int  # bytes
    status: str
    passage_count: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PassageHit:
    """A passage found for a question. `score` in [0, 1] orders hits of one search; it is not a probability."""

    document_id: UUID
    filename: str
    position: int
    text: str
    heading: str | None
    page: int | None
    score: float
    similarity: float | None = None  # cosine, where an encoder was used
