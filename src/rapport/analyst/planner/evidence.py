"""What kind of evidence a question asks for: comments beside ratings, thanks, the error of a tool, the day when somebody or something
first or last appeared."""

from rapport.analyst.planner import lexicon
from rapport.analyst.planner.slots import Slots

_REMARK = r"comm?ents?|remarks?|notes?|feedback|reviews?|explanations?|(?:a |some |few )?(?:words?|lines?)|something|(?:some |any |written )?text|justifications?"
_MARKS = r"(?:rat(?:ings?|es?|ed|ing)|stars?|scores?|marks?|verdicts?|grades?|votes?|thumbs?|score)"
_BESIDE = r"beside|besides|next to|alongside|along with|together with|along|accompan\w+|attached to|underneath|under|below|with|to go with|coming with|that c[ao]me with|left (?:with|on|at)|on top of|in addition to|when (?:they|people|users|customers|someone)|as they"
_COMMENTS = (
    rf"(?:{_REMARK})(?:\W+\w+){{0,6}}?\W+(?:{_BESIDE})(?:\W+\w+){{0,5}}?\W+(?:[\w-]+[- ])?{_MARKS}"
    rf"|{_MARKS}(?:\W+\w+){{0,14}}?\W+(?:scribbl|add|leav|left|writ|wrot|typ|jot|attach|enter|put|append|not|ha[sd]|have|come|came|carr|includ|contain|with)\w*(?:\W+\w+){{0,3}}?\W+(?:comm?ents?|remarks?|notes?|(?:a |some )(?:words?|lines?)|something)"
    rf"|{_MARKS}(?:\W+\w+){{0,10}}?\W+(?:scribbl|jot|not|typ|writ|wrot|add|put)\w* (?:down )?(?:along|next|beside|with|underneath|under|to go)\b"
    r"|raters?(?:\W+\w+){0,6}?\W+(?:comm?ents?|remarks?|notes?|(?:a |some )?(?:few |couple of )?(?:words|lines?)|text|box)"
    r"|(?:rating|star|review|csat|survey) (?:feedback |survey |form )?(?:comments?|remarks?|notes?|feedback|texts?|box|field)|(?:written|free[- ]?text|typed) (?:comments?|remarks?|feedback|reviews?)|(?:feedback|comment) (?:box|field|form|text)"
)
_POOR = r"low(?:est)?|poor(?:est)?|bad|worst|lousy|awful|terrible|negative|harsh|crap(?:py)?|rotten|weak|dismal|miserable|disappointing"
_HIGH = r"high(?:est)?|good|best|great|top|positive|excellent|glowing|splendid|perfect|strong|brilliant"
_BY = r"(?:star |customer |user )?(?:ratings?|marks?|scores?|grades?|verdicts?|reviews?|stars?)"


def graded(slots: Slots) -> str | None:
    """low_rated | high_rated, where conversations are asked for by a rating that is told in words: "beside a poor rating"."""
    for name, degree, manner in (("low_rated", _POOR, "badly|poorly|low|terribly"), ("high_rated", _HIGH, "well|highly|high|top")):
        if slots.says(
            rf"(?:{degree})[- ](?:{_BY})|(?:{manner})[- ]rated|rated (?:us |it |them |the \w+ )?(?:very |so |quite )?(?:{manner})"
        ):
            return name
    return None


_ASKS_A_FIGURE = r"how many|how often|numbers? of|counts?|share|percent\w*|average|why|trend|tickets?"


def comments_counted(slots: Slots) -> bool:
    """Whether a figure is asked for of the ratings that have a comment: "how many raters added a remark?"."""
    return bool(slots.says(_COMMENTS) and slots.says(_ASKS_A_FIGURE) and not slots.says(r"tickets?|why"))


def comments_wanted(slots: Slots) -> bool:
    """Whether what people wrote beside their ratings is asked for, not what they wrote in conversations."""
    return bool(slots.says(_COMMENTS)) and not slots.says(_ASKS_A_FIGURE)


