"""Words of a question that nothing is looked for by: turns of phrase, and sentences about oneself beside the one that asks."""

import itertools
import re

from rapport.analyst.planner.words import Word, sentences

TURNS_OF_PHRASE = re.compile(
    r"\b(?:any chance(?: (?:of|for|to (?:get|see|have)|(?:that )?(?:i|we|you) (?:can|could|might)))?|as a rule|(?:tak|took|suffer)\w* (?:an? |the )?(?:\w+ )?(?:hit|knock|beating|battering|hammering|tumble|dive|nosedive|plunge|pounding|turn for the \w+)|(?:pop|crop|turn|show|com|spring)(?:s|ped|ed|ing|es)? up|came up|crap(?:s|ped)? out|instead(?: of)?|rather than|in (?:the )?first place|in touch|touch base|by and large|at large|for good(?: measure)?|on the (?:blink|fritz|nose|dot|whole|fly|hop|spot|quiet|ground)|(?:is|are) (?:all i need|plenty|enough|fine)|"
    r"(?:from )?the horse['’]s mouth|near enough|or thereabouts|give or take|take the brunt|took the brunt|went mental|go(?:es|ing)? mental|(?:fall|fell|falls|fallen|falling) (?:flat|over|apart|short|down)|dig (?:me |us )?(?:out|up)|fish (?:me |us )?out|"
    r"hunt (?:me |us )?down|dish (?:me |us )?up|rustle up|chuck (?:me|us)|throw (?:me|us)|hit me with|i can bear it|rough(?:ly)? speaking|(?:pretend|imagine|suppose)(?= (?:that )?(?:it|they|he|she|we|(?-i:[A-Z]))\b)|(?:pretend|imagine|suppose)(?= (?-i:[A-Z]))|(?:a|an) special case|(?:on|at|from) (?:our|your|their|my) (?:end|side)|(?:a?round|about|back) (?:then|that time)|act(?:s|ed|ing) (?:up|different(?:ly)?|weird(?:ly)?|odd(?:ly)?|strange(?:ly)?|funny)|flip(?:s|ped|ping)? (?:out|(?:their|his|her) lid)|kick(?:s|ed|ing)? off(?= at| on|\W|$)|(?:threw|throws?|throwing) (?:a |an )(?:\w+ )?(?:fit|tantrum|wobbly|strop|hissy)|(?:had|have|has|having) (?:it|enough)(?: up to here)?(?= with|\W|$)|(?:all )?(?:went|go|goes|going|gone) (?:\w+ )?(?:pear-shaped|south|sideways|awry|downhill|to pieces|to pot|belly up|off the rails)|(?:any|some|a|the) (?:technical|good|obvious|particular|plausible|underlying|real|root|apparent) (?=reasons?|causes?|explanations?|culprits?)|so to speak|(?:pain|sore|sticking|talking) points?|if you like|to boot|into the bargain|on top of (?:that|it)|in a nutshell|cut to the chase|"
    r"to hand|at hand|for the time being|once and for all|all in all|back (?:it|this|that) up|in (?:so many|other|their own|plain) words|word for word|letter for letter|chapter and verse|one way or (?:the other|another)|bar none|of late|to date|"
    r"off the top of|on (?:the )?(?:support|shop) floor|round about|on record|poor devil|good soul|in so far as|to speak of|over the moon|on cloud nine|tickled pink|singing our praises|full of praise|(?:ended )?in tears|in a (?:huff|temper|strop)|off the handle|(?:hits?|hitting) the (?:roof|ceiling)|a gasket|a fuse|(?:their|his|her) (?:top|stack|temper|cool|rag)|belly up|(?:trot|dredge|dish|ferret|smoke|root) (?:me |us )?(?:out|up)|(?:the )?(?:skinny|cream of the crop|pick of the bunch)|(?:flew|saw|sees|blew|lost|went|goes) (?=off|red|a |it|their|his|her|ballistic|berserk|nuts)|flesh[- ]and[- ]blood(?: \w+)?|begging|(?:living|real|live|actual|breathing|flesh[- ]and[- ]blood)(?:[ ,]+(?:and )?(?:living|breathing|human|fellow))*[ ,]+(?:humans?|persons?|being)|as (?:good|well) as|when it comes to|at (?:the )?(?:very )?(?:least|most)|if anything|of all|for once|at (?:a|one) (?:glance|go|stretch)|no end|to the letter)\b",
    re.I,
)
"""Turns of phrase that no conversation is about."""
_STATES = re.compile(
    r"\W*(?:(?:and|but|so|well|ok(?:ay)?|now|because|since)\W+)*(?:i|i['’](?:m|ve|d|ll)|we|we['’](?:re|ve|d|ll)|my|our|it|it['’]s|this|there|there['’]s|having|feeling|what an?|been an?)\b(?![^?]*\?)",
    re.I,
)
_WISHES = re.compile(
    r"\b(?:want|need|like|love|looking|search\w*|interested|after|wonder\w*|curious|know|see|show|hear\w*|heard|overhear\w*|tell|told|complain\w*|mention\w*|say|says|said|saying|ask\w*|talk\w*|report\w*|about|notic\w*|mean|shipped|launched|released|changed|introduced)\b",
    re.I,
)
"""A sentence about oneself that still tells what is looked for, or what happened to the product."""


