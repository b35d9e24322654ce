"""What is known about language models by their names: one row per family, edit it freely.

A logged name is matched by its longest row that it starts with, after the provider's prefix (`openai/`), the release date
(`-2024-08-06`, `-20241022`) and `-latest` are taken off. Prices are list prices in USD per million tokens, windows in tokens,
as published by the providers; they are a starting point: a tenant's own numbers are kept in its `model` rows.
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Family:
    canonical_id: str
    display_name: str
    family: str | None
    provider: str
    source: str  # catalogue | custom
    context_window: int | None = None
    input_cost_per_1k: float | None = None
    output_cost_per_1k: float | None = None


# prefix, family, provider, context window, USD per million input tokens, USD per million output tokens
KNOWN = (
    ("gpt-4o-mini", "gpt-4o", "openai", 128_000, 0.15, 0.60),
    ("gpt-4o", "gpt-4o", "openai", 128_000, 2.50, 10.00),
    ("gpt-4.1-nano", "gpt-4.1", "openai", 1_047_576, 0.10, 0.40),
    ("gpt-4.1-mini", "gpt-4.1", "openai", 1_047_576, 0.40, 1.60),
    ("gpt-4.1", "gpt-4.1", "openai", 1_047_576, 2.00, 8.00),
    ("gpt-4-turbo", "gpt-4", "openai", 128_000, 10.00, 30.00),
    ("gpt-4", "gpt-4", "openai", 8_192, 30.00, 60.00),
    ("gpt-3.5-turbo", "gpt-3.5", "openai", 16_385, 0.50, 1.50),
    ("gpt-5-mini", "gpt-5", "openai", 400_000, 0.25, 2.00),
    ("gpt-5-nano", "gpt-5", "openai", 400_000, 0.05, 0.40),
    ("gpt-5", "gpt-5", "openai", 400_000, 1.25, 10.00),
    ("o1", "o-series", "openai", 200_000, 15.00, 60.00),
    ("o3-mini", "o-series", "openai", 200_000, 1.10, 4.40),
    ("o3", "o-series", "openai", 200_000, 2.00, 8.00),
    ("o4-mini", "o-series", "openai", 200_000, 1.10, 4.40),
    ("claude-3-haiku", "claude-3", "anthropic", 200_000, 0.25, 1.25),
    ("claude-3-5-haiku", "claude-3.5", "anthropic", 200_000, 0.80, 4.00),
    ("claude-3-5-sonnet", "claude-3.5", "anthropic", 200_000, 3.00, 15.00),
    ("claude-3-7-sonnet", "claude-3.7", "anthropic", 200_000, 3.00, 15.00),
    ("claude-3-opus", "claude-3", "anthropic", 200_000, 15.00, 75.00),
    ("claude-sonnet-4", "claude-4", "anthropic", 200_000, 3.00, 15.00),
    ("claude-opus-4", "claude-4", "anthropic", 200_000, 15.00, 75.00),
    ("claude-haiku-4", "claude-4", "anthropic", 200_000, 1.00, 5.00),
    ("gemini-1.5-flash", "gemini-1.5", "google", 1_048_576, 0.075, 0.30),
    ("gemini-1.5-pro", "gemini-1.5", "google", 2_097_152, 1.25, 5.00),
    ("gemini-2.0-flash", "gemini-2.0", "google", 1_048_576, 0.10, 0.40),
    ("gemini-2.5-flash", "gemini-2.5", "google", 1_048_576, 0.30, 2.50),
    ("gemini-2.5-pro", "gemini-2.5", "google", 1_048_576, 1.25, 10.00),
    ("mistral-small", "mistral", "mistral", 128_000, 0.10, 0.30),
    ("mistral-large", "mistral", "mistral", 128_000, 2.00, 6.00),
    ("deepseek-chat", "deepseek", "deepseek", 64_000, 0.27, 1.10),
    ("deepseek-reasoner", "deepseek", "deepseek", 64_000, 0.55, 2.19),
    ("llama-3.1", "llama-3.1", "meta", 128_000, None, None),
    ("llama-3.3", "llama-3.3", "meta", 128_000, None, None),
    ("llama3", "llama-3", "meta", 8_192, None, None),
    ("qwen2.5", "qwen-2.5", "alibaba", 128_000, None, None),
    ("mixtral", "mistral", "mistral", 32_768, None, None),
    ("phi-4", "phi", "microsoft", 16_384, None, None),
)  # fmt: skip

BY_LENGTH = sorted(KNOWN, key=lambda row: -len(row[0]))
RELEASE = re.compile(r"[-@](\d{4}-\d{2}-\d{2}|\d{8}|latest)$")


def canonical(name: str) -> Family:
    """The family that a model's name stands for; an unknown name stands for itself, with provider `unknown`."""
    given = " ".join(name.split()) or "unknown"
    plain = RELEASE.sub("", given.lower().rpartition("/")[2]) or given.lower()
    for prefix, family, provider, window, cost_in, cost_out in BY_LENGTH:
        if plain == prefix or (plain.startswith(prefix) and plain[len(prefix)] in "-.:@ _"):
            return Family(plain, plain, family, provider, "catalogue", window, _per_1k(cost_in), _per_1k(cost_out))
    return Family(plain, given, None, "unknown", "custom")


def _per_1k(usd_per_million: float | None) -> float | None:
    return None if usd_per_million is None else round(usd_per_million / 1000, 8)
