"""What a person said in a message, without what they pasted: code, logs, stack traces, quotes, encoded data, system prompts.

Excluded parts are blanked in place, so that offsets in the masked text are offsets in the original (code points).
"""

import html
import re

READ = 8_000
"""Characters of one message that are read for measures; megabyte messages are pastes, and their author speaks first."""
ENCODED = 2_000
"""Characters of cleaned text handed to the encoder, which reads 128 word pieces of it."""

_PASTED = tuple(
    re.compile(pattern, flags)
    for pattern, flags in (
        (r"```.*?(?:```|\Z)", re.S),
        (r"`[^`\n]{1,300}`", 0),
        (r"^Traceback \(most recent call last\):\n(?:[ \t].*\n?)*(?:^\w[\w.]*(?:Error|Exception|Warning|Interrupt)\b.*$)?", re.M),
        (r"^[ \t]*(?:at [\w.$<>]+\(.*\)|File \".*\", line \d+.*|Caused by: .*|\.\.\. \d+ more)$", re.M),
        (r"^[ \t]*\[?\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*$", re.M),
        (r"^[ \t]*\[?(?:ERROR|WARN(?:ING)?|INFO|DEBUG|FATAL|TRACE|SEVERE)\]?[ :\t].*$", re.M),
        (r"^[ \t]*(?:GET|POST|PUT|DELETE|PATCH) /\S*.*$", re.M),
        (r"^[ \t]*>.*$", re.M),
        (r"^On .{5,120} wrote:[ \t]*$", re.M),
        (r"^-{2,} ?(?:Original Message|Forwarded message)[\s\S]*\Z", re.M),
        (r"[A-Za-z0-9+/=_\-]{64,}", 0),
        (r"</?[A-Za-z][^<>\n]{0,200}>", 0),
        (r"^[ \t]*[{}\[\]][^\n]*$|^[ \t]*\"[^\"\n]{1,80}\"[ \t]*:.*$", re.M),
        (r"(?:^|(?<=\n))[ \t]*(?:#+ ?)?(?:system prompt|system message|system)[ \t]*:[\s\S]*?(?=\n\s*\n|\Z)", re.I),
    )
)
_ERROR_LINE = re.compile(r"^[ \t]*\w[\w.]*(?:Error|Exception): .*$", re.M)
_PROMPT = re.compile(r"^[ \t\"]*You are (?:an?|the) [\s\S]*?(?=\n\s*\n|\Z)", re.M)
_PROMPT_WORDS = re.compile(r"\b(?:must|never|always|respond|assistant|instructions?|do not|output)\b", re.I)
_UNSAID = re.compile(r"https?://\S+|www\.\S+|(?<!\w)[.@]*@\w+|\burl_removed\b", re.I)
_HASH = re.compile(r"#(\w)")
_SPACE = re.compile(r"\s+")
_CAMEL = re.compile(r"\b[a-z]+(?:[A-Z][a-z]+)+\(|[;{}]\s*$", re.M)


def masked(content: str) -> str:
    """The first READ characters with everything pasted blanked by spaces: same offsets as the original."""
    text = content[:READ]
    for pattern in _PASTED:
        text = pattern.sub(_blank, text)
    if text.count("\n") > 1:  # alone, an error line is what somebody says; below a trace it is pasted
        text = _ERROR_LINE.sub(_blank, text)
    text = _PROMPT.sub(lambda found: _blank(found) if len(found[0]) > 160 and _PROMPT_WORDS.search(found[0]) else found[0], text)
    return "".join(_blank_text(line) if _looks_like_code(line) else line for line in text.splitlines(keepends=True))


def spoken(masked_text: str) -> str:
    """A masked text as the encoder reads it: no links, no @names, HTML entities undone, white space squeezed."""
    text = html.unescape(masked_text)
    text = _HASH.sub(r"\1", _UNSAID.sub(" ", text))
    return _SPACE.sub(" ", text).strip()[:ENCODED]


def letters(text: str) -> int:
    """How many letters a text has: the measure of whether there is language in it at all."""
    return sum(map(str.isalpha, text))


def _blank(found: re.Match[str]) -> str:
    return _blank_text(found[0])


def _blank_text(text: str) -> str:
    return "".join("\n" if char == "\n" else " " for char in text)


def _looks_like_code(line: str) -> bool:
    """A line of code outside a fence: it ends like code, or is mostly signs."""
    stripped = line.strip()
    if len(stripped) < 6:
        return False
    if _CAMEL.search(stripped) and re.search(r"[=();{}]", stripped):
        return True
    signs = sum(1 for char in stripped if char in "{}[]()<>=;|\\/_$%^&*~")
    return signs / len(stripped) > 0.25
