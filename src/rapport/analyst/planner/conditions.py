"""Facts that a question asks of each conversation: "where a human was asked for", "with a failed tool call", "never rated"."""

import re

from rapport.analyst.planner.asked import BROKEN
from rapport.analyst.planner.evidence import comments_counted
from rapport.analyst.planner.slots import Slots
from rapport.analyst.planner.stars import OF_RATINGS

_REAL = r"(?:(?:real|actual|living|live|breathing|proper|genuine|true|flesh[- ]and[- ]blood)[\s,-]*(?:and )?)+"
_HUMAN = (
    rf"{_REAL}(?:human|person|people|agent|someone|somebody|operator|colleague|employee|rep\b|representative|man|woman|voice)\w*(?: beings?| agents?)?"
    r"|humans?\b(?!-| (?:resources|rights|errors?|body))(?: beings?| agents?| operators?| colleagues?| help| support| representatives?)?|(?:someone|somebody|anyone) (?:real|human|alive|in person)"
    r"|(?:a |any )?member of (?:the |our |your )?staff|staff members?|flesh and blood|(?:the |your |our |some |any )?(?:staff|help ?desk|call cent(?:er|re)|customer (?:service|care|support)|hotline|support (?:team|desk))(?! member)|(?:some(?:one|body)|anyone|a colleague|a person) (?:from|at|in|on|of) (?:the |your |our |customer )?(?:staff|team|support|service|office|company|desk)|(?:support|service) (?:agents?|reps?\b|representatives?|staff)"
)
"""A human as against an assistant, in words that mean nothing else."""
_CLERK = r"(?:a |an |the |some )(?:person|operator|agent|representative|rep|manager|supervisor|employee|colleague|clerk)\b"
_BEGS = r"(?:ask(?! about)|demand|request|insist|beg|plead|crav|prefer|rather|(?<!\bi )(?<!\bwe )want|wish|cr[yi]|call(?:s|ed|ing)? for|clamou?r|long(?:s|ed|ing)? for|yearn|(?<!\bi )(?<!\bwe )need|shout|scream|transfer|escalat|connect|hand|pass|put (?:\w+ )?through|(?:speak|talk|spoke)(?:ing)? (?:to|with)|get hold)\w*"
_HANDED_OVER = (
    rf"{_BEGS}(?:\W+\w+){{0,7}}?\W+(?:{_HUMAN})(?: (?:instead|rather than|in place|and not|not)(?: of)?(?: (?:the|a|our|this|some))? ?(?:bot|chatbot|machine|robot|assistant|ai|computer)?\w*)?"
    rf"|(?:ask\w* for|asks?|demand\w*|request\w*|insist\w* on|beg\w* (?:for|to)|(?:put|transferred|connected|passed|handed)(?: (?:on|over|through))? (?:to|with)|(?:speak|talk) (?:to|with)|transfer\w* to|connect\w* (?:to|with)) (?:(?:speak|talk)(?:ing)? (?:to|with) |be (?:put|connected|transferred|passed|handed)(?: (?:on|over|through))? (?:to|with) )?{_CLERK}"
    r"|(?:handed|escalated) (?:over|to)|handover|hand-over|escalat(?:ed|ion|ions)|instead of (?:the|a|our|this) (?:bot|chatbot|machine|robot)"
)
_WITH_THE_MACHINE = (
    r"(?:with|of|at|by) (?:\w+ing (?:to )?)?(?:the |a |our |this |that |some )?(?:ro)?(?:bot|machine|chatbot|computer|ai|automat\w+)s?"
)
_MACHINE = r"(?:robots?|bots?|chatbots?|machines?|automat(?:on|a|ed replies)|computers?|ai)"
FELL_OVER = r"fail\w*|br(?:ea|o)k(?:s|e|en|ing)?(?: down)?|err(?:s|ed|ing|ored|oring)?(?: out)?|crash\w*|(?:fell|falls?|falling|fallen) (?:over|flat|down|apart|through)|(?:went|go(?:es)?|going|gone) (?:wrong|down|awry|south|haywire|belly[- ]up|bang)|bl[eo]w(?:s|n|ing)? up|chok(?:es|ed|ing)|di(?:es|ed)|tim(?:es|ed|ing) out|time-?outs?|bomb(?:s|ed)(?: out)?|conk(?:s|ed) out|g[ai]ve(?:s|n)? (?:up|an error)|(?:did|does|would)(?:n['’]t| not) (?:work|run|answer|respond)|not work(?:ing)?|malfunction\w*|c[ao]me(?:s)? back with an? error|(?:return|thr[eo]w|g[ao]t|hit|end)(?:s|ed|ing|n)?(?: up)?(?: in| with)? (?:an? )?(?:errors?|failures?)|(?:c[ao]me|comes) to grief|on the (?:blink|fritz)|act(?:s|ed|ing) up|stumbl\w*|trip(?:s|ped) up|keel(?:s|ed|ing) over|(?:crap|conk|flak|peter|bug|wimp)(?:s|k?ed|ped|ged|ing)? out|(?:screw|mess|cock|bugger|muck)(?:s|ed|ing)? up|(?:fell|falls|falling) on (?:its|their) (?:face|nose)s?|(?:packed|packs) (?:up|in)"
WENT_WELL = r"(?:went|goes?|gone|going|ran|runs?|end(?:ed|s)?|turn(?:ed|s)? out|came (?:back|out)) (?:\w+ )?(?:ok(?:ay)?|well|all right|alright|smoothly|through|as planned|according to plan)|(?:goes?|go|went|gone|comes?|came|gets?|got) through|without (?:an? |any )?(?:\w+ )?(?:errors?|failures?|faults?|hitch\w*|trouble|problems?|failing)|succe(?:ss\w*|ed\w*)|error-free|fine|clean(?:ly)?|worked(?: (?:out|as \w+))?|return(?:s|ed)? (?:ok|properly|normally)"
"""How a call is told that did not fail."""
_TOOL_FAILED = rf"(?:r[au]n into|hits?|hitting|bump\w* into|stumbl\w* (?:over|into|upon)|suffer\w*|me?t|encounter\w*) (?:an? |some |the )?(?:tool |function |api )?(?:errors?|failures?)|(?:with|had|having|where|a|any) (?:a |an )?(?:tool (?:failures?|errors?)|(?:failed|failing|broken|crashed|erroneous) (?:tool|function|api)s?(?: calls?)?)|(?:tools?|functions?|apis?)(?:['’]s)?(?: calls?| use)?(?: that| which)?(?: (?:had|has|have|was|were|is|are|simply|just|then|suddenly|itself|once|twice|would))* (?:{FELL_OVER})|(?:failed|failing|crashed|broken) (?:tool|function|api)(?: call)?s?|(?:tool|function|api) (?:errors?|failures?|crash\w*|outages?|time-?outs?)"
_RATED = r"(?:rat|scor|grad|mark|starr|judg|review|assess|evaluat)ed"
_MARK = r"(?:(?:star|user|customer) )?(?:ratings?|stars?|scores?|reviews?|verdicts?|marks?|grades?|votes?)(?! (?:of|below|above|under|over|worse|better|lower|higher|at (?:least|most)|than)\b)"
_NOBODY = r"nobody|no one|no-one|none|no (?:user|customer|person|client|soul|human)|not a (?:single )?(?:soul|person|user)|who didn['’]t"
_UNRATED = (
    rf"un(?:rated|scored|graded|reviewed|judged)|without (?:a |any |a single |ever getting a )?{_MARK}|(?:not|never|weren['’]t|wasn['’]t|n['’]t|without being|nowhere|yet to|(?:still )?(?:waiting|due) to) (?:actually |once |yet )?(?:be |been |being |ever |get(?:ting)? |got |gotten )*{_RATED}"
    rf"|(?:not|never|n['’]t) (?:\w+ )?(?:g[eo]t|gotten|receiv\w*|given|earn\w*|collect\w*|left|leave|ha[ds]|have|carry|attract\w*) (?:a |any |a single |one |their )?{_MARK}|(?:{_NOBODY})(?: \w+){{0,4}}? (?:{_RATED}|(?:rat|scor|grad|judg)(?:e|es|ing)|(?:mark|review)s?)|(?:{_NOBODY})(?: \w+){{0,3}} (?:g[ai]ve|left|leaves?|put|award\w*) (?:a |any |us a )?{_MARK}"
    rf"|no {_MARK}|(?:lack(?:s|ed|ing)?|miss(?:es|ing)?|remain\w* without|went without|go without|devoid of|minus) (?:a |any )?{_MARK}"
)
_SPANNED = (
    "handover",
    "repeated",
    "tool_failed",
    "unrated",
    "happy",
    "unhappy",
    "frustrated",
    "jailbreak_detected",
    "user_toxicity_detected",
    "hallucination_detected",
)
"""Conditions that are told in a whole phrase, whose words say nothing else."""

