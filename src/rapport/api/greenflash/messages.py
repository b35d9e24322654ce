"""POST /messages: log a batch of messages of one conversation."""

import hashlib
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import APIRouter, Response
from pydantic import BeforeValidator, ConfigDict, Field

from rapport.api.auth import Parts, Writer
from rapport.api.greenflash.wire import ExternalId, Number, OptionalExternalId, OptionalId, Properties, Share, When, Wire
from rapport.config import Settings
from rapport.domain.catalog import NewComponent, PromptGiven
from rapport.domain.conversation import MESSAGE_TYPES, ROLE_TYPES
from rapport.domain.ids import parse_id, stable_id
from rapport.errors import Invalid
from rapport.store.batch import Batch, NewMessage
from rapport.store.conversations import Appended

router = APIRouter(prefix="/api/v1", tags=["messages"])

MOST_MESSAGES = 1_000
SDK_PRODUCT = UUID("182bd5e5-6e1a-4fe4-a799-aa6d9a6ab26e")
"""Where --sdk-conformance puts messages that come without any id: the product of `rapport fixtures sdk`."""
Milliseconds = Annotated[float | None, Field(allow_inf_nan=False)]


class Component(Wire):
    content: str
    component_id: str | None = None
    external_component_id: OptionalExternalId = None
    is_dynamic: bool | None = None
    name: str | None = None
    source: Literal["customer", "participant", "greenflash", "agent"] | None = None
    type: Literal["system", "user", "tool", "guardrail", "rag", "agent", "other"] | None = None


class SystemPrompt(Wire):
    components: list[Component] | None = None
    content: str | None = None
    external_prompt_id: OptionalExternalId = None
    external_template_id: OptionalExternalId = Field(None, description="Older spelling of externalPromptId.")
    prompt_id: str | None = None
    variables: dict[str, str] | None = None


class Prosody(Wire):
    arousal: Share | None = None
    emotion: str | None = None
    sentiment_label: Literal["positive", "neutral", "negative"] | None = None
    sentiment_score: Annotated[float | None, Field(ge=-1, le=1, allow_inf_nan=False)] = None


class Voice(Wire):
    asr_confidence: Share | None = None
    audio_url: str | None = None
    barge_in: bool | None = None
    duration_ms: Milliseconds = None
    ended_at: Milliseconds = None
    prosody: Prosody | None = None
    response_latency_ms: Milliseconds = None
    silence_before_ms: Milliseconds = None
    speaker: str | None = None
    started_at: Milliseconds = None
    was_interrupted: bool | None = None


class Latency(Wire):
    asr_ms: Milliseconds = None
    e2e_ms: Milliseconds = None
    llm_ms: Milliseconds = None
    tts_ms: Milliseconds = None


class VoiceCall(Wire):
    call_successful: bool | None = None
    duration_ms: Milliseconds = None
    ended_reason: str | None = None
    interruption_count: Number | None = None
    latency: Latency | None = None
    platform: Literal["vapi", "retell", "elevenlabs", "openai_realtime", "livekit", "bland", "synthflow", "simpleai", "other"] | None = None
    platform_call_id: str | None = None
    recording_url: str | None = None
    silence_count: Number | None = None
    structured_outputs: Properties | None = None


class MessageItem(Wire):
    """One message. `role` is short for `messageType`; exactly one of them is meant."""

    content: str | None = None
    context: str | None = None
    created_at: When | None = None
    external_message_id: OptionalExternalId = None
    input: Any = None
    message_type: Literal[MESSAGE_TYPES] | None = None  # type: ignore[valid-type]
    model: Annotated[str | None, Field(max_length=512)] = None
    output: Any = None
    parent_external_message_id: OptionalExternalId = None
    parent_message_id: Annotated[str | None, Field(max_length=512)] = None
    properties: Properties | None = None
    role: Literal["user", "assistant", "system"] | None = None
    tool_name: Annotated[str | None, Field(max_length=512)] = None
    voice: Voice | None = None


def _prompt_object(value: Any) -> Any:
    return {"content": value} if isinstance(value, str) else value


