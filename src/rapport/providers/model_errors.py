"""What the errors of language model servers mean for us. Their own words go to the log: they are written for operators, may hold
parts of the request, and are of no use to someone who talks to an agent.
"""

from typing import Any

import msgspec
import structlog

from rapport.errors import ModelError, ModelRefused, ModelTimeout, ModelUnavailable

log = structlog.get_logger()

RETRY_STATUSES = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 529})
"""Worth another try before the first byte: time-outs, conflicts of load balancers, rate limits, and servers that are busy or ill."""

UNAVAILABLE_WORDS = ("overloaded", "rate_limit", "rate limit", "unavailable", "capacity", "server_error", "api_error", "timeout", "529")
REFUSED_WORDS = ("content_filter", "content_policy", "safety", "refus")
TOO_LONG_WORDS = ("context_length", "context length", "context window", "maximum context", "too long", "too many tokens")


def error_of_response(status: int, body: bytes) -> ModelError:
    """The error for an answer that is no stream. `body` may be JSON in any vendor's form, or anything else."""
    said = _said(body)
    log.warning("language model answered with an error", status=status, said=said[:500])
    if status in (401, 403):
        return ModelError(f"The language model's server did not accept the key (HTTP {status}); check the setting `model_api_key`.")
    if status == 404:
        return ModelError("The language model's server knows no such model or path; check the setting `model`.")
    if status in (408, 504):
        return ModelTimeout()
    if status == 429:
        return ModelUnavailable("The language model's server limits how often it may be asked; try again in a moment.")
    if status >= 500:
        return ModelUnavailable(f"The language model's server is not able to answer now (HTTP {status}); try again in a moment.")
    return _by_words(said) or ModelError(
        f"The language model's server did not accept the request (HTTP {status}); its words are in the log."
    )


def error_in_stream(error: Any) -> ModelError:
    """The error for one that comes inside a stream that began with 200."""
    said = _text(error)
    log.warning("language model ended its answer with an error", said=said[:500])
    return _by_words(said) or ModelError("The language model broke its answer off with an error; ask again.")


def _by_words(said: str) -> ModelError | None:
    lowered = said.lower()
    if any(word in lowered for word in TOO_LONG_WORDS):
        return ModelError("The conversation is too long for this language model; compact it, or start a new one.")
    if any(word in lowered for word in REFUSED_WORDS):
        return ModelRefused()
    if any(word in lowered for word in UNAVAILABLE_WORDS):
        return ModelUnavailable("The language model's server is busy or limits how often it may be asked; try again in a moment.")
    return None


def _said(body: bytes) -> str:
    try:
        return _text(msgspec.json.decode(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body[:500].decode("utf-8", "replace")


def _text(error: Any) -> str:
    """Type, code and message of an error object, wherever the vendor put them."""
    if isinstance(error, list) and error:
        error = error[0]
    if not isinstance(error, dict):
        return str(error)
    inner = error.get("error", error)
    if not isinstance(inner, dict):
        return str(inner)
    return " ".join(str(inner[key]) for key in ("type", "code", "status", "message") if inner.get(key))
