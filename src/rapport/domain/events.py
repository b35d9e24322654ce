"""What happens in a run, once for all dialects; `api/frames.py` writes each as bytes of the dialect that asked."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class TextDelta:
    """A piece of the answer; all pieces joined are the answer."""

    text: str
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolCalled:
    """A tool starts. `step` counts calls from 1 within the run."""

    step: int
    tool: str
    display_name: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class ToolReturned:
    """The call of the same `step` is over. `output` is what clients may see; None keeps it to the model."""

    step: int
    tool: str
    display_name: str
    output: Any = None
    error: str | None = None
    duration_ms: int = 0
    agent_id: str | None = None


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens and calls of a run. `estimated` where the provider reported none."""

    input_tokens: int = 0
    output_tokens: int = 0
    tool_calls: int = 0
    tools: tuple[str, ...] = ()
    estimated: bool = False


@dataclass(frozen=True, slots=True)
class Notice:
    """Something only one dialect knows (connected, meta, ui_command, agent_started, vote, summary). `name` is its event type."""

    name: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class RunFinished:
    """The run ended well; nothing follows. `data` is what the dialect's terminal event carries beside usage; `text` is the whole answer."""

    usage: Usage
    data: Mapping[str, Any] = field(default_factory=dict)
    status: str = "complete"
    text: str = ""


@dataclass(frozen=True, slots=True)
class RunFailed:
    """The run ended with an error; nothing follows. `text` is the part of the answer that had been given."""

    code: str
    message: str
    retryable: bool = False
    data: Mapping[str, Any] = field(default_factory=dict)
    text: str = ""


RunEvent = TextDelta | ToolCalled | ToolReturned | Notice | RunFinished | RunFailed