class LogMessages(Wire):
    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "externalUserId": "u-7", "externalConversationId": "c-31", "productId": "5b1f0b1e-8f5d-4a52-9f0e-3c1d0d6f9a10",
                    "model": "gpt-4o", "systemPrompt": "Help customers of Kiosk 9.",
                    "messages": [
                        {"role": "user", "content": "Where is my parcel?", "externalMessageId": "m1"},
                        {"messageType": "tool_call", "toolName": "track", "input": {"id": "P4"}, "externalMessageId": "m2"},
                        {"messageType": "observation", "output": {"state": "in transit"}, "parentExternalMessageId": "m2"},
                        {"role": "assistant", "content": "It arrives on Friday.", "externalMessageId": "m4"},
                    ],
                }
            ]
        }
    )  # fmt: skip

    external_user_id: ExternalId
    messages: Annotated[list[MessageItem], Field(min_length=1, max_length=MOST_MESSAGES)]
    conversation_id: OptionalId = None
    external_conversation_id: OptionalExternalId = None
    external_organization_id: OptionalExternalId = None
    force_sample: bool | None = None
    model: Annotated[str | None, Field(max_length=512)] = None
    product_id: OptionalId = None
    properties: Properties | None = None
    sample_rate: Share | None = None
    system_prompt: Annotated[SystemPrompt | None, BeforeValidator(_prompt_object)] = Field(
        None, description="The prompt as a string, or as an object."
    )
    version_id: OptionalId = None
    voice_call: VoiceCall | None = None


class LoggedMessage(Wire):
    message_id: str
    message_type: str
    status: Literal["created", "deduplicated"]
    external_message_id: str | None = None


class MatchedTemplate(Wire):
    matched: bool
    confidence: Literal["exact", "high", "medium"] | None = None
    detected_variables: dict[str, str] | None = None
    prompt_id: str | None = None


class Logged(Wire):
    success: bool
    conversation_id: UUID
    messages: list[LoggedMessage]
    system_prompt_prompt_id: str
    system_prompt_component_ids: list[str]
    prompt_variables: dict[str, str] | None = None
    template_match: MatchedTemplate | None = None
    sampled: bool | None = Field(None, description="false where `sampleRate` dropped the batch: nothing is stored then.")


@router.post("/messages", response_model=Logged)
async def log_messages(body: LogMessages, parts: Parts, caller: Writer) -> Response:
    """Append messages to a conversation, which is made where it does not exist, as are the user, the organization, the model and
    the prompt. Messages with an `externalMessageId` are stored once, so whole transcripts can be sent again. 200 means durable."""
    batch = batch_of(body, parts.settings)
    if not _is_sampled(caller.tenant_id, body):
        return _json(_dropped(caller.tenant_id, body, batch))
    return _json(_logged(await parts.conversations.append(caller.tenant_id, batch)))


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


# Request -> Batch -----------------------------------------------------------------------------------------------------


def batch_of(body: LogMessages, settings: Settings) -> Batch:
    """The request as the store takes it. Raises Invalid, naming the field."""
    if not (body.conversation_id or body.external_conversation_id or body.product_id or settings.sdk_conformance):
        raise Invalid("conversationId: give at least one of conversationId, externalConversationId and productId.")
    strict = settings.compat == "strict"
    return Batch(
        external_user_id=body.external_user_id,
        messages=tuple(
            _message(item, f"messages.{i}", strict=strict, conformance=settings.sdk_conformance) for i, item in enumerate(body.messages)
        ),
        conversation_id=body.conversation_id,
        external_id=body.external_conversation_id,
        product_id=body.product_id or (SDK_PRODUCT if settings.sdk_conformance else None),
        version_id=body.version_id,
        external_organization_id=body.external_organization_id,
        model=(body.model or "").strip() or None,
        prompt=_prompt(body.system_prompt, strict=strict),
        properties=body.properties or {},
        voice_call=_given(body.voice_call),
    )


def _message(item: MessageItem, path: str, *, strict: bool, conformance: bool) -> NewMessage:
    kind = item.message_type or ROLE_TYPES.get(item.role or "")
    if kind is None:
        if not conformance:
            raise Invalid(f"{path}.role: give `role` or `messageType`.", details=[{"path": f"{path}.role", "message": "is missing"}])
        kind = "user_message"
    if kind == "tool_call" and not item.tool_name and not conformance:
        raise Invalid(f"{path}.toolName: a tool_call needs it.", details=[{"path": f"{path}.toolName", "message": "is missing"}])
    if strict and item.message_type and item.role:
        raise Invalid(f"{path}.role: cannot be used together with `messageType`.")
    if strict and item.parent_message_id and item.parent_external_message_id:
        raise Invalid(f"{path}.parentMessageId: cannot be used together with `parentExternalMessageId`.")
    parent = parse_id(item.parent_message_id or "")
    parent_external = item.parent_external_message_id or (item.parent_message_id if parent is None else None)
    return NewMessage(
        type=kind, content=item.content, external_id=item.external_message_id, created_at=item.created_at, context=item.context,
        tool_name=item.tool_name, input=item.input, output=item.output, model=item.model,
        parent_id=None if parent_external else parent, parent_external_id=parent_external or None, properties=item.properties or {},
        voice=_given(item.voice),
    )  # fmt: skip