_VERY = r"(?:really|very|so|quite|pretty|particularly|especially|truly|rather|properly|seriously|completely|totally|utterly|spectacularly|particularly|all|extremely|awfully|dreadfully|exceptionally|proper)"
_ILL = r"badly|wrong|sideways|south|awry|pear[- ]shaped|off the rails|downhill|horribly|terribly|disastrously|to pieces|to pot|poorly|down the drain|haywire|belly[- ]up"
"""How a conversation went that went badly."""

_CONDITIONS: tuple[tuple[str, str], ...] = (
    ("negative", r"negative(?:ly)?\b(?! feedback)"),
    ("positive", r"positive(?:ly)?\b"),
    ("neutral", r"neutral\b"),
    ("frustrated", r"(?<!how )(?:very |highly |really )?(?:flip(?:s|ped|ping)? (?:out|(?:their|his|her) lid)|kick(?:ed|ing)? off at|(?:threw|throws?|throwing) an? (?:\w+ )?(?:fit|tantrum|wobbly|strop|hissy)(?: fit)?|(?:flew|fly|flies|flying) off the handle|(?:hits?|hitting) the (?:roof|ceiling)|bl(?:e|o)ws? (?:a gasket|a fuse|(?:their|his|her) (?:top|stack))|(?:saw|sees?|seeing) red|los(?:t|es?|ing) (?:it\b|(?:(?:their|his|her|all|any|the) )?(?:\w+ )?(?:temper|cool|rag|patience|composure|nerve))|ran out of patience|(?:ha[ds]|have|having|[\'’]d) (?:just |really )?(?:had )?(?:it|enough|it up to here)(?: up to here)? (?:with|of)|at (?:the end of (?:their|his|her) (?:tether|rope)|(?:their|his|her) wits['’]? end)|(?:shout|yell|scream)(?:ed|ing|s)? at|rag(?:ed|ing)|(?:went|goes|go|going) (?:ballistic|berserk|nuts)|hopping mad|livid|seething|fuming|incensed|irate|frustrated|angry|annoyed|furious|irritated|mad|enraged|outraged|infuriated|steaming|boiling(?: with rage| over)?|beside (?:themselves|himself|herself)|peeved|vexed|miffed|pissed(?: off)?|fed up|exasperated)\b(?! (?:are|is|were|was|do|did|does))"),
    ("unhappy", rf"(?<!how )(?:ended in tears|in a (?:huff|temper|strop|foul mood)|unhappy|upset|(?:was|were|felt|feels?|feeling|been) let down(?! by)|dissatisfied|disappointed|displeased|unsatisfied|disgruntled|grumpy|not happy|(?:bad|terrible|awful|poor|failed) (?:conversations?|chats?|dialogues?|sessions?|experiences?|interactions?)|(?:went|gone) (?:{_VERY} )?(?:{_ILL})(?: wrong)?|(?:goes|going) (?:{_VERY} )?(?:badly|pear[- ]shaped|off the rails|downhill|sideways)|(?:was|were|a|an|total|complete|utter|absolute) (?:disasters?|train ?wrecks?|car ?crash(?:es)?|shambles|catastrophes?|nightmares?|fiascos?)|end(?:ed|ing|s) (?:{_VERY} )?(?:badly|poorly|horribly|terribly|in disaster|in tears|in anger|on a (?:bad|sour|low) note)|turn(?:ed|s|ing) sour)\b(?! (?:are|is|were|was|do|did|does))"),
    ("happy", rf"(?<!how )(?<!less )(?<!more )(?:(?:a |some |any |the )?(?:compliments?|praise|kudos|kind words)|over the moon|on cloud nine|tickled pink|chuffed|thrilled|overjoyed|full of praise|singing our praises|happy|satisfied|delighted|pleased|(?:good|great|successful) (?:conversations?|chats?|dialogues?|sessions?|experiences?)|(?:went|gone) (?:{_VERY} )?(?:well|smoothly|swimmingly|great|brilliantly|superbly|like a dream)|end(?:ed|ing|s) (?:{_VERY} )?(?:well|happily|on a (?:good|high|happy|positive|cheerful) note|in smiles)|(?:user|customer|person|client|caller|visitor)s? (?:was |were |is |left |went away |walked away |being |end(?:ed|s|ing) up )?(?:content|happy|pleased|satisfied|delighted|thankful|grateful|glad|cheerful|smiling|contented|relieved|in good spirits)|(?:left|leaving|leaves|walked away|went away|parted|signed off|logged off|hung up) (?:\w+ )?(?:happy|pleased|satisfied|delighted|content|thankful|grateful|glad|cheerful|smiling|relieved|in good spirits|with (?:a )?(?:thanks?|smiles?|thank[- ]you)))\b(?! (?:are|is|were|was|do|did|does))"),
    ("unresolved", r"unresolved|not (?:been )?(?:resolved|solved)|never (?:resolved|solved)|without (?:being |getting |ever being )?(?:an? )?(?:resolved|solved|solution|resolution)|unsolved|did not get (?:resolved|solved)"),
    ("resolved", r"(?<!not )(?<!never )(?<!being )(?<!getting )(?:resolved|solved)\b"),
    ("abandoned", r"abandoned|gave up|given up|walked away|dropped off"),
    ("handover", _HANDED_OVER),
    ("repeated", r"repeat(?:ed|ing|s)? (?:(?:their|his|her|the|a) )?(?:(?:same|very same) )?(?:questions?|themsel\w+|himself|herself)|ask(?:ed|ing|s)? (?:twice|again|(?:the )?(?:very )?same (?:thing|question|stuff)?)(?: (?:twice|again|over(?: and over)?|several times|many times|repeatedly|more than once))*|(?:sa(?:y|id)|repeat(?:ed)?|tell|told|explain(?:ed)?|wr(?:i|o)te) (?:(?:it|everything|things|that|the same thing) )+(?:twice|again|over and over|several times)"),
    ("tool_failed", _TOOL_FAILED),
    ("flagged", r"flagged\b|safety (?:flags?|issues?)"),
    ("rated", r"(?:rated|scored|graded|reviewed) (?:us |it |them |the bot |anything )?(?:at all|in any way)|rated (?:%|percent\w*|share|part|fraction|portion|proportion)|(?:%|percent\w*|share|part|fraction|portion|proportion) (?:\w+ ){0,3}rated(?! (?:\d|below|above|under|over|at|one|two|three|four|five))|(?:with|ha(?:ve|s|d|ving)|carr(?:y|ies|ied|ying)|receiv\w*|g[eo]ts?|getting|gotten|leav\w*|left|g[ai]ven?|giving|bear|bears|contain\w*|earn\w*|attract\w*|end(?:s|ed|ing)? (?:up )?with|come with|comes with) (?:an? |any |some |their |its )?(?:star |customer |user |actual )?(?:ratings?|scores?|stars?|reviews?|marks?|grades?|votes?)\b(?! ?(?:(?:of|below|above|under|over|at|lower|higher|less|more|than|score|between|on average)\b|[=<>\d]|(?:\w+ )?(?:best|worst|lowest|highest|badly|well|one|two|three|four|five)))|(?:got|gets|get|were|are|was|been|being|is|actually|ever) (?:ever |actually )?(?:rated|scored|graded|reviewed|marked)\b(?! ?(?:(?:of|below|above|under|over|at|lower|higher|less|more|than|score|between|on average)\b|[=<>\d]|(?:\w+ )?(?:best|worst|lowest|highest|badly|well|one|two|three|four|five)))(?! by (?:plan|product|model|country))|(?:users?|customers?|people|clients?|they|rated) (?:have |ever |actually )?(?:rated|scored|graded|reviewed)(?= |\W|$)(?! (?:us|them|it|as|\w+ (?:higher|lower|best|worst)))|rating coverage|coverage of ratings|rating (?:participation|response)|bother\w* (?:to rate|rating)|(?:did|do|does|to) (?:\w+ ){0,2}rate(?! (?:us|them|it|him|our|\w+ (?:higher|lower|best|worst)))|rated (?:conversations?|chats?|dialogues?|sessions?|interactions?|threads?)"),
    ("unrated", _UNRATED),
    ("tool_used", r"(?:is|was|are|were|does|did|do|has|have|gets?|got) (?:a|any|some|at least one|one) (?:\w+ )?tools? (?:ever |actually |get |gets |been |being )*(?:called|used|invoked|needed|involved|triggered)|(?:mak|made)\w* use of (?:a |any |one of (?:its|the) )?tools?|us(?:e|es|ed|ing) (?:a |any |one of (?:its|the) |some )tools?|(?:a|any|some|one) (?:\w+ )?tool (?:is|was|were|gets?|got|has been) (?:ever )?(?:called|used|invoked|needed)|with (?:a |any |at least one )?tool (?:calls?|use)|(?:call|invok)(?:s|e|es|ed|ing)? (?:a |any |one of (?:its|the) |some )tools?|involv(?:e|es|ed|ing) (?:a |any )?tools?"),
    ("tool_unused", r"(?:not (?:a single|one|any)|no|without (?:a |any |using (?:a |any )?|calling (?:a |any )?)?|never (?:use[sd]?|call(?:s|ed)?) (?:a |any )?)\s*tools?(?: calls?| use)?|(?:did|do|does|was|were)(?: not|n['’]t) (?:use|call|need) (?:a |any )tools?"),
    ("commercial", r"(?:with )?(?:commercial|buying|purchase|sales) (?:intent|interest|signals?)"),
    ("jailbreak_detected", r"(?:con|conn|dup|hoodwink|bamboozl|bait|goad|bull(?:y|ied)|pressur|manipulat|tempt|nudg|hypnoti[sz])(?:e|es|ed|ing|s)? (?:[\w'’-]+ ){1,4}?into|jailbreak\w*|guard ?rails?|(?:hack|talk|coax|lure|trick|fool)\w* (?:\w+ )?(?:assistant|bot|model|ai)s?\b(?: (?:with words|out of|into))?(?= (?:with words|out of|into))|(?:talk|argu|coax|lur|trick|fool|sweet-?talk|persuad|convinc|cajol|\bcon(?:n(?:ed|ing)|s)?\b|hoodwink|dup(?:e|ed|ing)\b|bamboozl|wheedl|manipulat|goad|bait|provok|pressur|lead|get|jail|social-engineer|reason)\w* (?:[\w-]+ ){1,6}?(?:out of|around|past|into (?:break|ignor|forget|dropp|giv|reveal|leak|spill|abandon|bypass|overrid|cough|hand|divulg|disclos|expos|show|tell|print|repeat|recit|betray|blurt)\w*|to (?:cough|hand|divulge|disclose|expose|show|tell|print|repeat|recite|betray|blurt|break|ignore|forget|drop|reveal|leak|spill|abandon|bypass|override|disregard|give (?:up|away)))(?: [\w'’]+){0,3} (?:rules|instructions|guardrails|guidelines|restrictions|(?:system )?prompt|limits|orders|role|policy|policies|programming|secrets)|ignor(?:e|ing) (?:all |any |your |the )*(?:previous|prior) instructions|break(?:ing)? out|prompt injections?|(?:trick|fool|manipulat|outsmart|hack)\w* (?:the |our |your )?(?:bots?|assistants?|models?|ai|system)|(?:drop|ignor|bypass|break|overrid|circumvent|get around|getting around|evad)\w* (?:its|their|the|our|your|his|all|any)? ?(?:safety )?(?:rules|instructions|guardrails|guidelines|restrictions|system prompt)"),
    ("hallucination_detected", r"hallucinat\w*|(?:was|were|is|are|been|being|got|completely|totally|entirely|simply|just|plain) (?:\w+ )?(?:made[- ]up|invented|fabricated|concocted|out of thin air)|(?:made|makes?|making) (?:\w+ ){1,3}up\b(?! (?:its|their|his|her|my|for))|(?:made|makes?|making) up (?:\w+ )?(?:things?|stuff|facts?|answers?|policies|rules|numbers|information|something)|(?:invent|fabricat|confabulat)(?:e|ed|es|s|ing)\b|dream(?:t|ed|s)? (?:\w+ )?up"),
    ("user_toxicity_detected", r"rude (?:to|with|towards?|users?|customers?|people|visitors?|language|words?|messages?|remarks?|to us)|(?:any(?:one|body)|some(?:one|body)|users?|customers?|people|visitors?|who|that) (?:was|were|is|are|got|gets|became|being) (?:\w+ )?(?:rude|nasty|vulgar|foul|obscene)|(?:foul|bad|dirty|obscene|vulgar|strong) (?:language|words?|mouth\w*)|profan\w+|expletives?|f-words?|harass\w*|name[- ]call\w+|call(?:ed|ing|s)? (?:the |our )?(?:bot|assistant|it) (?:bad )?names|toxic\w*|abusive|abused?\b|insult(?:s|ed|ing)?|(?:swear(?:s|ing)?|swore|sworn)(?! (?:(?-i:[A-Z])\w*|it\b|the\b|our\b|this\b|he\b|she\b|they\b|we\b|i\b|blind|that|by|up and down|on|to (?:me|it)|black|it|he|she|they|we|i|this|there|his|her|their|our|those|these|nobody|everyone|everybody|hardly|hand on heart|(?:the )?NAME)\b)|curs(?:ed|ing)|cuss\w*|offensive"),
    ("missing_capability_detected", r"missing (?:capabilit(?:y|ies)|features?)|could not do|feature requests?"),
)  # fmt: skip


