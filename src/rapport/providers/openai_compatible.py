"""Any server that speaks OpenAI's chat completions: OpenAI, Azure, Ollama, vLLM, llama.cpp, LM Studio, OpenRouter, Groq, Mistral,
DeepSeek, Gemini's compatible endpoint. The base URL includes `/v1`, as in OpenAI's own client.
"""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from rapport.domain.agent import ChatMessage, ModelEvent, ModelRequest, Tool
from rapport.providers import model_http
from rapport.providers.chat_completions import ChatDecoder
from rapport.providers.decoding import Decoder
from rapport.providers.gemini import GeminiDecoder
from rapport.providers.openai_responses import ResponsesDecoder


class OpenAICompatible:
    """A ports.ModelProvider."""

    def __init__(self, model: str, base_url: str, *, key: str | None, silence_s: float = model_http.SILENCE_S):
        parts = urlsplit(base_url)
        self.name = model
        self._url = urlunsplit(parts._replace(path=parts.path.rstrip("/") + "/chat/completions"))  # Azure puts api-version in the query
        self._headers = {"authorization": f"Bearer {key}", "api-key": key} if key else {}
        self._tokens_field = "max_completion_tokens" if (parts.hostname or "").endswith(("openai.com", "azure.com")) else "max_tokens"
        self._client = model_http.new_client(silence_s)

    def stream(self, request: ModelRequest) -> AsyncIterator[ModelEvent]:
        return model_http.stream_events(self._client, self._url, headers=self._headers, body=self._body(request), decoder=GatewayDecoder())

    async def aclose(self) -> None:
        await self._client.aclose()

    def _body(self, request: ModelRequest) -> dict[str, Any]:
        system = [{"role": "system", "content": request.system}] if request.system else []
        body: dict[str, Any] = {
            "model": self.name, "messages": [*system, *map(_message, request.messages)], "stream": True,
            "stream_options": {"include_usage": True}, self._tokens_field: request.max_tokens,
        }  # fmt: skip
        if request.tools:
            body["tools"] = [_tool(tool) for tool in request.tools]
        if request.temperature is not None:
            body["temperature"] = request.temperature
        if request.response_schema is not None:
            schema = {"name": "answer", "schema": request.response_schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return body


class GatewayDecoder:
    """A decoding.Decoder that looks at the first event: gateways pass on what their own upstream speaks."""

    def __init__(self) -> None:
        self._decoder: Decoder | None = None

    @property
    def done(self) -> bool:
        return self._decoder is not None and self._decoder.done

    def decode(self, name: str, data: bytes) -> list[ModelEvent]:
        if self._decoder is None:
            self._decoder = _decoder_for(data)
            self.decode = self._decoder.decode  # type: ignore[method-assign]
        return self._decoder.decode(name, data)

    def end(self) -> list[ModelEvent]:
        return (self._decoder or ChatDecoder()).end()


def _decoder_for(first: bytes) -> Decoder:
    head = first[:400]
    if b'"response.' in head:
        return ResponsesDecoder()
    if b'"candidates"' in head or b'"promptFeedback"' in head:
        return GeminiDecoder()
    return ChatDecoder()


def _tool(tool: Tool) -> dict[str, Any]:
    return {"type": "function", "function": {"name": tool.name, "description": tool.description, "parameters": tool.parameters}}


def _message(message: ChatMessage) -> dict[str, Any]:
    if message.role == "tool":
        return {"role": "tool", "tool_call_id": message.tool_call_id, "content": message.content}
    if not message.tool_calls:
        return {"role": message.role, "content": message.content}
    calls = [
        {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments or "{}"}}
        for call in message.tool_calls
    ]
    return {"role": message.role, "content": message.content or None, "tool_calls": calls}
