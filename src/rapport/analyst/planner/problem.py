"""What a ticket is to be about, in the words of the one who asks for it and without those that ask for it."""

import re

from rapport.analyst.planner.refusals import sentences

_TICKET = (
    r"(?:(?:bug|defect|incident|problem) (?:reports?|tickets?|descriptions?)|tickets?|issues?|bugs?|defects?|incidents?|(?:user |support )?stor(?:y|ies)|tasks?|work items?|items?|write-?ups?|reports?"
    r"|feature (?:requests?|wish(?:es)?)|requests?|entry|jira(?:s| (?:text|issue|ticket|story|entry))?|drafts?|regressions?|proposals?|text)"
)
_LOOKS = r"(?:new|short|quick|proper|nice|detailed|concise|formal|draft|linear|jira|github|support|engineering|product|improvement|urgent|well written|[\w-]+[- ]style|file-?ready|tiny|little|good|one|priority|(?:high|low|medium)(?: priority)?)"
_SMALL = r"(?:an?|the|one|some|sth|something|this|that|my|our|us|me|it|you|them|of|up|down|together|out|ready|going|drafted|started|written|prepared|raised|please|pls|plz|thanks|kindly|now|just|only|first|for now|asap|with pathos|love|then|and|so|right|ok|okay|hi|hello|hey|well|perhaps|maybe|also|again|before i forget|engineering|somebody|someone|one|who)"
_ASKS = r"(?:can|could|would|will|should|may|might|shall|must|ought|to|i|i['’]d|i['’]ll|i['’]m|we|we['’]d|let|let['’]s|lets|u|ye|you|like|love|want|need|needs|have|wish|help|do|be|is|has|see|think|believe|feel|go ahead|go)"
_VERBS = r"(?:draft|write|prepare|prep|compose|open|file|raise|log|create|make|put|cut|add|turn|get|give|report|pen|knock|word|phrase|formulate|draw|jot|sketch|set|type|document|describe|produce|start|do|throw|redact|rite|take|note|submit|enter|capture|record|register|bring|place|lodge|cobble|whip|rustle|fashion|ticket|build|generate|issue|work|send|leave|drop|convert)(?:s|ed|ing)?"
_READERS = r"(?:for|to|with|at|in|on|onto) (?:the |our |my |us |me )?(?:devs?|developers?|dev team|dev board|engineers?|engineering(?: team| issue)?|team|crew|morning crew|platform team|tracker|backlog|board|product(?: team)?|(?:content|shipping|support|insurance|tools?|mobile|web|backend|data) (?:team|squad|folks|crew)|next sprint|sprint|system|cto|ceo|jira|linear|github|you|folks|paper|writing|words)\b"
_PROOF = r"with (?:an? |the )?(?:few |some |real |affected |example |sample |two |three |or )*(?:evidence|ids?|examples?|proof|impact|quotes|steps|users(?: listed)?|chats|screenshots|failure count)(?: as proof| to reproduce)?\b"
_ABOUT = r"(?:on|about|for|regarding|concerning|re|covering|describing|that|of|over|around|addressing|because|saying|stating|against|where|under|out of|from|namely|with regard to|with respect to|as regards|to do with|since)\b:?"

