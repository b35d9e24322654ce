"""Incoming webhooks: a URL that another system posts a person's message to, and gets the agent's answer from. The token in the URL
is the key; each external user has a conversation of their own."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Request, Response
from pydantic import BaseModel, ConfigDict, Field, field_validator

from rapport.api import ratelimit
from rapport.api.auth import Parts, Unlimited
from rapport.api.brands import lasting_origin, only_tenant
from rapport.api.frames import TEAMMATE
from rapport.api.state import State
from rapport.api.streaming import request_hash, wait_for_end
from rapport.api.teammate.agents import agent_of, id_of, only_own_agents, wire_time
from rapport.api.teammate.chat import LONGEST_MESSAGE, answer_of
from rapport.api.teammate.conversations import SURFACE
from rapport.domain.scope import Principal
from rapport.errors import Conflict
from rapport.providers import webhook as wire
from rapport.runs.chat import ChatTurn, Question
from rapport.runs.desk import Desk
from rapport.runs.run import Ending, Order, Run
from rapport.store import agent_webhooks, agents, jobs, sessions
from rapport.store.agent_webhooks import AgentWebhook

router = APIRouter(prefix="/api", tags=["agents"])

MOST_WEBHOOKS = 50
CALLS_PER_MINUTE = 60


class WebhookChange(BaseModel):
    model_config = ConfigDict(extra="ignore")

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    outgoing_url: Annotated[str | None, Field(max_length=2_048, description="Answers are posted here as well; null: nowhere.")] = None
    is_active: bool | None = None


class NewAgentWebhook(WebhookChange):
    name: Annotated[str, Field(min_length=1, max_length=100)]  # type: ignore[assignment]


class Call(BaseModel):
    """A message of an external user. Without `user_id` each call is a conversation of its own."""

    model_config = ConfigDict(extra="ignore")

    message: Annotated[str, Field(max_length=LONGEST_MESSAGE)]
    user_id: Annotated[str | None, Field(min_length=1, max_length=256)] = None

    @field_validator("message", "user_id")
    @classmethod
    def _not_blank(cls, text: str | None) -> str | None:
        if text is None:
            return None
        text = text.replace("\0", "").strip()
        if not text:
            raise ValueError("it is blank")
        return text


class WebhookTurn(ChatTurn):
    """An answer that is also posted to the webhook's `outgoing_url`, by a job that is queued once the answer is stored."""

    def __init__(self, desk: Desk, question: Question, webhook: AgentWebhook):
        super().__init__(desk, question)
        self._webhook = webhook
        self._told = desk.database

    async def conclude(self, run: Run, ending: Ending) -> Mapping[str, Any]:
        shown = await super().conclude(run, ending)
        if self._webhook.outgoing_url and ending.status == "complete" and self.answered:
            question = self.answered.question
            answer = {
                "id": str(self.message_id), "agent_id": str(question.agent.id), "conversation_id": str(question.session.id),
                "user_id": question.user, "message": question.content, "response": ending.text,
            }  # fmt: skip
            async with self._told.connection() as connection:
                payload = {"webhookId": str(self._webhook.id), "answer": answer}
                await jobs.enqueue(connection, question.agent.tenant_id, "agent_webhook", payload)
        return shown


@router.get("/agents/{agent_id}/webhooks")
async def list_agent_webhooks(agent_id: str, caller: Unlimited, parts: Parts, request: Request) -> list[dict[str, Any]]:
    """The agent's webhooks, oldest first, without their tokens."""
    only_own_agents(caller)
    async with parts.database.connection() as connection:
        agent = await agent_of(connection, caller, agent_id)
        return [_shown(one) for one in await agent_webhooks.of_agent(connection, caller.tenant_id, agent.id)]


@router.post("/agents/{agent_id}/webhooks")
async def create_agent_webhook(agent_id: str, body: NewAgentWebhook, caller: Unlimited, parts: Parts, request: Request) -> dict[str, Any]:
    """Make a webhook. Keep `webhook_url`: its token is shown once."""
    only_own_agents(caller)
    await _check_url(parts, body)
    async with parts.database.transaction() as connection:
        agent = await agent_of(connection, caller, agent_id)
        if len(await agent_webhooks.of_agent(connection, caller.tenant_id, agent.id)) >= MOST_WEBHOOKS:
            raise Conflict(f"This agent has {MOST_WEBHOOKS} webhooks already; remove one first.")
        made, token = await agent_webhooks.create(
            connection, caller.tenant_id, agent.id, name=body.name, outgoing_url=body.outgoing_url or None
        )
    return _shown(made) | await _address(request, parts, caller.tenant_id, token)