_MOODS = frozenset({"happy", "unhappy", "frustrated", "positive", "negative"})
_WHETHER = re.compile(
    r"(?:^\W*|[.?!:;,–—-]\s+|\b(?:and|so|but|now|ok|well|please|hey)\s+)(?:is|are|was|were|has|have|had|do|does|did|isn['’]t|aren['’]t|would you say|how)\b(?! (?:there|any|some|many|most|much|often)\b)"
    r"|\b(?:whether|if)\b(?=(?:\W+[\w.&'’-]+){0,6}?\W+(?:is|are|was|were|feels?|seems?|got|gets)\b)",
    re.I,
)
_WHAT_DID = re.compile(r"\bwhat (?:(?:most|mostly|mainly|really|especially|has|have|had|it is that|is it that) )*$", re.I)
_ITS_PEOPLE = re.compile(r" \w+ (?:ask|sa[iy]|want|talk|do|did|writ|wrot|tell|told|complain|have|are|were)", re.I)
_OF_WHOM = re.compile(r"\b(?:who|which|that|whose|where|with an?|how many|what)\b|[.?!:;]", re.I)
_SAID_OF = re.compile(
    r"\W*(?:$|[?.,;:!]|\b(?:with|about|at|over|by|in|on|of|lately|overall|enough|these|this|last|since|now|so far|right|to|and|or|nowadays|at all|here|there|currently|today|still)\b)",
    re.I,
)


