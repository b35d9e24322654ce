"""Asks the language model about a conversation: within the product's daily budget, and never the same twice."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar
from uuid import UUID

from rapport.analysis.judged import question as questions
from rapport.analysis.judged.question import Question
from rapport.domain.agent import ChatMessage, ModelFinish, ModelRequest, ModelText
from rapport.domain.judging import Plan
from rapport.errors import BudgetSpent, ModelError, ModelRefused, ModelTimeout
from rapport.ports import ModelProvider
from rapport.store import judgements
from rapport.store.database import Database

Read = TypeVar("Read")

LONGEST_S = 180.0
CHARACTERS_PER_TOKEN = 4
"""Where a server reports no usage."""


class Asker:
    """The language model that judges, for all products. At most `at_once` calls are under way."""

    def __init__(self, database: Database, model: ModelProvider, *, tokens_per_day: int, at_once: int):
        self.name = model.name
        self._database = database
        self._model = model
        self._tokens_per_day = tokens_per_day
        self._room = asyncio.Semaphore(at_once)

    async def ask(
        self, tenant_id: int, plan: Plan, conversation_id: UUID, question: Question, read: Callable[[Mapping[str, Any]], Read]
    ) -> Read:
        """What `read` makes of the answer, which is kept where it could be read. Raises BudgetSpent, ModelError and its kin."""
        digest = question.digest(self.name)
        async with self._database.connection() as connection:
            known = await judgements.answer(connection, tenant_id, conversation_id, digest)
        if known is not None:
            return read(known)
        async with self._room:
            text, finish = await self._paid(tenant_id, plan, question)
        given = questions.answer(text)
        result = read(given)
        async with self._database.connection() as connection:
            await judgements.keep_answer(
                connection, tenant_id, conversation_id, digest, given,
                input_tokens=finish.input_tokens or 0, output_tokens=finish.output_tokens or 0,
            )  # fmt: skip
        return result

    async def _paid(self, tenant_id: int, plan: Plan, question: Question) -> tuple[str, ModelFinish]:
        """Hold what the call may use, call, settle what it used. No transaction is open while the model is awaited."""
        limit = self._tokens_per_day if plan.tokens_per_day is None else plan.tokens_per_day
        held, used = question.most_tokens, 0
        async with self._database.transaction() as connection:
            day = await judgements.hold(connection, tenant_id, plan.product_id, held, limit=limit)
        if day is None:
            raise BudgetSpent(f"The budget of {limit:,} tokens a day for this product is spent; it starts anew at midnight.")
        try:
            text, finish = await self._call(question)
            used = _used(question, text, finish)
        finally:
            async with self._database.connection() as connection:
                await judgements.settle(connection, tenant_id, plan.product_id, day, held=held, used=used)
        if finish.reason in ("refusal", "content_filter"):
            raise ModelRefused
        if finish.reason == "length":
            raise ModelError("The language model's answer was cut off at its length limit; use a model that answers more briefly.")
        return text, finish

    async def _call(self, question: Question) -> tuple[str, ModelFinish]:
        request = ModelRequest(
            (ChatMessage("user", question.user),), system=question.system, max_tokens=question.max_tokens, response_schema=question.schema
        )
        pieces: list[str] = []
        finish = ModelFinish("stop")
        try:
            async with asyncio.timeout(LONGEST_S), contextlib.aclosing(self._model.stream(request)) as events:  # type: ignore[type-var]
                async for event in events:
                    if isinstance(event, ModelText):
                        pieces.append(event.text)
                    elif isinstance(event, ModelFinish):
                        finish = event
        except TimeoutError as error:
            raise ModelTimeout from error
        return "".join(pieces), finish


def _used(question: Question, text: str, finish: ModelFinish) -> int:
    """Tokens as reported, else estimated."""
    asked, answered = finish.input_tokens, finish.output_tokens
    asked = (len(question.system) + len(question.user)) // CHARACTERS_PER_TOKEN if asked is None else asked
    return asked + (len(text) // CHARACTERS_PER_TOKEN if answered is None else answered)
