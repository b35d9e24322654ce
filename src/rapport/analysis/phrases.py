"""Wordings that carry a signal in service dialogue, in English. One table, so that every measure means the same by a word.

Each is a pattern over masked text. They were written from how people talk to support, shops, banks and booking desks, and are
only cues: the measures weigh several of them. Names are the signal names that evidence carries.
"""

import re
from collections.abc import Iterator

from rapport.domain.analysis import Evidence


def _compile(pattern: str) -> re.Pattern[str]:
    """Reads a pattern that is laid out for the eye: ` | ` and line ends separate, a space is any white space, an apostrophe is optional."""
    pattern = re.sub(r"\s*\n\s*", " ", pattern).replace(" | ", "|").replace("(?: ", "(?:").replace(" )", ")")
    return re.compile(pattern.replace("'", "['’]?").replace(" ", r"\s+"), re.IGNORECASE)


_CANNOT = r"(?:can\s?not|can't|could not|couldn't|(?:am|are|is|was|were|'m|'re) (?:not able|unable)|unable to|won't be able|wasn't able)"

# What an assistant says.
APOLOGY = _compile(r"\b(?: sorry | apolog\w+ | regret(?:ful)?ly? | unfortunately | i'm afraid | sadly )\b")
FAILURE = _compile(
    rf"""\b(?: {_CANNOT} | un-?successful | not successful | fail(?:ed|s|ure)? | (?:an?|internal|server|unexpected) error | went wrong
      | (?:technical|system) (?:issue|problem|difficult)\w* | not (?:find|found|possible|available|supported|allowed|permitted|currently)
      | unavailable | fully booked | booked (?:up|solid) | sold out | out of stock | declined | timed? out | not working
      | no (?:\w+ ){{0,4}}(?:available|availability|match\w*|found|results?|options?|record|openings?|vacanc\w+)
      | nothing (?:available|match\w*|found|fits?|in) | none (?:of|available|are|were|that)
      | there (?:are|is|were|was) (?:no|not|none)\b | there (?:aren't|isn't|weren't|wasn't)
      | (?:do|does|did)(?: not|n't) (?:have|offer|see|support|match|find|serve|allow|accept|provide|show|appear|seem|recognize|exist|go through)
      | (?:isn't|aren't|is not|are not) (?:available|possible|supported|any|able)
      | doesn't (?:look|seem) like | no such )\b"""
)
MISUNDERSTOOD = _compile(
    r"""\b(?: (?:did|do)(?: not|n't) (?:quite )?(?:understand|catch|get that) | not sure (?:i understand|what you mean)
      | (?:could|can) you (?:please )?(?:rephrase|repeat|clarify|say that again) | having trouble understanding | misunderst\w+ )"""
)
DONE = _compile(
    r"""\b(?: success\w* | (?:is|are|been|was|now|all) (?:booked|confirmed|reserved|scheduled|set|done|updated|cancelled|processed|refunded|sent|fixed|resolved)
      | (?:i|we)(?:'ve| have) (?:booked|reserved|sent|updated|changed|cancelled|refunded|issued|added|fixed|reset|scheduled|processed|placed)
      | confirmation (?:number|code|email) | reference (?:number|code|is) | that's done )"""
)