def _asks_whether(text: str, match: re.Match) -> bool:
    """ "Is Acme happy with us? Average stars please": a mood that is asked about is none that chats are picked by."""
    if _WHAT_DID.search(text[: match.start()]) and not _ITS_PEOPLE.match(text[match.end() :]):
        return True  # "what annoyed customers most" is no adjective
    asked = list(_WHETHER.finditer(text[: match.start()]))
    return bool(asked) and not _OF_WHOM.search(text[asked[-1].end() : match.start()]) and bool(_SAID_OF.match(text[match.end() :]))


COMPLAINED = r"(?:how many|numbers? of|counts? of|total|tally of) (?:(?:the|our|all|different|of|user|customer|people|users|customers|folks|open|such) )*(?:complaints?|grievances|gripes|complain(?:ed|s)?)\b|how many (?:\w+ ){0,3}?(?:had|have|has|hit|ran into|run into|reported|report|experienced|faced|met) (?:\w+ )?(?:issues|problems|trouble|troubles|difficulties)\b"
"""Complaints and trouble that are counted, where nothing says about what."""


def told_in(slots: Slots) -> tuple[tuple[int, int], ...]:
    """Where the question tells a condition in a whole phrase: its words are no subject of conversations."""
    named = [] if not slots.of_kind("tool") else [FELL_OVER]
    patterns = [pattern for name, pattern in _CONDITIONS if name in _SPANNED] + named
    spans = [match.span() for pattern in patterns for match in re.finditer(rf"(?<!\w)(?:{pattern})(?!\w)", slots.text, re.I)]
    if slots.says(_HANDED_OVER):  # "fed up with the robot, wants a person": the assistant is no subject
        spans += [match.span() for match in re.finditer(rf"\b{_MACHINE}\b", slots.text, re.I)]
    return (*spans, *_came_to_grief(slots))


