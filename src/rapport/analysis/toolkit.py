"""What the pipeline works with: an encoder, the heads that fit it, a tenant's topics and its products' weights."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import UUID

from rapport.analysis import heads
from rapport.analysis.heads import Heads
from rapport.analysis.topics import TopicModel
from rapport.domain.analysis import DEFAULT_WEIGHTS
from rapport.ports import Encoder

WORDED_LANGUAGES = frozenset({"en"})
"""The language of the wordings and of the word scores."""


@dataclass(frozen=True, eq=False)
class Toolkit:
    """Immutable; one per tenant, sharing encoder and heads. `weights`: the pillar weights of products that have their own."""

    encoder: Encoder
    heads: Heads
    topics: TopicModel | None = None
    weights: Mapping[UUID, Mapping[str, float]] = field(default_factory=dict)

    @property
    def method(self) -> str:
        """Name of the encoder, or `lexical`."""
        return self.encoder.name if self.encoder.semantic else "lexical"

    def scores(self, language: str | None) -> bool:
        """Whether sentiment and satisfaction can be told in this language; a language that could not be told is tried."""
        known = self.encoder.languages if self.heads.sentiment is not None else WORDED_LANGUAGES
        return language is None or known is None or language in known

    def embeds(self, language: str | None) -> bool:
        """Whether the encoder knows this language."""
        return self.encoder.semantic and (language is None or self.encoder.languages is None or language in self.encoder.languages)

    def weights_of(self, product_id: UUID) -> Mapping[str, float]:
        return self.weights.get(product_id, DEFAULT_WEIGHTS)


def load(encoder: Encoder, *, topics: TopicModel | None = None, weights: Mapping[UUID, Mapping[str, float]] | None = None) -> Toolkit:
    """A toolkit for this encoder."""
    return Toolkit(encoder, heads.load(encoder), topics, weights or {})