THANKS = r"thank[- ]?yous?|thanks|thank|thanking|thanked|gratitude|grateful|thankful"
PRAISE = rf"{THANKS}|prais\w+|compliment\w*|flatter\w*|(?:nice|kind|warm|lovely|good|friendly) (?:words?|things?|remarks?|messages?|comments?)|applau\w+|raves?|bouquets?|something (?:nice|kind|good)"

_ERROR = r"(?:errors?|error (?:messages?|texts?|codes?|strings?)|failure (?:messages?|reasons?)|messages?|replies|reply|exceptions?)"
_ERROR_TOLD = (
    rf"(?:what|which|the|exact|literal|actual|precise|its|latest|last|most recent) (?:\w+ ){{0,3}}?{_ERROR}\b.{{0,50}}\b(?:return|get|got|give|throw|say|come|came|show|spit|report|see|saw|from|of|text|raise|produce|answer|respond|yield|is|was|does|do|with|behind)\w*"
    r"|error (?:messages?|texts?|codes?|strings?)|what (?:does|did|do) .{1,40} (?:say|return|answer|report|come back with|spit out|throw) (?:when|if|as|while|each time|every time)"
)


def error_wanted(slots: Slots) -> bool:
    """Whether the error is asked for that a tool gives back, in its own words."""
    return bool(slots.of_kind("tool") and slots.says(_ERROR_TOLD)) and not slots.says(
        r"how many|how often|users?|people|customers?|conversations?|chats?|tickets?|rates?|why"
    )


_WHEN = r"when|since when|as of when|(?:what|which)(?: \w+)? (?:day|date|time|morning)|how long ago|(?:the )?(?:date|day) (?:of|that|when|on which)|(?:the )?(?:last|first|latest|most recent) (?:time|day|date|contact|appearance|sighting|message|sign of life|sign)|how recently"
_FIRST = r"first(?! (?:\d|week|half|month|quarter|ten|few))|earliest|initial(?:ly)?|debut\w*|introduced|rolled out|roll(?:ed)? out|launch\w*|go(?:ne|es)? live|went live|live|in (?:use|service|production)|deployed|released|appear(?:ed|s)?|show(?:ed|n|s)? up|turn(?:ed|s)? up|surfac\w*|pop(?:ped)? up|began|begin|start(?:ed|s)?|came up|come up|put in"
_LAST = r"last(?! (?:\d|week|month|quarter|year|few|seven|ten|thirty|night|two|three))|latest|most recent(?:ly)?|newest|lately|recently|any more|anymore|stop\w*|disappear\w*|sign of life"
_MEETS = r"(?:g[eo]t|been) in (?:touch|contact)|contact\w*|hear\w*|talk\w*|chat\w*|writ\w*|wrote|spoke|speak\w*|seen|see|saw|active|message\w*|conversations?|dialogues?|sessions?|show\w* up|turn\w* up|appear\w*|around|here|log\w*|approach\w*|reach\w*|came|come|drop\w* in|pop\w* (?:in|up)|knock\w*|visit\w*|ask\w*|use\w*|been|mention\w*|raise\w*|surfac\w*|sign of life|time"


def appearance(slots: Slots) -> str | None:
    """first | last, where the day is asked on which somebody, a version, a topic or a tool first or last appeared; None otherwise."""
    if (
        not slots.says(_WHEN)
        or (slots.events_said and not slots.framed)
        or slots.says(r"how many|how often|why|average|share|percent\w*|most|per|tickets?|and (?:how|what|who)")
    ):
        return None
    if [name for name in slots.metrics if name not in lexicon.COUNTS] and not slots.thresholds:
        return None
    versions = slots.of_kind("prompt", "prompt_version") or slots.says(r"(?:prompt|instructions?)(?: text)?(?: versions?)?|versions?")
    if not (versions or slots.of_kind("user", "organization", "topic", "topic_group", "model") or (slots.subject and slots.framed)):
        return None
    if slots.says(_LAST) and (slots.says(_MEETS) or versions):
        return "last"
    return "first" if slots.says(_FIRST) and (slots.says(_MEETS) or versions) else None