_MEANWHILE = r"(?:had|has|have|was|were|got|just|simply|then|suddenly|completely|totally|utterly|once|really|actually|clearly|again) "
_WORKED = r"(?:us|call|ran?|runs|work|invok|need|answer|succe|help|complet|finish|involv|appear|play|show|turn(?:ed|s)? up|came|come|happen|occur|trigger|fire|includ|featur|reach|carr|search|look|return|respond|deliver|book|check|found|set|cited|mention|consult|sav|solv)"
_GAVE_OUT = rf"\s+(?:{_MEANWHILE})*((?!{_WORKED})[a-z]+ (?:out|up|down|over|apart|under|off)\b(?: on \w+)?|(?!{_WORKED})[a-z]{{3,}}ed\b(?! (?:by|in|on|at|for|with|to)\b))"
_IN_WHICH = r"(?:in which|where|when|in that|during which|because|that|as|while|after)\W+(?:the |our )?(?:tool )?[`\"']?$"


def _came_to_grief(slots: Slots) -> list[tuple[int, int]]:
    """Where the question says what a named tool did in a conversation, in words that are not of its use: "in which X crapped out"."""
    found = []
    for link in slots.of_kind("tool"):
        did = re.match(_GAVE_OUT, slots.text[link.end :], re.I)
        if did and re.search(_IN_WHICH, slots.text[: link.start], re.I):
            found.append((link.end + did.start(1), link.end + did.end(1)))
    return found