_ORDER = re.compile(
    rf"^\W*(?:(?:{_SMALL}|{_ASKS}|{_VERBS}|{_LOOKS})\b\W*)*?(?:{_TICKET}|{_VERBS})\b"
    rf"(?:[\s,]*(?:{_READERS}|addressed|{_SMALL}|{_PROOF}|{_VERBS}\b|(?:severity|sev|priority) (?:\d|urgent|high|medium|low)))*[\s,]*(?:[:–—]+\s*|\s-+\s|\b{_ABOUT}\s+)(?P<what>.+)$",
    re.I | re.S,
)
"""An order and what follows it: "could you knock up a ticket for the devs about ...", "bug report: ..."."""
_COLON = re.compile(
    rf"^\W*(?:(?:{_SMALL}|{_ASKS}|{_VERBS}|{_LOOKS}|{_TICKET}|{_READERS}|for me|sev(?:erity)? \d|something|engineering something to chew on)\b[\s,]*)+:\s*(?P<what>.+)$",
    re.I | re.S,
)
"""An order that ends in a colon."""
_ANYWHERE = re.compile(
    rf"\b(?:{_TICKET})\b(?:[\s,]*(?:{_READERS}|addressed|{_SMALL}|{_PROOF}|reproducible if possible))*[\s,]*\b(?:on|about|for|regarding|concerning|re|covering|describing|that covers)\b\s+(?P<what>.+)$",
    re.I | re.S,
)
"""The same behind other words: "the CEO wants a ticket on slow replies"."""
_INTO = re.compile(
    rf"^\W*(?:(?:{_SMALL}|{_ASKS})\b\W*)*{_VERBS}\s+(?:down\s+|up\s+)?(?P<what>.+?)\s+(?:in|into|as|onto|out as)\s+(?:(?:an?|the|our|proper|one|{_LOOKS})\s+)*(?:{_TICKET}|ticket form|paper|something|writing|the tracker)\b",
    re.I | re.S,
)
"""What is turned into one: "put Larkspur's woes into a ticket"."""
_DESERVES = re.compile(
    rf"^(?P<what>.+?)\s*[,;:.–—-]*\s*\b(?:deserves?|needs?|merits?|warrants?|calls for|ought to (?:be|have|go)|should (?:be|have|go)|must be|can be|could be|be put|is worth|belongs?)\b.{{0,25}}\b(?:{_TICKET}|logged|raised|reported|filed|drafted|written)\b",
    re.I | re.S,
)  # fmt: skip
"""What calls for one: "Quayside's complaints deserve a ticket; draft it"."""
_BEFORE = re.compile(
    rf"^(?P<what>.+?)\s*(?:->|=>|→|[,;:.!?–—-])+\s*(?:(?:{_SMALL}|{_ASKS}|{_VERBS}|{_LOOKS}|{_TICKET}|{_READERS}|{_PROOF}|from|whatever|it is|read)\b\W*)+$",
    re.I | re.S,
)
"""What stands before the order: "Fairview can't log in. Write it up."."""
_PLAIN = re.compile(
    rf"^\W*(?:(?:{_SMALL}|{_ASKS})\b\W*)*(?:{_VERBS})\b(?:\s+(?:up|down|out|us|me)\b)*\s+(?P<what>.+?)(?:\s+(?:up|down))?$", re.I | re.S
)
"""What an order takes straight: "write up the upload failures", "log the late deliveries"."""
_AT_ITS_END = re.compile(
    rf"(?:[\s,;:(–—-]+(?:(?:{_READERS})|(?:please|pls|plz|thanks|thank you|asap|would (?:you|ye)|can(?: you)?|could you|will you|draft (?:only|first|please)|{_PROOF}|(?:severity|sev|priority) (?:\d|urgent|high|medium|low)"
    rf"|(?:as|in|into) (?:an?|the) (?:{_LOOKS}\s+)*{_TICKET}|so (?:that )?(?:they|dev|the team|engineering|i) .{{2,60}}|just a draft for now|(?:a )?draft(?: is enough| for now)?|first|{_TICKET}))[\s.!?)]*)+$",
    re.I | re.S,
)
_ONLY_ORDER = re.compile(
    rf"^\W*(?:(?:{_SMALL}|{_ASKS}|{_VERBS}|{_LOOKS}|{_TICKET}|{_READERS}|{_ABOUT}|as|into|enough|look|at|nothing|more|else|yet|not|proof|steps|title|evidence|impact|example|ids?|real|sample|chats|moment|wonderful|lovely|today|in writing|this in writing|will)\b\W*)*$",
    re.I,
)  # fmt: skip
_POINTS = re.compile(
    r"^(?:(?:all |the )?(?:that|this|it|those|these|them|these ones|the above|which|here|there)(?: one| matter)?)\W*$", re.I
)
_LED_BY = re.compile(r"^(?:(?:the )?(?:matter|fact|problem|issue|trouble) (?:of|that|with)|that|about|on|of|for|how)\s+(?=\w)", re.I)


_ASIDE = re.compile(
    r"\s*\([^()]{0,60}\b(?:draft|for now|(?:do not|don['’]?t|not) (?:file|create|send|submit)\w*|please|thanks|asap|no rush|later)\b[^()]{0,60}\)",
    re.I,
)
"""How the order is meant, in brackets: "(draft only for now)"."""


def problem(text: str) -> str:
    """The problem of "Could you knock up a ticket for the devs about login loops?": "login loops". "" where the text only orders one."""
    parts = sentences(_ASIDE.sub("", text.strip()))
    told = [part for part in parts if not _ONLY_ORDER.match(part)]
    if not told:
        return ""
    asking = [part for part in told if re.search(rf"\b(?:{_TICKET}|{_VERBS})\b", part, re.I)]
    ordered = {part: _ordered(part) for part in asking}
    ordering = [found for found in ordered.values() if found]
    said = ordering[-1] if ordering else " ".join(part for part in told if ordered.get(part) is None)
    said = _AT_ITS_END.sub("", said).strip(" \t\n,.;:!?-–—(")
    return "" if _POINTS.match(said) or _ONLY_ORDER.match(said) else said


def _ordered(part: str) -> str | None:
    """What one sentence orders a ticket about; "" where it points at what was told before, None where it orders none."""
    for form in (_COLON, _INTO, _ORDER, _ANYWHERE, _DESERVES, _BEFORE, _PLAIN):
        if match := form.search(part):
            what = re.sub(r"\s+(?:up|down)$", "", match.group("what").strip(" \t\n,.;:!?-–—"))
            if re.fullmatch(rf"(?:{_READERS})\W*", f"for {what}", re.I):
                continue  # "a ticket for the engineers": whom it is for
            if form is _INTO and _POINTS.match(what):
                return ""  # "can you put that into a ticket, as a draft I can read?"
            if what and not _ONLY_ORDER.match(what) and not _POINTS.match(what):
                return (_ordered(what) or what) if form is _COLON and re.match(rf".{{0,40}}\b(?:{_TICKET})\b", what, re.I) else what
    return None