@router.put("/webhooks/{webhook_id}")
@router.patch("/webhooks/{webhook_id}", include_in_schema=False)
async def update_agent_webhook(webhook_id: str, body: WebhookChange, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Change what is given; `is_active` false refuses further calls."""
    only_own_agents(caller)
    await _check_url(parts, body)
    changes = body.model_dump(exclude_unset=True)
    for name in ("name", "is_active"):
        if changes.get(name, "") is None:
            changes.pop(name)
    async with parts.database.transaction() as connection:
        return _shown(await agent_webhooks.update(connection, caller.tenant_id, id_of("webhook", webhook_id), changes))


@router.post("/webhooks/{webhook_id}/regenerate")
async def regenerate_agent_webhook(webhook_id: str, caller: Unlimited, parts: Parts, request: Request) -> dict[str, Any]:
    """Give a webhook a new token, shown once; the old one stops working at once."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        changed, token = await agent_webhooks.regenerate(connection, caller.tenant_id, id_of("webhook", webhook_id))
    return _shown(changed) | await _address(request, parts, caller.tenant_id, token)


@router.delete("/webhooks/{webhook_id}")
async def delete_agent_webhook(webhook_id: str, caller: Unlimited, parts: Parts) -> dict[str, Any]:
    """Remove a webhook; its conversations stay."""
    only_own_agents(caller)
    async with parts.database.transaction() as connection:
        await agent_webhooks.remove(connection, caller.tenant_id, id_of("webhook", webhook_id))
    return {"status": "deleted", "id": webhook_id}


@router.post("/webhook/{token}")
async def call_agent_webhook(token: str, body: Call, request: Request, parts: Parts, response: Response) -> dict[str, Any]:
    """Say something to the webhook's agent as an external user; needs no key but the token. At most 60 calls a minute."""
    async with parts.database.connection() as connection:
        tenant_id, webhook = await agent_webhooks.by_token(connection, token, of=only_tenant(request))
    caller = Principal(tenant_id=tenant_id, tenant_name="", plan="enterprise", key_id=webhook.id, agent_id=webhook.agent_id)
    response.headers.update(await ratelimit.take(parts, caller, f"webhook:{webhook.id}", limit=CALLS_PER_MINUTE, window_s=60))
    question = await _question(parts, caller, webhook, body)
    turn = WebhookTurn(parts.desk, question, webhook)
    order = Order(
        tenant_id, "agent", str(question.session.id), TEAMMATE, request_hash=request_hash(question.session.id, body),
        conversation_id=question.session.id,
    )  # fmt: skip
    started = await parts.hub.start(order, turn)
    await wait_for_end(parts.hub, started.log)
    answer = await answer_of(parts, caller, question, turn, started)
    response.headers["X-Run-Id"] = str(started.id)
    return {"response": answer["response"], "conversation_id": answer["conversation_id"], "credits_used": 0}


async def _question(parts: State, caller: Principal, webhook: AgentWebhook, body: Call) -> Question:
    async with parts.database.transaction() as connection:
        await agent_webhooks.used(connection, caller.tenant_id, webhook.id)
        agent = await agents.get(connection, caller.tenant_id, webhook.agent_id)
        owner = f"webhook:{webhook.id}:{body.user_id or ''}"
        make = sessions.default if body.user_id else sessions.create
        session = await make(connection, caller.tenant_id, surface=SURFACE, owner=owner, agent_id=agent.id)
    user = body.user_id or f"webhook-{session.id}"
    return Question(session, agent, user, body.message, source="webhook", properties={"webhook": webhook.name})


async def _check_url(parts: State, body: WebhookChange) -> None:
    if body.outgoing_url:
        await wire.address_of(body.outgoing_url, allow_private=parts.settings.allow_private_urls)


async def _address(request: Request, parts: State, tenant_id: int, token: str) -> dict[str, str]:
    return {"token": token, "webhook_url": f"{await lasting_origin(request, parts, tenant_id)}/api/webhook/{token}"}


def _shown(webhook: AgentWebhook) -> dict[str, Any]:
    return {
        "id": str(webhook.id), "agent_id": str(webhook.agent_id), "name": webhook.name, "outgoing_url": webhook.outgoing_url,
        "token_prefix": webhook.token_prefix, "is_active": webhook.is_active, "created_at": wire_time(webhook.created_at),
        "last_used_at": wire_time(webhook.last_used_at) if webhook.last_used_at else None,
    }  # fmt: skip
