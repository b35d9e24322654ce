"""What the outside world must promise: a language model, an encoder, a ticket system. Nothing else is behind an interface."""

from collections.abc import AsyncIterator, Sequence
from typing import Protocol

import numpy as np

from rapport.domain.agent import ModelEvent, ModelRequest
from rapport.domain.ticket import Ticket, TicketDraft, TicketLabel, TicketTarget


class ModelProvider(Protocol):
    """A language model. Implementations: openai_compatible, anthropic, pydantic_ai, scripted, and the builtin ones."""

    @property
    def name(self) -> str:
        """What answers, as it is logged with each answer."""
        ...

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        """Yields the answer as it comes and ends with one ModelFinish. Closing the iterator closes the connection.
        Raises ModelUnavailable, ModelTimeout, ModelRefused or ModelError; retries only before the first byte."""
        ...


class Encoder(Protocol):
    """Turns texts into vectors. `semantic` is False for the lexical fallback, which marks what it is used for."""

    name: str
    semantic: bool
    head: bytes | None  # sentiment.npz that was trained for it and lies beside it

    @property
    def dimensions(self) -> int: ...

    @property
    def languages(self) -> frozenset[str] | None:
        """ISO 639-1 codes of the languages it knows; None: all."""
        ...

    def encode(self, texts: Sequence[str]) -> np.ndarray:
        """float32 [len(texts), dimensions], each row of length 1. Plain function: run it in a worker thread."""
        ...


class TicketProvider(Protocol):
    """A ticket system. Implementations: store.tickets (local), linear, github, jira."""

    name: str

    async def targets(self) -> tuple[TicketTarget, ...]: ...

    async def labels(self, target: TicketTarget) -> tuple[TicketLabel, ...]: ...

    async def create(self, draft: TicketDraft, *, idempotency_key: str) -> Ticket:
        """Creates the ticket once: the same key gives the same ticket. Raises ProviderError or ProviderNeedsSetup."""
        ...
