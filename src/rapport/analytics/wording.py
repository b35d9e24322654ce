"""How figures and names are put into sentences. What users and customers wrote is untrusted: it is quoted, shortened, one line."""

from collections.abc import Sequence

QUOTE_LENGTH = 140


def many(n: int, noun: str) -> str:
    """ "1 conversation", "2 conversations"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def quoted(text: str) -> str:
    """The text in quotation marks, one line, at most QUOTE_LENGTH characters; its own quotation marks become single ones."""
    line = " ".join(text.replace('"', "'").split())
    if len(line) > QUOTE_LENGTH:
        line = line[: QUOTE_LENGTH - 1].rsplit(" ", 1)[0] + "…"
    return f'"{line}"'


def about(name: str) -> str:
    """The name of a topic inside a sentence."""
    return " ".join(name.split())[:80]


def listed(parts: Sequence[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else "".join(parts)


def percent(part: float, whole: float) -> str:
    """ "37 %", with a decimal below 10 %."""
    share = 100 * part / whole if whole else 0.0
    return f"{share:.1f} %" if 0 < share < 10 else f"{share:.0f} %"


def signed(score: float) -> str:
    """ "+0.31", "-0.20", "0.00"."""
    return f"{score:+.2f}" if round(score, 2) else "0.00"
