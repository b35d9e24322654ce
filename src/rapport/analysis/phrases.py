"""Wordings that carry a signal in service dialogue, in English. One table, so that every measure means the same by a word.

Each is a pattern over masked text. They were written from how people talk to support, shops, banks and booking desks, and are
only cues: the measures weigh several of them. Names are the signal names that evidence carries.
"""

import re
from collections.abc import Iterator

from rapport.domain.analysis import Evidence


def layout(pattern: str) -> re.Pattern[str]:
    """Reads a pattern that is laid out for the eye: ` | ` and line ends separate, the outermost group is padded, any other space is white
    space in the text, an apostrophe is optional."""
    pattern = re.sub(r"\s*\n\s*", " ", pattern).replace(" | ", "|").replace("(?: ", "(?:", 1)
    pattern = ")".join(pattern.rsplit(" )", 1))
    return re.compile(pattern.replace("'", "['’]?").replace(" ", r"\s+"), re.IGNORECASE)


_CANNOT = r"(?:can\s?not|can't|could not|couldn't|(?:am|are|is|was|were|'m|'re) (?:not able|unable)|unable to|won't be able|wasn't able)"

# What an assistant says.
APOLOGY = layout(r"\b(?: sorry | apolog\w+ | regret(?:ful)?ly? | unfortunately | i'm afraid | sadly )\b")
FAILURE = layout(
    rf"""\b(?: (?<!you\x20)(?<!they\x20){_CANNOT} | un-?successful | not successful | fail(?:ed|s|ure)? | (?:an?|internal|server|unexpected) error | went wrong
      | (?:technical|system) (?:issue|problem|difficult)\w* | not (?:possible|supported|working) | (?:isn't|aren't) (?:possible|supported|able|working)
      | (?:i|we) (?:don't|do not) (?:know|have an? (?:answer|idea)) | declined | timed? out | (?:did|does|do)(?:n't| not) (?:exist|go through|work) )\b"""
)
"""Something that was tried, or that the assistant was asked to do, did not work."""
NOTHING_FOUND = layout(
    r"""\b(?: not (?:find|found) | fully booked | booked (?:up|solid) | sold out | out of stock
      | no (?:\w+ ){0,4}(?:availability|match\w*|found|results?|records?|openings?|vacanc\w+|free (?:slots?|seats?|rooms?|tables?)) | no (?:\w+ ){1,3}(?:available|left|remaining|options?)
      | (?:no|not have|n't have) (?:any |that |enough |more )?(?:information|info|details?) | nothing (?:available|match\w*|found|fits?|in|under|left)
      | there(?:'s| (?:are|is|were|was)) (?:currently |unfortunately |sadly |just |really )?(?:none|nothing|not any(?:thing)?)\b
      | none (?:of (?:the|these|those|our|my|your|them)|available|are|were|that|left|found|match\w*) | (?:doesn't|does not|don't|do not) (?:look|seem) like
      | (?:i|we)(?: currently)? (?:don't|do not|didn't|did not) (?:currently |actually )?(?:see|find|show|locate)
      | (?:do|does|did)(?:n't| not) (?:find|match|come up|fit) )\b"""
)
"""A search came back empty, or what was asked for is gone."""
ABSENT = layout(
    r"""\b(?: there(?:'s| (?:are|is|were|was)) (?:currently |unfortunately |sadly |just |really )?(?:no|not)\b | there (?:aren't|isn't|weren't|wasn't)
      | no (?:more|other|such|further) | (?:have|has|had|see|found) no | (?:do|does|did)(?:n't| not) (?:currently |actually )?(?:have|offer|serve|allow|accept|provide|support|include|carry)
      | (?:not|isn't|aren't|wasn't|weren't)(?: currently)? (?:allowed|permitted|offered|included|available) | unavailable | (?:you|they) (?:can\s?not|can't) )\b"""
)
"""Something is not there or not done: an empty search where the user searched, plain information where the user asked about a thing."""
MISUNDERSTOOD = layout(
    r"""\b(?: (?:did|do)(?: not|n't) (?:quite )?(?:understand|catch|get that) | not sure (?:i understand|what you mean)
      | (?:could|can) you (?:please )?(?:rephrase|repeat|clarify|say that again) | having trouble understanding | misunderst\w+ )"""
)
DONE = layout(
    r"""\b(?: (?<!not\x20)success\w* | (?:is|are|been|was|now|all) (?:booked|confirmed|reserved|scheduled|set|done|updated|cancelled|processed|refunded|sent|fixed|resolved)
      | (?:i|we)(?:'ve| have) (?:booked|reserved|made (?:the|your|a|an|that) (?:reservation|booking|appointment|payment|transfer|change)|set|rented|bought|ordered|created|paid|transferred|completed|confirmed|sent|updated|changed|cancelled|refunded|issued|added|fixed|reset|scheduled|processed|placed)
      | confirmation (?:number|code|email) | reference (?:number|code|is) | that's done )"""
)