def conditions(slots: Slots) -> tuple[str, ...]:
    """Facts that the question asks of each conversation, from its adjectives."""
    spans = [(hit.start, hit.end) for hit in slots.hits if hit.kind == "extreme"]
    found = []
    for name, pattern in _CONDITIONS:
        match = slots.says(pattern)
        if match and name in _MOODS and _asks_whether(slots.text, match):
            continue
        if match and not any(start < match.end() and match.start() < end for start, end in spans):
            found.append(name)
    if "unhappy" in found and "happy" in found and not slots.says(r"(?<!not )(?<!un)happy (?:users?|customers?|people)"):
        found.remove("happy")
    if (
        "tool_failed" not in found
        and slots.of_kind("tool")
        and (
            _came_to_grief(slots) or slots.says(rf"{FELL_OVER}|{BROKEN}|(?:hit|bitten|stung|affected|let down) by|let (?:\w+ ){{0,2}}down")
        )
    ):
        found.append("tool_failed")
    if comments_counted(slots):
        found = [name for name in found if name != "rated"] + ["commented"]
    if "rated" in found and (
        "unrated" in found
        or slots.thresholds
        or not slots.says(
            r"how many|how often|numbers?|count|shares?|percent\w*|proportion|fraction|portion|part|coverage|%|how (?:large|big)"
        )
    ):
        found.remove("rated")
    if (
        not {"unhappy", "negative", "frustrated"} & set(found)
        and not (slots.subject or slots.of_kind("tool", "topic"))
        and slots.says(COMPLAINED)
    ):
        found.append("unhappy")  # "how many complaints did X get"
    if slots.of_kind("tool") and "unhappy" in found and slots.says(rf"(?:went|gone|goes) (?:{_VERY} )?(?:{_ILL})"):
        found.remove("unhappy")  # the calls did
    if OF_RATINGS.search(slots.text) and not {"rated", "unrated"} & set(found):
        found.append("rated")
    if "tool_unused" in found and "tool_used" in found:
        found.remove("tool_used")
    if "handover" in found and slots.says(_WITH_THE_MACHINE):
        found = [name for name in found if name not in ("frustrated", "unhappy")]  # the reason for it, told in passing
    if "unresolved" in found and "resolved" in found:
        found.remove("resolved")
    return tuple(found)
