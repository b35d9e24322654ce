"""Whether what a model quotes was said. White space aside, a quote must stand in one message, letter by letter."""

from collections.abc import Iterable

from rapport.analysis.judged.excerpt import Excerpt
from rapport.domain.judging import Quote

LONGEST = 600
MOST = 10


def plain(text: str) -> str:
    """With single blanks between words and none around."""
    return " ".join(text.split())


def checked(claimed: Iterable[str], shown: Excerpt) -> tuple[tuple[Quote, ...], int]:
    """(the quotes that stand in the transcript, in the order given; how many do not). Without a letter or figure, or longer than
    LONGEST characters, nothing is a quote; what is given twice counts once."""
    texts = [(line, plain(line.text)) for line in shown.lines]
    found: dict[str, Quote] = {}
    dropped = 0
    for quote in dict.fromkeys(plain(quote) for quote in claimed):
        place = next((line for line, text in texts if quote in text), None) if _is_quote(quote) else None
        if place is None:
            dropped += 1
        else:
            found[quote] = Quote(quote, place.seq, place.message_id, place.role)
    return tuple(found.values())[:MOST], dropped


def _is_quote(text: str) -> bool:
    return len(text) <= LONGEST and any(character.isalnum() for character in text)
