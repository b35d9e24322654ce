"""What questions ask for and no figure here tells: net promoter scores, medians, how long answers take. An answer says so beside the
nearest figure, since one that looks like it would be taken for it."""

from rapport.analyst.planner.reading import Reading

_MEASURES = (
    (
        r"streaks?|winning runs?|losing runs?|(?:days|weeks|times|chats|conversations|ratings) in a row|consecutive(?:ly)? (?:\w+ )?(?:days|weeks|chats|conversations|ratings|times)",
        "I keep no streaks: what comes one after the other (“{said}”) is not taken into account.",
    ),
    (
        r"both (?:an? )?(?:[1-5]|ones?|twos?|threes?|fours?|fives?)(?:[- ]stars?)?(?: ratings?)? and (?:an? )?(?:[1-5]|ones?|twos?|threes?|fours?|fives?)(?![\w.])",
        "Who did “{said}” is not told: one grade alone is counted here.",
    ),
    (
        r"nothing (?:but|else than|other than) (?:\w+[- ]?stars?|ones|twos|threes|fours|fives|[1-5]s?)|only ever|(?:rated|rates|rate|commented on) (?:every|each|all)(?: \w+){0,3} (?:chats?|conversations?|sessions?)|every (?:single )?time|(?:always|never once|without exception) (?:rat|gave|giv)\w*|(?:rated|rates|gave|gives?) (?:us )?(?:only|exclusively|always|nothing)",
        "Those who did so at least once are meant here; whether they did so every time (“{said}”) is not told.",
    ),
    (
        r"but (?:not|none|no one|nobody)(?: at all)? (?:in |during |on |over )?(?:the )?(?:last|this|previous|past|first|second|today|yesterday|before|after|since|january|february|march|april|may|june|july|august|september|october|november|december)\b(?: \w+)?",
        "Who came in the one time and not in the other (“{said}”) is not told by these figures.",
    ),
    (
        r"from one (?:day|week|month) to the (?:next|other)|(?:day|week)[- ](?:to|over|on)[- ](?:day|week) (?:drop|jump|fall|rise|change|swing)s?|(?:one|single)[- ]day (?:drop|jump|fall|rise|change|swing)s?|overnight (?:drop|jump|fall|rise)s?",
        "The figures are of single days; how they moved “{said}” is not ranked.",
    ),
    (
        r"(?:average|mean)\b.{0,40}\b(?:per|each|every|by) (?:weekday|day of the week)|(?:per|each|every|by) (?:weekday|day of the week) on average",
        "These are totals of all such days together, not averages of one.",
    ),
    (
        r"(?:users|user|people|persons|customers|everyone|their|his|her)['’]?s?['’]? (?:very )?(?:first|second|last|initial|earliest|final) (?:ever )?(?:conversations?|chats?|sessions?|ratings?)",
        "Which conversation of a person came first or last (“{said}”) is not taken into account.",
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