# What a user says.
SEARCHING = layout(
    r"""\b(?: (?:find|search|look(?:ing)?|show|list|recommend|suggest|book|reserve|order|buy|get|locate|track|check|browse|cancel|change|rent|play|schedule|arrange)(?:ing)?\b
      | (?:i|we)(?:'d| would|'m| am|'re| are)? (?:really |also |still )?(?:need|want|like|prefer|require|hoping for|after|interested in)
      | (?:any|some|another|other) \w+ | how about | what about | is there anything | options | alternatives? | available | which )\b"""
)
"""A request to look for something or to do something, rather than a question about a thing: "is there a pool?" is none."""
THANKS = layout(
    r"\b(?: (?:thank\w*|thanks)(?! (?:you )?(?:so much |a lot |very much )?(?:for nothing|in advance)) | thx | tysm | ty | appreciate\w* | cheers | grateful )\b"
)
PRAISE = layout(
    r"""\b(?<!not\x20)(?<!no\x20)(?<!\ba\x20)(?<!\ban\x20)(?<!\bany\x20)(?<!\bsome\x20)(?: great | perfect(?:ly)? | awesome | excellent | wonderful | fantastic | amazing | brilliant | superb | lovely | love (?:it|that|this)
      | sounds (?:good|great|nice|lovely|perfect) | (?:that|it|this|all|everything)(?:'s| is)? (?:now )?(?:work(?:s|ed|ing)|helps|helped|fixed|solved)(?: (?:now|it))?
      | very helpful | so helpful | works (?:now|great|perfectly) | that (?:fixed|solved|did) (?:it|the) | nice | good )\b"""
)
CLOSING = layout(
    r"""\b(?: that's (?:all|it|everything)(?! you) | that is (?:all|it|everything)(?! you) | that will be (?:all|it) | (?:good)?bye | see you | have a (?:good|great|nice|lovely|wonderful)
      | i'm (?:all set|good (?:now|for now)) | all set | nothing (?:else|more) | (?:all|everything) (?:that )?i need(?:ed)? | all for (?:now|today) )\b"""
)
ACCEPT = layout(
    r"^\W*(?: yes | yeah | yep | yup | sure | ok(?:ay)? | alright | absolutely | definitely | please do | correct | right | that works | sounds good )\b"
)
DENY = layout(
    r"^\W*(?: no(?! (?:thank|problem|worries|that's|that is|more|further|,? thank)) | nope | nah | not really | i don't think so )\b"
)
NEGATION = layout(
    r"\b(?: no | not | none | nothing | never | neither | nor | without | cannot | \w+n[\x27’]t | dont | doesnt | didnt | cant | wont | isnt )\b"
)
CORRECTION = layout(
    r"""\b(?: not what i | (?:that|this|it)(?:'s| is| was)? (?:not|n't) (?:right|correct|what|it|true|the one|my) | (?:that|this|it) (?:isn't|wasn't) (?:right|correct|what|it|true|the one|my)
      | (?:you(?:'re| are)?|that's|this is|that is|it's|the|got (?:it|that|the)|gave me the|is) (?:\w+ )?wrong | incorrect | i (?:said|meant|already|told you|did say|never (?:said|asked)) | as i (?:said|mentioned)
      | (?:i )?asked (?:for|you|about)\b | misunderst\w+ | mistake | you (?:didn't|did not|don't|aren't|are not|never|keep|forgot|missed|ignored)
      | instead of | didn't (?:answer|ask|help|work) | actually | no,? i (?:want|need|mean|said|asked|would) | that (?:doesn't|does not|didn't|did not) (?:answer|help|work|make|fix|solve) )\b"""
)
INSISTING = layout(
    r"""\b(?: again | still | are you sure | double[- ]?check | check (?:again|once) | try (?:again|it again|once more|another|a different) | once more | really need | any(?:thing)? (?:at all|else|other)
      | keeps? \w+ing | yet again | second time | third time | i insist | could have sworn | pretty sure )\b"""
)
ALTERNATIVE = layout(
    r"""\b(?: (?:how|what) about | what if | instead | another | (?:a|any|some) (?:other|different) | or else | otherwise | then (?:try|find|let's|can|could|how|what)
      | (?:is|are) there any(?:thing)? | settle for | never mind | forget (?:it|about|that) | in that case | i guess )\b"""
)
DISAPPOINTED = layout(
    r"\b(?: too bad | oh no | disappoint\w* | hm+\b | ugh+ | darn | bummer | that sucks | that's a (?:shame|pity) | what a shame | oh well | oh dear | unfortunately )"
)
CONFUSED = layout(
    r"""\b(?: confus\w+ | (?:do|did)(?: not|n't) understand | what do you mean | what does that mean | makes? no sense | doesn't make (?:any )?sense | not sure (?:how|what|why|where|i|if)
      | i'm lost | (?:can't|cannot|couldn't) (?:find|figure|see|work out) | no idea | unclear | huh\b )"""
)
ANGER = layout(
    r"""\b(?: ridiculous | unacceptable | useless | pathetic | disgust\w+ | outrag\w+ | furious | angry | livid | worst | horrible | horrendous | awful | terribl[ey] | (?:a|total|complete) joke | scam\w* | rip[- ]?off | incompetent
      | (?:waste|wasting|wasted) (?:of )?(?:my )?(?:time|money) | fed up | sick (?:and tired )?of | had enough | wtf | (?:what|why) the (?:hell|heck|fuck)\w* | bullshit | shit(?:ty)? | fuck\w* | damn | hell is
      | never (?:using|buying|coming|again) | shame on | lawyer | sue\b | hate (?:this|your|it|you) | garbage | trash | for nothing )\b"""
)
FRUSTRATED = layout(
    r"""\b(?: frustrat\w+ | annoy\w+ | irritat\w+ | (?:do|does|did|is|are|was)(?: not|n't) (?:work|help|fix)\w* | (?:won't|will not) (?:work|load|open|start|let|accept) | not (?:work|help)(?:ing|ful)
      | again and again | over and over | (?:for the )?(?:second|third|fourth|fifth|\d+(?:nd|rd|th)) time | how many times | (?:several|multiple|many) times | keeps? (?:happening|failing|crash\w*|saying|asking|telling|giving|getting|log\w*|disconnect\w*)
      | (?:waiting|waited|on hold)\b | no\s?(?:one|body) (?:answer|respond|help|repl|call)\w* | (?:no|any) (?:answer|response|reply|update) (?:yet|so far|from) | tired of | going (?:around )?in circles | nothing (?:work|help|happen)\w* | still (?:not|no|n't|haven't|hasn't|waiting|broken|doesn't|isn't|can't|getting|does) | why (?:can't|won't|doesn't|is it so|do i have) | same (?:error|problem|issue|answer|thing) | give up | giving up | (?:out of|losing my|lost my) patience | (?:so |this )(?:hard|difficult|slow|complicated) )\b"""
)
PROBLEM = layout(
    r"""\b(?: problem\w* | issue\w* | error\w* | broken | bug\w* | crash\w* | fail(?:s|ed|ing|ure)? | stuck | missing | lost | stolen | wrong | declined | rejected | charged (?:twice|me twice|double) | double[- ]charged? | overcharged
      | never (?:arrived|received|got|came) | (?:hasn't|haven't|didn't|not) (?:arrived|received?|got|get|gone through|come|show\w*) | late | delayed | damaged | defective | locked out | outage | down )\b"""
)
WORRY = layout(
    r"\b(?: worri\w+ | concern\w* | afraid | scared | nervous | anxious | panic\w* | urgent(?:ly)? | asap | emergency | desperate(?:ly)? | fraud\w* | hacked | compromised )\b"
)
URGENT_LEAVING = layout(
    r"""\b(?: (?:cancel|close|delete|terminate|end) (?:my|our|the|this) (?:\w+ )?(?:subscription|account|plan|membership|contract|service) | switch(?:ing)? to (?:a |an |your )?(?:another|competitor|different (?:provider|company|service)) | (?:going|taking|move|moving) (?:my business )?elsewhere | unsubscribe | (?:want|demand|need|get) (?:a |my )?(?:full )?(?:refund|money back) | not renew\w* | won't (?:be )?renew\w* )"""
)


def find(pattern: re.Pattern[str], signal: str, seq: int, text: str, strength: float = 1.0) -> Iterator[Evidence]:
    """The first place where a wording occurs, as evidence, or nothing."""
    found = pattern.search(text)
    if found and found[0].strip():
        yield Evidence(signal=signal, seq=seq, start=found.start(), end=found.end(), text=found[0], strength=strength)
