"""What all decoders of model streams share: their promise, assembling tool calls, and reading JSON that is not quite right."""

import json
from collections.abc import Iterator
from typing import Any, Protocol, TypeVar

import msgspec

from rapport.domain.agent import ModelEvent, ModelToolCall, ToolCall
from rapport.errors import ModelError

Shape = TypeVar("Shape")


class Decoder(Protocol):
    """Turns the events of one wire format into ModelEvents."""

    @property
    def done(self) -> bool:
        """Whether the rest of the stream need not be read."""
        ...

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        """What this event adds. Raises ModelError and its kin for an error inside the stream."""
        ...

    def end(self) -> list[ModelEvent]:
        """What is left when the stream has ended. Raises ModelError where it broke off."""
        ...


def parse(data: bytes, decoder: "msgspec.json.Decoder[Shape]") -> Shape:
    """The payload in its shape. Half of a surrogate pair, which some servers send, is kept. Raises ModelError for garbage."""
    try:
        return decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        try:
            return msgspec.convert(json.loads(data), decoder.type)  # json keeps lone surrogates, msgspec refuses them
        except (ValueError, msgspec.ValidationError, RecursionError) as error:
            raise ModelError("The language model's server sent something that cannot be read; ask again.") from error


class PartialCall:
    """A tool call whose arguments come in pieces."""

    __slots__ = ("arguments", "id", "name")

    def __init__(self, call_id: str, name: str):
        self.id = call_id
        self.name = name
        self.arguments: list[str] = []

    def whole(self, position: int) -> ModelToolCall:
        return ModelToolCall(ToolCall(self.id or f"call_{position}", self.name, "".join(self.arguments)))


def whole_calls(calls: Iterator[PartialCall]) -> list[ModelEvent]:
    """The calls as events, in order; those without a name were never more than a stray fragment."""
    return [call.whole(position) for position, call in enumerate(calls, 1) if call.name]


def as_json(value: Any) -> str:
    """Arguments as JSON text; some servers send the object itself."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
