"""Which language model a setting names. Formats: builtin | scripted:FILE | openai:MODEL@BASE_URL | anthropic:MODEL[@BASE_URL] |
pydantic_ai:PROVIDER:MODEL."""

import re
from pathlib import Path

from rapport.errors import Invalid
from rapport.ports import ModelProvider
from rapport.providers import anthropic, openai_compatible, scripted

ANTHROPIC_URL = "https://api.anthropic.com"
OPENAI_URL = "https://api.openai.com/v1"


def model_provider(name: str, *, key: str | None) -> ModelProvider | None:
    """The provider that `name` spells; None for `builtin`, which needs no outside. Raises Invalid for anything else.
    A model's own name may hold `@`: it ends at the first one that is followed by http:// or https://."""
    kind, _, rest = name.partition(":")
    if name == "builtin":
        return None
    if kind == "scripted" and rest:
        return scripted.load(Path(rest))
    model, base_url = _split(rest)
    if kind == "openai" and model:
        return openai_compatible.OpenAICompatible(model, base_url or OPENAI_URL, key=key)
    if kind == "anthropic" and model:
        return anthropic.Anthropic(model, base_url or ANTHROPIC_URL, key=key)
    if kind == "pydantic_ai" and rest:
        return _bridged(rest, key)
    raise Invalid(
        f"RAPPORT_MODEL is {name!r}; it must be builtin, scripted:FILE, openai:MODEL@BASE_URL, anthropic:MODEL[@BASE_URL] "
        "or pydantic_ai:PROVIDER:MODEL."
    )


def _bridged(name: str, key: str | None) -> ModelProvider:
    """A model through the optional extra, which is only imported here."""
    try:
        from rapport.providers import pydantic_ai
    except ModuleNotFoundError as error:
        raise Invalid(
            "RAPPORT_MODEL is a model of Pydantic AI, which is not installed; pip install 'rapport-server[pydantic-ai]'."
        ) from error
    return pydantic_ai.load(name, key=key)


def _split(text: str) -> tuple[str, str | None]:
    found = re.search(r"@(?=https?://)", text)
    return (text[: found.start()], text[found.end() :].rstrip("/")) if found else (text, None)
