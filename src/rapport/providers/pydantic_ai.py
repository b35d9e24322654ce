"""Any model that Pydantic AI knows (Bedrock, Gemini, Mistral, Cohere, ...), through the extra `rapport-server[pydantic-ai]`.

The way for providers without an adapter of their own: it costs several times the CPU of those for each piece of text. Connections,
retries before the first byte and time limits are Pydantic AI's.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any

import structlog
from pydantic_ai import exceptions, messages
from pydantic_ai.direct import model_request_stream
from pydantic_ai.models import Model, ModelRequestParameters, infer_model
from pydantic_ai.output import OutputObjectDefinition
from pydantic_ai.providers import Provider, infer_provider, infer_provider_class
from pydantic_ai.settings import ModelSettings
from pydantic_ai.tools import ToolDefinition

from rapport.domain.agent import (
    ChatMessage,
    ModelEvent,
    ModelFinish,
    ModelReasoning,
    ModelRequest,
    ModelText,
    ModelToolCall,
    Tool,
    ToolCall,
)
from rapport.errors import Invalid, ModelError, ModelRefused, ModelTimeout, ModelUnavailable
from rapport.providers import model_http
from rapport.providers.decoding import as_json
from rapport.providers.model_errors import error_in_stream, error_of_response

log = structlog.get_logger()

FINISHES = {"stop": "stop", "length": "length", "content_filter": "content_filter", "tool_call": "tool_calls"}


def load(name: str, *, key: str | None) -> "PydanticAI":
    """The model that Pydantic AI calls `name`, as PROVIDER:MODEL. Without `key` its provider looks where it always does, such as
    OPENAI_API_KEY. Raises Invalid where there is no such model, or its provider's package is missing."""

    def provider_of(kind: str) -> Provider[Any]:
        opened: Any = infer_provider_class(kind)
        return opened(api_key=key) if key else infer_provider(kind)

    try:
        return PydanticAI(infer_model(name, provider_of))
    except (exceptions.UserError, ImportError, TypeError, ValueError) as error:
        raise Invalid(f"RAPPORT_MODEL is pydantic_ai:{name}, which Pydantic AI cannot open: {error}") from error


class PydanticAI:
    """A ports.ModelProvider."""

    def __init__(self, model: Model[Any]):
        self.name = model.model_name
        self._model = model

    async def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        opened = model_request_stream(
            self._model, _history(request), model_settings=_settings(request), model_request_parameters=self._parameters(request)
        )
        try:
            async with opened as answer:
                async for event in answer:
                    if (piece := _piece(event)) is not None:
                        yield piece
                for last in _ending(answer.get()):
                    yield last
        except exceptions.AgentRunError as error:
            raise _translated(error) from error
        except exceptions.UserError as error:
            log.warning("the request does not suit the language model", said=str(error)[:500])
            raise ModelError("The language model cannot take this request; the log says why.") from error

    def _parameters(self, request: ModelRequest) -> ModelRequestParameters:
        tools = [_tool(tool) for tool in request.tools]
        if request.response_schema is None:
            return ModelRequestParameters(function_tools=tools)
        schema = OutputObjectDefinition(json_schema=dict(request.response_schema), name="answer", strict=True)
        native = self._model.profile.get("supports_json_schema_output", False)
        return ModelRequestParameters(function_tools=tools, output_mode="native" if native else "prompted", output_object=schema)


def _piece(event: messages.ModelResponseStreamEvent) -> ModelText | ModelReasoning | None:
    """Text as it comes; calls are given whole at the end."""
    match event:
        case messages.PartDeltaEvent(delta=messages.TextPartDelta(content_delta=str(text))) if text:
            return ModelText(text)
        case messages.PartStartEvent(part=messages.TextPart(content=str(text))) if text:
            return ModelText(text)
        case messages.PartDeltaEvent(delta=messages.ThinkingPartDelta(content_delta=str(text))) if text:
            return ModelReasoning(text)
        case messages.PartStartEvent(part=messages.ThinkingPart(content=str(text))) if text:
            return ModelReasoning(text)
    return None


def _ending(answer: messages.ModelResponse) -> list[ModelEvent]:
    """The calls, and how the answer ended. Raises ModelError where it broke off."""
    if answer.state != "complete" or answer.finish_reason == "error":
        raise ModelError("The language model's answer broke off; ask again.")
    calls = [ToolCall(part.tool_call_id, part.tool_name, _arguments(part)) for part in answer.tool_calls]
    reason = FINISHES.get(answer.finish_reason or "stop", "stop")
    usage = answer.usage
    known = bool(usage.input_tokens or usage.output_tokens)
    finish = ModelFinish(
        "tool_calls" if calls and reason == "stop" else reason,
        usage.input_tokens if known else None,
        usage.output_tokens if known else None,
    )
    return [*map(ModelToolCall, calls), finish]


def _arguments(part: messages.ToolCallPart) -> str:
    return part.args if isinstance(part.args, str) else as_json(part.args or {})


def _settings(request: ModelRequest) -> ModelSettings:
    settings = ModelSettings(max_tokens=request.max_tokens, timeout=model_http.SILENCE_S)
    if request.temperature is not None:
        settings["temperature"] = request.temperature
    return settings


def _tool(tool: Tool) -> ToolDefinition:
    return ToolDefinition(name=tool.name, description=tool.description, parameters_json_schema=dict(tool.parameters))


def _history(request: ModelRequest) -> list[messages.ModelMessage]:
    """What was said, in turns: results of tools that were called together are one message."""
    said: list[messages.ModelMessage] = []
    for message in request.messages:
        if message.role == "assistant":
            said.append(messages.ModelResponse(parts=_answered(message)))
        elif message.role == "tool":
            told = messages.ToolReturnPart(
                tool_name=message.tool_name or "", content=message.content, tool_call_id=message.tool_call_id or ""
            )
            if said and isinstance(said[-1], messages.ModelRequest) and isinstance(said[-1].parts[-1], messages.ToolReturnPart):
                said[-1].parts = [*said[-1].parts, told]
            else:
                said.append(messages.ModelRequest(parts=[told]))
        else:
            said.append(messages.ModelRequest(parts=[messages.UserPromptPart(message.content)]))
    asked = [message for message in said if isinstance(message, messages.ModelRequest)]
    if asked and request.system:
        asked[-1].instructions = request.system
    return said


def _answered(message: ChatMessage) -> Sequence[messages.ModelResponsePart]:
    text = [messages.TextPart(message.content)] if message.content else []
    calls = [messages.ToolCallPart(call.name, call.arguments or "{}", call.id) for call in message.tool_calls]
    return [*text, *calls]


def _translated(error: exceptions.AgentRunError) -> ModelError:
    """The same failure in our words; the provider's own go to the log."""
    match error:
        case exceptions.ContentFilterError():
            return ModelRefused()
        case exceptions.ModelRequestTimeout() | exceptions.ModelTimeoutError():
            return ModelTimeout()
        case exceptions.ModelHTTPError(status_code=status):
            return error_of_response(status, as_json(error.body).encode())
        case exceptions.ModelConnectionError() | exceptions.ModelUnavailableError() | exceptions.ModelServerError():
            log.warning("language model is not available", said=str(error)[:500])
            return ModelUnavailable()
    return error_in_stream(str(error))
