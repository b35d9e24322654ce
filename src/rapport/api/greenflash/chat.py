"""POST /chat: ask the analyst; the answer is a stream of events. Everything that can be refused is refused before it starts."""

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Header, Request, Response
from pydantic import AfterValidator, Field

from rapport.analyst.agent import Asking
from rapport.analyst.chat import AnalystTurn
from rapport.api import ratelimit
from rapport.api.auth import Analytics, Parts
from rapport.api.brands import lasting_origin, of_tenant
from rapport.api.frames import GREENFLASH
from rapport.api.greenflash.wire import OptionalId, Wire
from rapport.api.state import State
from rapport.api.streaming import RunStream, stream_started
from rapport.domain.agent import ChatMessage
from rapport.domain.ids import new_id
from rapport.domain.scope import Principal, Scope
from rapport.runs.run import Order
from rapport.store import catalog

router = APIRouter(prefix="/api/v1", tags=["chat"])

EXAMPLE = """\
event: tool_call
data: {"step":1,"toolName":"getUserRanking","displayName":"Ranking users by metrics"}

event: tool_result
data: {"step":1,"toolName":"getUserRanking","displayName":"Ranking users by metrics"}

event: text_delta
data: {"text":"The most frustrated user is ..."}

event: done
data: {"conversationId":"chat-9","status":"complete","usage":{"toolCalls":1,"tools":["getUserRanking"],"inputTokens":812,"outputTokens":96}}

"""
STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Server-sent events: tool_call and tool_result pair by `step`, all text_delta joined are the answer, then one of "
        "done and error. The run's id is in the header X-Run-Id.",
        "content": {"text/event-stream": {"schema": {"type": "string"}, "example": EXAMPLE}},
    }
}


def _not_blank(text: str) -> str:
    if not text.strip():
        raise ValueError("must not be blank")
    return text


class HistoryEntry(Wire):
    role: Literal["user", "assistant"]
    content: Annotated[str, Field(max_length=32_000)]


class ChatRequest(Wire):
    question: Annotated[str, Field(min_length=1, max_length=4_000), AfterValidator(_not_blank)]
    context: Annotated[str, Field(max_length=2_000)] | None = Field(None, description="A hint for this turn only.")
    conversation_id: Annotated[str, Field(max_length=128)] | None = Field(
        None, description="Goes on with that chat; any text of yours starts one of that name."
    )
    messages: Annotated[list[HistoryEntry], Field(max_length=50)] | None = Field(
        None, description="The history without the question; wins over what is stored."
    )
    product_id: OptionalId = Field(None, description="Limits every tool to this product.")


@router.post("/chat", status_code=200, response_class=Response, responses=STREAM)
async def chat(
    body: ChatRequest, request: Request, parts: Parts, caller: Analytics,
    idempotency_key: Annotated[str | None, Header(max_length=255, description="The same key joins the same run.")] = None,
    x_on_disconnect: Annotated[Literal["continue", "cancel"] | None, Header(description="What becomes of the run when you leave.")] = None,
    x_event_ids: Annotated[bool, Header(description="Put an `id:` line before each event, for Last-Event-ID.")] = False,
) -> RunStream:  # fmt: skip
    """Ask about the tenant's conversations in plain words. Answers with a stream of server-sent events."""
    product_name = await _product_name(parts, caller, body.product_id)
    name = body.conversation_id or str(new_id())
    limited = caller.organization_id or caller.user_id
    key = f"{caller.key_id}/{name}" if limited else name  # a limited key has chats of its own
    brand = await of_tenant(request, parts, caller.tenant_id)
    asking = Asking(body.question, context=body.context, product_name=product_name, brand=brand.name)
    turn = AnalystTurn(
        parts.office, _scope(caller, body.product_id), asking, name, key,
        _history(body), admit=lambda: _admit(parts, caller), spend=lambda tokens: ratelimit.spend_tokens(parts, caller, tokens),
        origin=await lasting_origin(request, parts, caller.tenant_id), key_id=caller.key_id,
        segment_limit=ratelimit.custom_segments(caller),
    )  # fmt: skip
    order = Order(
        caller.tenant_id, "analyst", f"analyst:{key}", GREENFLASH, _hash(body, limited),
        idempotency_key=f"chat:{idempotency_key}" if idempotency_key else None,
    )  # fmt: skip
    started = await parts.hub.start(order, turn)
    on_disconnect = x_on_disconnect or parts.settings.run_on_disconnect
    return stream_started(parts.hub, started, on_disconnect=on_disconnect, with_ids=x_event_ids, headers=turn.headers)


async def _product_name(parts: State, caller: Principal, product_id: UUID | None) -> str | None:
    if product_id is None:
        return None
    async with parts.database.connection() as connection:
        return (await catalog.get_product(connection, caller.tenant_id, product_id)).name


def _scope(caller: Principal, product_id: UUID | None) -> Scope:
    return Scope(
        caller.tenant_id, caller.time_zone,
        product_ids=(product_id,) if product_id else (),
        organization_ids=(caller.organization_id,) if caller.organization_id else (),
        user_ids=(caller.user_id,) if caller.user_id else (),
    )  # fmt: skip


def _history(body: ChatRequest) -> list[ChatMessage] | None:
    return None if body.messages is None else [ChatMessage(entry.role, entry.content) for entry in body.messages if entry.content]


async def _admit(parts: State, caller: Principal) -> dict[str, str]:
    await ratelimit.check_tokens(parts, caller)
    return await ratelimit.take(parts, caller, "chat")


def _hash(body: ChatRequest, limited: UUID | None) -> bytes:
    """The same for the same request of the same reach."""
    return hashlib.sha256(msgspec.json.encode([body.model_dump(mode="json"), str(limited)], order="sorted")).digest()
