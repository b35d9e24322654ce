"""Changes to a drafted ticket that are told in words: its priority, its title, and what is to be added."""

import re

_PRIORITIES = {
    "urgent": r"urgent|critical|blocker|p0|sev(?:erity)? ?[01]|asap|top priority|highest", "high": r"high(?:er)?|p1|important|sev(?:erity)? ?2",
    "medium": r"medium|normal|moderate|p2|sev(?:erity)? ?3", "low": r"low(?:er|est)?|minor|p3|p4|trivial|sev(?:erity)? ?[45]",
}  # fmt: skip
_LEVEL = "|".join(rf"(?P<{name}>{words})" for name, words in _PRIORITIES.items())
_IT = r"(?:it|this|that|them|the (?:ticket|draft|issue|bug|story|priority|prio))"
_PRIORITY = re.compile(
    rf"\b(?:prio(?:rity)?|severity|urgency)\b[^.;{{]{{0,25}}?\b(?:{_LEVEL})\b"
    rf"|\b(?:make|mark|set|bump|raise|lower|put|flag|treat|change|keep|consider)\s+{_IT}\s*(?:up |down )?(?:as |to |at |be )?(?:an? |very |really |rather |more )*(?:{_LEVEL.replace('P<', 'P<_')})\b(?: prio(?:rity)?)?"
    rf"|(?:,\s*)?\b(?:and )?{_IT}(?:['’]s| is| needs to be| should be| must be| has to be| ought to be)\s+(?:very |really |rather |of )?(?:{_LEVEL.replace('P<', 'P<___')})\b(?: prio(?:rity)?)?"
    rf"|\b(?:{_LEVEL.replace('P<', 'P<__')}) prio(?:rity)?\b",
    re.I,
)
_QUOTED_TITLE = re.compile(
    r"\b(?:title|headline|name|heading|subject|call(?:ed)?|rename|titled?)\b[^\"“”']{0,30}[\"“'](?P<title>[^\"”]{3,200})[\"”']", re.I
)
_PLAIN_TITLE = re.compile(
    r"\b(?:(?:title|headline|heading)(?: (?:of it|of the (?:ticket|draft)))?(?: should| must| shall)?(?: be| read| say)?(?: to| as| into|:)?|(?:re)?title it(?: as)?:?|call it|name it|rename it(?: to| as)?)\s+(?P<title>[^\"“”{}.;]{3,120}?)\s*(?=[.;{]|,? and (?:create|file|set|make|then)|$)",
    re.I,
)
_ADDED = re.compile(
    r"^\W*(?:(?:please|also|and|can you|could you|ok(?:ay)?|good|fine|but|yes)[\s,]+)*(?:add|mention|note|state|include|write|say|put in|point out)(?: in (?:it|there|the (?:ticket|draft|description)))?(?: also)?(?: that|:| a (?:line|note|sentence|remark)(?: (?:that|saying|about|on))?)\s+(?P<added>.{3,400}?)\s*[.!]*$",
    re.I | re.S,
)  # fmt: skip


_PLAIN_URGENT = re.compile(r"\b(urgent|critical)\s+(?=(?:bug )?(?:tickets?|issues?|bugs?|report|draft|jira|story|defect)\b)", re.I)


def priority_of(text: str) -> str | None:
    """The priority that an order for a ticket names: "an urgent ticket on X", "draft one on X, it must be low priority"."""
    if _PLAIN_URGENT.search(text):
        return "urgent"
    level = _PRIORITY.search(text)
    return next(name.strip("_") for name, word in level.groupdict().items() if word) if level else None


def without_priority(text: str) -> str:
    """`text` without the clause that names a priority."""
    return _PRIORITY.sub(" ", text).strip(" ,;")


def beside_edits(text: str) -> str:
    """`text` without the words that change the draft: "make it urgent" orders nothing more, "make it urgent and file it" does."""
    for said in (_ADDED, _QUOTED_TITLE, _PLAIN_TITLE, _PRIORITY):
        text = said.sub(" ", text)
    return text


def edits(text: str) -> dict[str, str]:
    """The fields of a draft that a turn changes: title, priority, append (a sentence for its description). {} where it changes none."""
    said = text.partition("{")[0]
    found: dict[str, str] = {}
    if title := _QUOTED_TITLE.search(said) or _PLAIN_TITLE.search(said):
        found["title"] = title.group("title").strip()
    if added := _ADDED.match(said):
        return found | {"append": added.group("added").strip()}
    if level := priority_of(said):
        found["priority"] = level
    return found
