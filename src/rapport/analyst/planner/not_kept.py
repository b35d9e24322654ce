"""What questions ask for and no figure here tells: net promoter scores, medians, how long answers take. An answer says so beside the
nearest figure, since one that looks like it would be taken for it."""

from rapport.analyst.planner.reading import Reading

_MEASURES = (
    (
        r"(?:longest|current|winning|losing|unbroken)? ?(?:streaks?|winning runs?|losing runs?)|(?:days|weeks|times|chats|conversations|ratings) in a row|consecutive(?:ly)? (?:\w+ )?(?:days|weeks|chats|conversations|ratings|times)|(?:days|weeks|chats|conversations|ratings) running",
        "I keep no streaks: what comes one after the other (“{said}”) is not taken into account, and the figure above is none of that.",
    ),
    (r"nps|net promoters?(?: scores?)?", "No net promoter score is logged; this is about the star ratings."),
    (
        r"medians?|percentiles?|p\d\d|standard deviations?|variance|quartiles?|modal",
        "I give averages and counts only, no {said}.",
    ),
    (
        r"(?:slow|fast|quick|speed)(?:est|iest)|slower|faster|latenc(?:y|ies)|(?:response|reply|answer|waiting|handling) times?|time to (?:first )?(?:reply|answer|response|resolution)|how (?:fast|slow|quick)(?:ly)? (?:do|does|did|is|are|was)",
        "How long answers take is not logged, so this says nothing about it.",
    ),
    (
        r"after (?:an? |their |having an? )?(?:bad|negative|poor|terrible|failed|unhappy|frustrating|awful) (?:\w+ )?(?:chats?|conversations?|experiences?|sessions?|dialogues?|ratings?|calls?|talks?)",
        "I do not look at the order of a person's conversations, so “{said}” is not taken into account.",
    ),
)
_DAYS = frozenset({"day", "week", "month", "weekday", "hour"})
TICKETS = r"(?:how many|number of|list|show|which|what|any|all|the)(?: (?:me|the|of|all|our|open|my|filed|created|existing|recent|last|latest|\d+))* tickets(?: (?:are|were|have|did|do|has|in|we|i|exist|there|so|this|last|today|yesterday|for|that|been|you|open|filed|created)\b.*)?\W*$"


def not_kept(reading: Reading, said: str) -> str:
    """The sentence about what the question asks for beside what can be told; `said` is the answer in lower case."""
    for pattern, sentence in _MEASURES:
        told = reading.slots.says(pattern)
        if told and told.group().lower() not in said and not (reading.dimension in _DAYS and "est" in told.group().lower()):
            return f"\n\n{sentence.format(said=told.group().lower())}"
    return ""
