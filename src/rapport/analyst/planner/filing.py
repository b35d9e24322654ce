"""Whether a turn wants a drafted ticket filed, or not: a confirmation that is negated or taken back files nothing."""

import re

_VERB = r"(?:create|file|submit|open|log|raise|send|push|ship|post|make|filing|creating|submitting|opening|sending|shipping|posting|created|filed|submitted|opened|sent|shipped|posted)"
_NOT = r"(?:do(?:es|did)? ?n[o'’]?t|don['’]?t|dont|did ?n[o'’]t|didnt|wo(?:n['’]?t|nt)|would ?n[o'’]t|should ?n[o'’]t|must ?n[o'’]t|need ?n[o'’]t|can ?not|can['’]t|not|never|no need|without|instead of|rather than|avoid|stop|refrain from|against)"
_NEGATED = re.compile(rf"\b{_NOT}\b(?:\s+\w+){{0,4}}?\s+(?:create_?ticket|{_VERB})\b", re.I)
_TAKEN_BACK = re.compile(
    r"\b(?:never ?mind|not (?:now|yet|today|this time|necessary|needed|ready|so fast|so sure|sure)|no longer (?:needed|necessary|want\w*)|hold (?:off|on|it|back|your horses)|wait(?! for)|(?<!not )later|rather not|let['’]?s not|leave (?:it|that|this)(?! as)|"
    r"(?:drop|discard|scrap|skip|bin|trash|ditch|kill|cancel|abort|forget|shelve|park|withdraw|undo|delete|remove|stop)(?: about)?(?: (?:it|that|this|everything))?(?: (?:the|this|that) (?:draft|ticket|issue|whole thing|thing|idea|request))?(?=\W|$)(?! (?:the|a|an|last|first|second|all|any|every|some|from|sentence|line|word|part)\b)|"
    r"throw (?:it|that|this) (?:away|out)|chang\w+ my mind|second thoughts?|already (?:have|has|had|exists?|got|been|filed|reported|there)|(?:have|got|there(?:['’]s| is)) (?:\w+ ){0,2}already|no (?:ticket|thanks|thank you|thx|way|go)\b|wrong (?:one|ticket|conversation|draft))",
    re.I,
)
_NO = re.compile(r"\W*(?:no|nope|nah|stop|cancel|abort)\b\W*$", re.I)
_FILES = re.compile(
    rf"create_?ticket|\b{_VERB} (?:it|this|that|this one|that one|one|(?:the|this|that|my|our) (?:ticket|issue|draft|bug|report))\b|\b(?:go ahead|do it|confirm(?:ed)?|approved?|lgtm|ship it)\b|\W*(?:yes|yep|yeah|yup|sure)\W*$",
    re.I,
)
_CLAUSE = re.compile(r"[.,;:!?–—]+\s|\s-+\s|\b(?:but|and|then|though|although|however)\b", re.I)


def holds_back(text: str) -> bool:
    """Whether what is said last of a draft is that it shall not be filed: "please drop it, do not create it", "yes it's good, but not
    yet". "No changes, create it" and "wait, no: go ahead" file it. A payload in braces says nothing about it."""
    return _last_word(text) is False


def asks_if_filed(text: str) -> bool:
    """ "Is it created already?", "did you file that?"."""
    return bool(_ASKS_IF_FILED.search(text))


_ASKS_IF_FILED = re.compile(
    r"\b(?:is|was|has|have|did|are|were)(?:n['’]t)? (?:it|that|this|you|the (?:ticket|draft|issue))\b.{0,20}\b(?:created?|filed?|submit(?:ted)?|opened?|sent?|logged|raised?|made)\b.*\?|\byou (?:did ?n[o'’]t|have ?n[o'’]t) (?:create|file|submit|open)",
    re.I,
)


def orders(text: str) -> bool:
    """Whether what is said last of a draft is that it shall be filed."""
    return _last_word(text) is True


def _last_word(text: str) -> bool | None:
    filed = None
    said = re.sub(r"\bgo ahead and\b", "", text.partition("{")[0], flags=re.I)
    for clause in _CLAUSE.split(said):
        if _NEGATED.search(clause) or _TAKEN_BACK.search(clause) or _NO.match(clause):
            filed = False
        elif _FILES.search(clause):
            filed = True
    return filed


_NOT_ASKED = re.compile(
    r"(?:^\W*|(?<=[.!?;:]\s)|\b(?:and|but|so)\s+)(?:please |pls |kindly |just )*(?:(?:do not|don['’]?t|dont|no need to|you need not|never|without|rather than|instead of)\s+"
    r"(?:mak|creat|draft|open|fil|rais|writ|build|sav|set|start|delet|remov|chang|add|send|e-?mail|produc|put)\w*(?: up| me| us)* (?:an?|any|another|new|me an?|segments?|tickets?|anything)\b[^,.;:!?–—]{0,40}"
    r"|(?:delete|change|create|send|file|touch|alter|edit|modify|save|write) nothing|no (?:new )?(?:segments?|tickets?|drafts?|cohorts?)(?: (?:please|pls|for now|needed|necessary|yet|today|this time))*)(?:\s*[,;:–—.!]\s*|\s+(?=but\b))(?:but |and |just |only |simply |instead |rather |please )*",
    re.I,
)
_NOT_ASKED_LAST = re.compile(
    r"[,;.–—-]?\s*(?:but |and |please |\()*(?:do not|don['’]?t|without|no need to)\s+(?:mak|creat|draft|open|fil|rais|sav|writ)\w*(?: me)? (?:an?|any) (?:\w+ )?(?:segments?|tickets?|cohorts?|issues?|bugs?)(?: (?:for|of|from|out of|about|on) (?:it|this|that|them))?(?: yet| now| please)?\W*$",
    re.I,
)


def without_what_is_not_asked(text: str) -> str:
    """`text` without the clauses that only say what shall not be done: "don't make a segment, only list the users"."""
    for pattern in (_NOT_ASKED, _NOT_ASKED_LAST):
        rest = pattern.sub("", text, count=1).strip()
        text = rest if len(rest.split()) >= LEAST else text
    return text


LEAST = 3
"""Words that must be left."""
