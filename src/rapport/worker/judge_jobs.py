"""Judging by a language model, where products ask for it: measures in the place of embedded ones, and custom analyses.

An analysis that was just made is given the model's values where these belong to the same transcript (`overlaid`). Otherwise the job
`judge` asks, and has the conversation analysed again, which finds them: embedded values are there first, and stay where the model
fails or the budget is spent. Jobs can run twice: what was answered is not asked again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.analysis.judged import custom, measures
from rapport.analysis.judged.excerpt import Excerpt, excerpt
from rapport.domain.analysis import DEFAULT_WEIGHTS, Analysis
from rapport.domain.conversation import Conversation
from rapport.domain.judging import RAISED, CustomAnalysis, Finding, Judgement, Plan
from rapport.errors import BudgetSpent, ModelError, ModelRefused
from rapport.store import catalog, custom_analyses, jobs, judgements, privacy, transcripts, webhooks
from rapport.store.database import Database
from rapport.store.privacy import Redactor
from rapport.worker import inbox_jobs
from rapport.worker.asker import Asker

RECENT = timedelta(days=1)
"""Conversations that nobody wrote to for so long are judged on request only: `rapport reanalyse` must not spend a budget on history."""
PAGE = 20
BUDGET_PAUSE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class _Case:
    """A conversation, what its product wants judged, and what the model is shown of it."""

    tenant_id: int
    plan: Plan
    conversation: Conversation
    shown: Excerpt


class JudgeJobs:
    """Overlays fresh analyses (`overlaid`), and does the jobs `judge` and `judge_existing`. `delay` is how long a conversation rests
    before it is judged."""

    def __init__(self, database: Database, asker: Asker, redactor: Redactor, *, delay: timedelta):
        self._database = database
        self._asker = asker
        self._redactor = redactor
        self._delay = delay

    async def overlaid(self, tenant_id: int, fresh: Sequence[tuple[Conversation, Analysis]]) -> list[Analysis]:
        """These analyses, in their order, with the model's values where it judged the same transcript and the product wants them.
        Asks for the job `judge` for what people wrote to lately."""
        cases = {case.conversation.id: case for case in await self._cases(tenant_id, [conversation for conversation, _ in fresh])}
        if not cases:
            return [analysis for _, analysis in fresh]
        async with self._database.connection() as connection:
            judged = await judgements.judgements(connection, tenant_id, list(cases))
            weights = await catalog.metric_weights(connection, tenant_id)
            for case in cases.values():
                if case.conversation.updated_at > datetime.now(UTC) - RECENT:
                    await self._queue(connection, case.conversation)
        return [
            self._overlaid(cases[conversation.id], analysis, judged.get(conversation.id), weights) if conversation.id in cases else analysis
            for conversation, analysis in fresh
        ]

    def _overlaid(self, case: _Case, analysis: Analysis, judged: Judgement | None, weights: Mapping[UUID, Mapping[str, float]]) -> Analysis:
        if case.plan.mode != "model" or judged is None or judged.model is None or not judged.measures:
            return analysis
        if judged.digest != measures.ask(case.shown).digest(self._asker.name):
            return analysis
        own = weights.get(case.plan.product_id, DEFAULT_WEIGHTS)
        return measures.overlaid(case.conversation, analysis, judged.measures, model=judged.model, weights=own)

    async def _queue(self, connection, conversation: Conversation) -> None:
        due_at = conversation.updated_at + self._delay
        payload = {"conversationId": str(conversation.id)}
        await jobs.enqueue(connection, conversation.tenant_id, "judge", payload, key=str(conversation.id), due_at=due_at)

    async def _cases(self, tenant_id: int, found: Sequence[Conversation]) -> list[_Case]:
        """Those conversations whose products want something judged."""
        async with self._database.connection() as connection:
            plans = await custom_analyses.plans(connection, tenant_id, sorted({item.product_id for item in found}))
            redacts = {product_id: await privacy.of_product(connection, tenant_id, product_id, self._redactor) for product_id in plans}
        return [
            _Case(tenant_id, plans[item.product_id], item, excerpt(item, redacts[item.product_id]))
            for item in found
            if item.product_id in plans
        ]

    # The jobs -----------------------------------------------------------------------------------------------------------

    async def judge(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `judge`: all that the product wants of one conversation. Raises ModelError to be tried again."""
        async with self._database.connection() as connection:
            found = await transcripts.load_many(connection, tenant_id, [UUID(payload["conversationId"])])
        for case in await self._cases(tenant_id, found):
            if case.conversation.updated_at + self._delay > datetime.now(UTC):
                async with self._database.connection() as connection:
                    await self._queue(connection, case.conversation)
                continue
            await self._all([case])

    async def judge_existing(self, tenant_id: int, payload: Mapping[str, Any]) -> None:
        """The job `judge_existing`: a page of a product's conversations, the newest first, then the job for the next page. A killed
        worker's page is done again, at no cost where the model had answered. With the budget spent it goes on an hour later."""
        product_id, before = UUID(payload["productId"]), payload.get("before")
        place = (datetime.fromisoformat(before[0]), UUID(before[1])) if before else None
        async with self._database.connection() as connection:
            page = await judgements.page_of_product(connection, tenant_id, product_id, before=place, limit=min(PAGE, payload["left"]))
            found = await transcripts.load_many(connection, tenant_id, [conversation_id for _, conversation_id in page])
        if not page:
            return
        cases = [replace(case, plan=_only(case.plan, payload.get("customAnalysisId"))) for case in await self._cases(tenant_id, found)]
        spent = await self._all(cases)
        further = {**payload, "done": payload.get("done", 0) + len(page), "left": payload["left"] - len(page)}
        further["before"] = [page[-1][0].isoformat(), str(page[-1][1])]
        further.pop("paused", None)
        async with self._database.connection() as connection:
            if spent:
                paused, due_at = {**payload, "paused": "budget_spent"}, datetime.now(UTC) + BUDGET_PAUSE
                await jobs.enqueue(connection, tenant_id, "judge_existing", paused, key=payload["key"], due_at=due_at)
            elif further["left"] > 0:
                await jobs.enqueue(connection, tenant_id, "judge_existing", further, key=payload["key"])

    async def _all(self, cases: Sequence[_Case]) -> bool:
        """Judge these; whether the budget was spent on the way. What failed is stored as such, then the first failure is raised."""
        steps = [self._one(case, each) for case in cases for each in case.plan.custom]
        steps += [self._measures(case) for case in cases if case.plan.mode != "embedded"]
        outcomes = await asyncio.gather(*steps, return_exceptions=True)
        failures = [outcome for outcome in outcomes if isinstance(outcome, BaseException) and not isinstance(outcome, BudgetSpent)]
        if failures:
            raise failures[0]
        return any(isinstance(outcome, BudgetSpent) for outcome in outcomes)

    async def _measures(self, case: _Case) -> None:
        """Fill the schema of an analysis, and have the conversation analysed again where that changes it. Raises BudgetSpent and
        ModelError, which are stored first; what the model declines is not asked again."""
        question = measures.ask(case.shown)
        blank = Judgement(
            case.conversation.id, case.plan.product_id, "done", message_count=len(case.conversation.messages),
            omitted_messages=case.shown.omitted, model=self._asker.name, digest=question.digest(self._asker.name),
        )  # fmt: skip
        async with self._database.connection() as connection:
            before = (await judgements.judgements(connection, case.tenant_id, [case.conversation.id])).get(case.conversation.id)
        if before and before.digest == blank.digest and before.status in ("done", "nothing_said"):
            return
        if case.shown.is_empty:
            await self._save(case, replace(blank, status="nothing_said", reason="Nobody said anything."))
            return
        try:
            found = await self._asker.ask(
                case.tenant_id, case.plan, case.conversation.id, question, lambda answer: measures.read(case.shown, answer)
            )
        except (BudgetSpent, ModelError) as error:
            status = "budget_spent" if isinstance(error, BudgetSpent) else "failed"
            await self._save(case, replace(blank, status=status, reason=error.message))
            if not isinstance(error, ModelRefused):
                raise
        else:
            await self._save(case, replace(blank, measures=found))

    async def _save(self, case: _Case, judged: Judgement) -> None:
        async with self._database.transaction() as connection:
            await judgements.save_judgement(connection, case.tenant_id, judged)
            if judged.measures and case.plan.mode == "model":
                await jobs.queue_analyses(connection, case.tenant_id, [judged.conversation_id], due_at=datetime.now(UTC))

    async def _one(self, case: _Case, asked: CustomAnalysis) -> None:
        """Put one custom analysis to one conversation. Raises as `_measures` does."""
        question = custom.ask(asked, case.shown)
        blank = Finding(
            case.conversation.id, asked.id, asked.product_id, "not_applicable", omitted_messages=case.shown.omitted, model=self._asker.name,
            digest=question.digest(self._asker.name),
        )  # fmt: skip
        async with self._database.connection() as connection:
            before = (await judgements.findings_of(connection, case.tenant_id, case.conversation.id)).get(asked.id)
        if before and before.digest == blank.digest and before.status not in ("budget_spent", "failed"):
            return
        if case.shown.is_empty:
            await self._store(case, asked, replace(blank, reasoning="Nobody said anything."))
            return
        try:
            verdict = await self._asker.ask(
                case.tenant_id, case.plan, case.conversation.id, question, lambda answer: custom.read(asked, case.shown, answer)
            )
        except (BudgetSpent, ModelError) as error:
            status = "budget_spent" if isinstance(error, BudgetSpent) else "failed"
            await self._store(case, asked, replace(blank, status=status, reasoning=error.message))
            if not isinstance(error, ModelRefused):
                raise
        else:
            await self._store(case, asked, replace(
                blank, status=verdict.result, confidence=verdict.confidence, reasoning=verdict.reasoning, quotes=verdict.quotes,
                dropped_quotes=verdict.dropped_quotes,
            ))  # fmt: skip

    async def _store(self, case: _Case, asked: CustomAnalysis, found: Finding) -> None:
        """Store a finding, tell it once, and have the inbox look at the conversation again."""
        result, event = RAISED[asked.kind]
        async with self._database.transaction() as connection:
            before = await judgements.save_finding(connection, case.tenant_id, found)
            if found.status == result and (before is None or before.status != result):
                await webhooks.on_finding(connection, case.tenant_id, case.conversation, asked, found, event)
            await inbox_jobs.ask(connection, case.tenant_id)


def _only(plan: Plan, custom_analysis_id: str | None) -> Plan:
    """A run on existing conversations is for one custom analysis, or for the measures."""
    if custom_analysis_id is None:
        return replace(plan, custom=())
    return replace(plan, mode="embedded", custom=tuple(each for each in plan.custom if str(each.id) == custom_analysis_id))