NOT_SO = r"(?:n['’]t|\bnot|\bnever)\s+(?:(?:all that|so|very|too|exactly|really|particularly|especially|quite|be|been)\s+)*(?:gentle|happy|kind|nice|pleased|satisfied|content|impressed|delighted|thrilled|comfortable|friendly|patient|generous|keen|fond|good|great|amused|enamou?red|taken|glad|lenient|soft|polite|merciful|in love|at ease|on good terms|getting on|getting along|get on|get along|cope|coping)\b"
"""How people are with something: "not gentle"."""
_MOOD = re.compile(r"\W*(?:(?:and|but|so|well|ok(?:ay)?|honestly|look)\W+)*i(?:['’]m| am| feel|['’]ve had| have had)\b", re.I)
_ORDERS_ME = re.compile(
    r"(?:^|[.!?;:,–—-]\s*|\b(?:please|pls|kindly|and|then|now|just|so|(?:can|could|would|will|might) you|you (?:can|could|would|might))\s+)(?!ask|mention|complain)[a-z]+(?= (?:me|us|my (?:boss|team)|(?:up|out|over|down|in|on) (?:a|an|one|two|three|some|the|all|any|\d+))\b)",
    re.I,
)
"""The verb that orders something for oneself: "hand me three threads", "conjure up one"."""


_UNKIND = re.compile(NOT_SO, re.I)
_PURPOSE = re.compile(
    r"\b(?:so (?:that )?(?:i|we|my \w+|our \w+) (?:can|could|may|might|will|shall|would|know|have|don['’]t|do not|get|am|are)|so as to|in order to|in case (?:i|we|my|our)|lest (?:i|we)|before (?:i|we) (?=argue|meet|talk|speak|present|go|ring|call|sign|pay))\b[^.?!:;]*",
    re.I,
)
"""What the answer is wanted for: "split by model, so I can argue about the bill"."""


def moods(text: str) -> list[tuple[int, int]]:
    """Where sentences stand that tell how the person who asks feels, beside one that asks."""
    parts = sentences(text)
    told = [(start, end) for start, end in parts if _MOOD.match(text[start:end]) and not _WISHES.search(text[start:end])]
    return told if len(told) < len(parts) else []


def of_the_request(text: str, content: list[Word]) -> list[Word]:
    """The words that may be what is looked for: none of a turn of phrase, and none of small talk beside a sentence that asks."""
    idle = [match.span() for pattern in (TURNS_OF_PHRASE, _ORDERS_ME, _UNKIND, _PURPOSE) for match in pattern.finditer(text)]
    parts = [(start + a, start + b) for start, end in sentences(text) for a, b in _at_colons(text[start:end])]
    told = [(start, end) for start, end in parts if _STATES.match(text[start:end]) and not _WISHES.search(text[start:end])]
    idle += told if len(told) < len(parts) else []
    return [word for word in content if not any(start <= word.start < end for start, end in idle)]


def _at_colons(sentence: str) -> list[tuple[int, int]]:
    """Where the parts of a sentence begin and end that colons set apart."""
    cuts = [0, *(match.end() for match in re.finditer(r":\s", sentence)), len(sentence)]
    return list(itertools.pairwise(cuts))