def _given(value: Wire | None) -> dict | None:
    return value.model_dump(by_alias=True, exclude_unset=True, mode="json") if value else None


def _prompt(given: SystemPrompt | None, *, strict: bool) -> PromptGiven | None:
    """None where it says nothing: then the conversation keeps the prompt that it has."""
    if given is None:
        return None
    if strict and given.components and given.content:
        raise Invalid("systemPrompt.content: cannot be used together with `components`.")
    components = tuple(new_component(c) for c in given.components or ())
    if not components and given.content:
        components = (NewComponent(given.content),)
    external_id = given.external_prompt_id or given.external_template_id
    prompt_id = parse_id(given.prompt_id or "")
    if given.prompt_id and prompt_id is None:
        external_id = external_id or given.prompt_id
    if not components and not external_id and prompt_id is None:
        return None
    return PromptGiven(components, prompt_id, external_id, given.variables or {})


def new_component(given: Component) -> NewComponent:
    return NewComponent(
        content=given.content, type=given.type or "system", source=given.source or "customer", name=given.name,
        id=parse_id(given.component_id or ""), external_id=given.external_component_id or None, is_dynamic=bool(given.is_dynamic),
    )  # fmt: skip


# Sampling -------------------------------------------------------------------------------------------------------------


def sampled(rate: float | None, *key: object) -> bool:
    """Whether a share of `rate` keeps this key. Deterministic: the first 8 bytes of SHA-256 of the key, as a fraction of 2^64."""
    if rate is None or rate >= 1:
        return True
    digest = hashlib.sha256("\x1f".join(str(part) for part in key).encode()).digest()
    return int.from_bytes(digest[:8], "big") / 2**64 < rate


def _is_sampled(tenant_id: int, body: LogMessages) -> bool:
    """By conversation, so that each later batch of a kept conversation is kept too; a new one without an id by its content."""
    named = body.external_conversation_id or body.conversation_id or body.model_dump_json(include={"external_user_id", "messages"})
    return bool(body.force_sample) or sampled(body.sample_rate, tenant_id, named)


def _dropped(tenant_id: int, body: LogMessages, batch: Batch) -> dict:
    conversation = body.conversation_id or stable_id(tenant_id, body.external_conversation_id or body.external_user_id)
    messages = [
        {"messageId": str(stable_id(conversation, m.external_id or i)), "messageType": m.type, "status": "created"}
        | ({"externalMessageId": m.external_id} if m.external_id else {})
        for i, m in enumerate(batch.messages)
    ]
    return {
        "success": True, "conversationId": str(conversation), "messages": messages,
        "systemPromptPromptId": str(stable_id(conversation, "prompt")), "systemPromptComponentIds": [], "sampled": False,
    }  # fmt: skip


# Appended -> answer ---------------------------------------------------------------------------------------------------


def _logged(stored: Appended) -> dict:
    prompt = stored.prompt
    answer: dict[str, Any] = {
        "success": True,
        "conversationId": str(stored.conversation_id),
        "systemPromptPromptId": str(prompt.prompt_id),
        "systemPromptComponentIds": [str(i) for i in prompt.component_ids],
        "messages": [
            {"messageId": str(m.id)}
            | ({"externalMessageId": m.external_id} if m.external_id else {})
            | {"messageType": m.type, "status": m.status}
            for m in stored.messages
        ],
    }
    if prompt.variables:
        answer["promptVariables"] = dict(prompt.variables)
    if prompt.match:
        answer["templateMatch"] = {
            "matched": True, "confidence": prompt.match.confidence, "detectedVariables": dict(prompt.match.variables),
            "promptId": str(prompt.match.prompt_id),
        }  # fmt: skip
    return answer