# What a user says.
THANKS = _compile(
    r"\b(?: (?:thank\w*|thanks)(?! (?:you )?(?:so much |a lot |very much )?for nothing) | thx | tysm | ty | appreciate\w* | cheers | grateful )\b"
)
PRAISE = _compile(
    r"""\b(?<!not\x20)(?<!no\x20)(?: great | perfect(?:ly)? | awesome | excellent | wonderful | fantastic | amazing | brilliant | superb | lovely | love (?:it|that|this)
      | sounds (?:good|great|nice|lovely|perfect) | (?:that|it|this|all|everything)(?:'s| is)? (?:now )?(?:work(?:s|ed|ing)|helps|helped|fixed|solved)(?: (?:now|it))?
      | very helpful | so helpful | works (?:now|great|perfectly) | that (?:fixed|solved|did) (?:it|the) | nice | good )\b"""
)
CLOSING = _compile(
    r"""\b(?: that's (?:all|it|everything)(?! you) | that is (?:all|it|everything)(?! you) | that will be (?:all|it) | (?:good)?bye | see you | have a (?:good|great|nice|lovely|wonderful)
      | i'm (?:all set|good (?:now|for now)) | all set | nothing (?:else|more) | (?:all|everything) (?:that )?i need(?:ed)? | all for (?:now|today) )\b"""
)
ACCEPT = _compile(
    r"^\W*(?: yes | yeah | yep | yup | sure | ok(?:ay)? | alright | absolutely | definitely | please do | correct | right | that works | sounds good )\b"
)
DENY = _compile(
    r"^\W*(?: no(?! (?:thank|problem|worries|that's|that is|more|further|,? thank)) | nope | nah | not really | i don't think so )\b"
)
NEGATION = _compile(
    r"\b(?: no | not | none | nothing | never | neither | nor | without | cannot | \w+n[\x27’]t | dont | doesnt | didnt | cant | wont | isnt )\b"
)
CORRECTION = _compile(
    r"""\b(?: not what i | (?:that|this|it)(?:'s| is| was)? (?:not|n't) (?:right|correct|what|it|true|the one|my) | (?:that|this|it) (?:isn't|wasn't) (?:right|correct|what|it|true|the one|my)
      | (?:you(?:'re| are)?|that's|this is|that is|it's|the|got (?:it|that|the)|gave me the|is) (?:\w+ )?wrong | incorrect | i (?:said|meant|already|told you|did say|never (?:said|asked)) | as i (?:said|mentioned)
      | (?:i )?asked (?:for|you|about)\b | misunderst\w+ | mistake | you (?:didn't|did not|don't|aren't|are not|never|keep|forgot|missed|ignored)
      | instead of | didn't (?:answer|ask|help|work) | actually | no,? i (?:want|need|mean|said|asked|would) | that (?:doesn't|does not|didn't|did not) (?:answer|help|work|make|fix|solve) )\b"""
)
INSISTING = _compile(
    r"""\b(?: again | still | are you sure | double[- ]?check | check (?:again|once) | try (?:again|it again|once more|another|a different) | once more | really need | any(?:thing)? (?:at all|else|other)
      | keeps? \w+ing | yet again | second time | third time | i insist | could have sworn | pretty sure )\b"""
)
ALTERNATIVE = _compile(
    r"""\b(?: (?:how|what) about | what if | instead | another | (?:a|any|some) (?:other|different) | or else | otherwise | then (?:try|find|let's|can|could|how|what)
      | (?:is|are) there any(?:thing)? | settle for | never mind | forget (?:it|about|that) | in that case | i guess )\b"""
)
DISAPPOINTED = _compile(
    r"\b(?: too bad | oh no | disappoint\w* | hm+\b | ugh+ | darn | bummer | that sucks | that's a (?:shame|pity) | what a shame | oh well | oh dear | unfortunately )"
)
CONFUSED = _compile(
    r"""\b(?: confus\w+ | (?:do|did)(?: not|n't) understand | what do you mean | what does that mean | makes? no sense | doesn't make (?:any )?sense | not sure (?:how|what|why|where|i|if)
      | i'm lost | (?:can't|cannot|couldn't) (?:find|figure|see|work out) | no idea | unclear | huh\b )"""
)
ANGER = _compile(
    r"""\b(?: ridiculous | unacceptable | useless | pathetic | disgust\w+ | outrag\w+ | furious | angry | livid | worst | horrible | horrendous | awful | terribl[ey] | (?:a|total|complete) joke | scam\w* | rip[- ]?off | incompetent
      | (?:waste|wasting|wasted) (?:of )?(?:my )?(?:time|money) | fed up | sick (?:and tired )?of | had enough | wtf | (?:what|why) the (?:hell|heck|fuck)\w* | bullshit | shit(?:ty)? | fuck\w* | damn | hell is
      | never (?:using|buying|coming|again) | shame on | lawyer | sue\b | hate (?:this|your|it|you) | garbage | trash | for nothing )\b"""
)
FRUSTRATED = _compile(
    r"""\b(?: frustrat\w+ | annoy\w+ | irritat\w+ | (?:do|does|did|is|are|was)(?: not|n't) (?:work|help|fix)\w* | (?:won't|will not) (?:work|load|open|start|let|accept) | not (?:work|help)(?:ing|ful)
      | again and again | over and over | (?:for the )?(?:second|third|fourth|fifth|\d+(?:nd|rd|th)) time | how many times | (?:several|multiple|many) times | keeps? (?:happening|failing|crash\w*|saying|asking|telling|giving|getting|log\w*|disconnect\w*)
      | (?:waiting|waited|on hold)\b | no\s?(?:one|body) (?:answer|respond|help|repl|call)\w* | (?:no|any) (?:answer|response|reply|update) (?:yet|so far|from) | tired of | going (?:around )?in circles | nothing (?:work|help|happen)\w* | still (?:not|no|n't|haven't|hasn't|waiting|broken|doesn't|isn't|can't|getting|does) | why (?:can't|won't|doesn't|is it so|do i have) | same (?:error|problem|issue|answer|thing) | give up | giving up | (?:out of|losing my|lost my) patience | (?:so |this )(?:hard|difficult|slow|complicated) )\b"""
)
PROBLEM = _compile(
    r"""\b(?: problem\w* | issue\w* | error\w* | broken | bug\w* | crash\w* | fail(?:s|ed|ing|ure)? | stuck | missing | lost | stolen | wrong | declined | rejected | charged (?:twice|me twice|double) | double[- ]charged? | overcharged
      | never (?:arrived|received|got|came) | (?:hasn't|haven't|didn't|not) (?:arrived|received?|got|get|gone through|come|show\w*) | late | delayed | damaged | defective | locked out | outage | down )\b"""
)
WORRY = _compile(
    r"\b(?: worri\w+ | concern\w* | afraid | scared | nervous | anxious | panic\w* | urgent(?:ly)? | asap | emergency | desperate(?:ly)? | fraud\w* | hacked | compromised )\b"
)
HANDOVER = _compile(
    r"""\b(?: (?:(?:speak|talk|chat|connect|escalate|put|get|pass|hand)\w* (?:me |us |this |it |over |through )*|transfer\w* (?:me |us |this )(?:over |through )?)(?:to|with) (?:an? |the |your |some(?:one|body)\b\s?|real |live |actual |human |another )*(?:human|agent|person|people|representative|rep|manager|supervisor|operator|someone|somebody|advisor|specialist|staff|support team|customer (?:service|support|care))
      | (?:need|want|give me|get me|like|is there) (?:an? )?(?:real|live|actual|human)\b(?:\s(?:human|agent|person|being|representative|support|help))? | (?:real|live) (?:human|person|agent) | human (?:agent|being|please|support|help) | (?:human|agent|operator|representative|manager)\W{1,3}(?:please|now) | (?:call|phone) me back | callback )"""
)
URGENT_LEAVING = _compile(
    r"""\b(?: (?:cancel|close|delete|terminate|end) (?:my|our|the|this) (?:\w+ )?(?:subscription|account|plan|membership|contract|service) | switch(?:ing)? to (?:a |an |your )?(?:another|competitor|different (?:provider|company|service)) | (?:going|taking|move|moving) (?:my business )?elsewhere | unsubscribe | (?:want|demand|need|get) (?:a |my )?(?:full )?(?:refund|money back) | not renew\w* | won't (?:be )?renew\w* )"""
)


def find(pattern: re.Pattern[str], signal: str, seq: int, text: str, strength: float = 1.0) -> Iterator[Evidence]:
    """The first place where a wording occurs, as evidence, or nothing."""
    found = pattern.search(text)
    if found and found[0].strip():
        yield Evidence(signal=signal, seq=seq, start=found.start(), end=found.end(), text=found[0], strength=strength)
