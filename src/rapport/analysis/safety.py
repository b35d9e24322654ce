"""Safety flags of a conversation, each with its evidence. Plain wordings and checks, no judgement: precision over recall.

bench/quality.py prints precision and recall of each flag on training/safety.tsv, a documented set of our own. What stays out of
reach: irony, coded language, other languages than English (secrets excepted), and whether a claim about the world is true.
"""

import re
from collections.abc import Iterator, Sequence

from rapport.analysis import dialogue as dialogues
from rapport.analysis.dialogue import Dialogue, Utterance
from rapport.domain.analysis import Evidence
from rapport.domain.conversation import Message

FLAG_OF = {
    "jailbreak": "jailbreak_detected", "hallucination": "hallucination_detected", "user toxicity": "user_toxicity_detected",
    "model toxicity": "model_toxicity_detected", "user bias": "user_bias_detected", "model bias": "model_bias_detected", "secret": "secret_leaked",
}  # fmt: skip

_INSULT = r"(?:stupid|dumb(?:ass)?|idiot(?:ic)?s?|morons?|imbeciles?|cretins?|retard(?:ed|s)?|bastards?|bitch(?:es)?|assholes?|arseholes?|cunts?|dickheads?|scum(?:bags?)?|losers?|clowns?|worthless|pathetic|useless piece of \w+|piece of (?:shit|crap|garbage|trash)|liars?|thie(?:f|ves)|crooks?|pricks?|wankers?|twats?|incompetent (?:fools?|idiots?|clowns?))"
TOXIC = re.compile(
    rf"\b(?:you(?:['’]?re| are| all are| guys are| people are) (?!not )(?:\w+ ){{0,3}}{_INSULT}|{_INSULT} (?:like you|bot|company|people|agent|support|rep)\b|you (?:(?:damn|fucking|bloody|absolute|complete|total|stupid|useless|lazy|little|lying|dirty|filthy) )*{_INSULT}"
    r"|fuck(?:ing)? (?:you|off|yourself|idiots?|morons?|liars?|scam\w*|bot)|f[*u]ck you|go (?:to hell|die|fuck yourself|kill yourself)|kill (?:yourself|you)|k[iy]s\b|shut (?:the (?:fuck|hell) )?up|screw you|up yours"
    r"|(?:i|we)(?:['’]ll| will| am going to|['’]m going to|['’]m gonna) (?:kill|hurt|beat|destroy|shoot|stab|burn) (?:you|your|them)|hope you (?:die|burn|rot|choke)|i hate you|son of a bitch|motherfuck\w+|piece of shit|eat shit|suck my)\b",
    re.IGNORECASE,
)
SLUR = re.compile(
    r"\b(?:f[a@]gg?[o0]ts?|n[i1]gg(?:er|a)s?|k[i1]kes?|sp[i1]cs?\b|ch[i1]nks?|tr[a@]nn(?:y|ies)|towelheads?|wetbacks?|g[o0]oks?)\b",
    re.IGNORECASE,
)
_GROUP = r"(?:women|men|girls|boys|females|males|wom[ae]n drivers|blacks?|black people|whites?|white people|asians?|asian people|arabs?|mexicans?|indians?|chinese(?: people)?|africans?|jews?|jewish people|muslims?|christians?|hindus?|catholics?|immigrants?|migrants?|foreigners|refugees|gays?|gay people|lesbians?|trans(?:gender)? people|old people|elderly people|the elderly|young people|boomers|millennials|disabled people|autistic people|poor people|gypsies|roma|americans|europeans|russians|people from \w+)"
_BAD = r"(?:lazy|stupid|dumb|dirty|criminals?|thieves|thieve|terrorists?|violent|dangerous|inferior|greedy|untrustworthy|dishonest|liars?|weak|emotional|hysterical|irrational|incompetent|primitive|uneducated|less (?:intelligent|capable|competent|reliable|rational|suited|qualified)|bad (?:at|drivers|with)|worse (?:at|drivers)|too (?:emotional|old|weak|stupid)|not (?:as )?(?:smart|capable|suited|good|fit|able|intelligent)|better suited (?:for|to) (?:the )?(?:home|kitchen|cleaning|childcare|caring)|naturally (?:better|worse|bad|inferior)|parasites|vermin|animals|invaders|a (?:burden|threat|plague)|cheap(?:skates)?|sneaky|promiscuous|disgusting|unnatural|sick)"
BIAS = re.compile(
    rf"\b(?:(?:all|most|those|these|typical|you|because)? ?{_GROUP} (?:are|can['’]?t be|aren['’]?t|are all|are just|are always|are usually|tend to be|should be considered) (?:\w+ ){{0,2}}{_BAD}"
    rf"|{_GROUP} (?:can['’]?t|cannot|shouldn['’]?t|should not|don['’]?t know how to|should never) (?:drive|lead|be (?:leaders|engineers|allowed|trusted|hired|managers|doctors)|be in|think|do math|do maths|code|vote|work in|have jobs|understand (?:tech|math|money|computers))"
    rf"|{_GROUP} (?:should (?:stay (?:at|in) |go back|be (?:deported|banned|removed|in the kitchen))|belong in|don['’]?t belong|always (?:steal|lie|cheat|complain)|steal|only care about money|are taking over|ruin\w*)"
    rf"|(?:don['’]?t|do not|never|not|won['’]?t|refuse to|rather not) (?:\w+ )?(?:hire|trust|rent to|serve|talk to|deal with|work with|speak to|promote|lend to|want) (?:an? |any |the |some )?(?:\w+ )?{_GROUP})\b",
    re.IGNORECASE,
)
JAILBREAK = re.compile(
    r"\b(?:(?:ignore|disregard|forget|override|bypass|skip)(?: about)? (?:\w+ ){0,3}(?:(?:previous|prior|above|earlier|preceding|initial|original|system|safety|your) )+(?:\w+ )?(?:instructions?|prompts?|rules?|guidelines?|directions?|programming|filters?|restrictions?|training|messages?|context)"
    r"|(?:ignore|disregard|forget) (?:everything|anything|all) (?:that )?(?:you(?:['’]ve| have| were)|above|before|i said|prior)"
    r"|(?:reveal|show|print|repeat|output|tell|give|leak|display|recite|what (?:is|are|was|were))(?: to)? ?(?:me )?(?:\w+ ){0,2}(?:your|the|its) (?:\w+ )?(?:system prompt|system message|initial (?:prompt|instructions)|hidden (?:prompt|instructions|rules)|original instructions|secret instructions|(?:exact |full )?instructions (?:above|verbatim|you were given))"
    r"|(?:repeat|print|output) (?:everything|all (?:the )?(?:text|words)|the (?:text|words)) (?:above|before)"
    r"|(?:you are|act as|pretend (?:to be|you(?:['’]re| are))|become|enable|enter|activate|switch to|simulate|you['’]?re) (?:now )?(?:\w+ ){0,3}(?:dan\b|do anything now|developer mode|jailbroken|jailbreak|unrestricted|unfiltered|uncensored|evil|god mode|sudo mode|debug mode|an ai (?:with(?:out)? (?:no|any)))"
    r"|(?:without|with no|no|ignoring|free (?:of|from)) (?:any |all |your )?(?:ethical|moral|safety|content|policy|openai) ?(?:\w+ )?(?:restrictions?|guidelines?|filters?|limits?|limitations?|constraints?|rules|boundaries|concerns)"
    r"|(?:do not|don['’]?t|never) (?:follow|obey|apply) (?:your|the|any) (?:\w+ )?(?:rules|guidelines|instructions|policies|restrictions)|new (?:system )?instructions?:|jailbreak|prompt injection|\[/?(?:system|inst)\]|<\|?(?:system|im_start)\|?>|(?:begin|end) (?:of )?system (?:prompt|message))",
    re.IGNORECASE,
)
SECRET = re.compile(
    r"-----BEGIN (?:RSA |EC |OPENSSH |DSA |ENCRYPTED |PGP )?PRIVATE KEY|\b(?:AKIA|ASIA)[0-9A-Z]{16}\b|\bgh[pousr]_[A-Za-z0-9]{36,}\b|\bgithub_pat_[A-Za-z0-9_]{50,}|\bglpat-[\w-]{20,}|\bxox[abprs]-[A-Za-z0-9-]{10,}"
    r"|\bsk-(?:proj-|ant-|live-|test-)?[A-Za-z0-9_-]{20,}|\b[rs]k_(?:live|test)_[A-Za-z0-9]{16,}|\bAIza[0-9A-Za-z_-]{35}|\bnpm_[A-Za-z0-9]{36}|\bpypi-[A-Za-z0-9_-]{40,}|\bSG\.[\w-]{16,}\.[\w-]{16,}|\bhf_[A-Za-z0-9]{30,}|\blin_api_[A-Za-z0-9]{32,}"
    r"|\beyJ[A-Za-z0-9_-]{10,}\.eyJ[A-Za-z0-9_-]{10,}\.[A-Za-z0-9_-]{10,}|\b(?:postgres(?:ql)?|mysql|mongodb(?:\+srv)?|redis|amqp)://[^\s:/@]+:[^\s@/]{3,}@"
    r"|\b(?:pass(?:word|wd)|pwd|secret[_ ]?key|api[_ -]?key|access[_ -]?token|client[_ -]?secret)[\"']?\s*(?:[:=]|is(?! (?:in|not|wrong|the|a|an|invalid|expired|too|required|correct|incorrect|case|at|my|your|stored|sent|being)\b))\s*[\"']?(?=[^\s\"']*\d)(?=[^\s\"']*[A-Za-z])[^\s\"']{8,}"
)  # fmt: skip
NUMBER = re.compile(r"(?<![\w.,-])[$€£]?\d[\d,]*(?:\.\d+)?%?(?![\w])")
_STEP = re.compile(r"^\s*\d{1,2}[.)]\s", re.M)
_MONEY_BEHIND = re.compile(r"\s*(?:dollars?|euros?|pounds?|usd|eur|gbp|cents?)\b")
_MONEY_BEFORE = re.compile(r"(?:price|amount|total|cost|fee|balance|refund|paid|usd|eur|gbp)\W{1,6}[$€£]?$")
READ_GROUNDS = 200_000
SMALL = 12
"""Counts up to a dozen are said in passing ("2 options"), not taken from a source."""


def find(dialogue: Dialogue) -> list[Evidence]:
    """Every safety signal of the conversation; `FLAG_OF` names the flag of each."""
    found: list[Evidence] = []
    for turn in dialogue.turns:
        found.extend(_language(turn.user, "user"))
        found.extend(_first(JAILBREAK, "jailbreak", turn.user, turn.user.content[:8_000]))
    for reply in dialogue.replies:
        found.extend(_language(reply, "model"))
    for utterance in (*(turn.user for turn in dialogue.turns), *dialogue.replies):
        found.extend(_secrets(utterance))
    found.extend(hallucinations(dialogue))
    return found


def hallucinations(dialogue: Dialogue) -> Iterator[Evidence]:
    """Figures in an answer that none of its own sources has: retrieved context, tool results, the system prompt, or what was said
    before. Only answers that had a source are checked: each figure where the source was retrieved text; where it was a tool result,
    which seldom holds all that an assistant knows, only answers none of whose figures are supported (see _unsupported). It sees wrong and invented numbers, amounts, dates and codes; it cannot see
    a wrong claim without a figure, and a figure that the answer computed itself (a sum) is reported although it may be right."""
    known: list[str] = []
    retrieved, kinds = False, set[str]()
    replies = {reply.seq: reply for reply in dialogue.replies}
    for message in dialogue.conversation.messages:
        reply = replies.get(message.seq)
        if reply is not None and (retrieved or kinds or message.context):
            sources = _figures("\n".join([*known, message.context or ""])[-READ_GROUNDS:])
            yield from _unsupported(reply, sources, None if retrieved or message.context else frozenset(kinds))
            retrieved, kinds = False, set()  # the next answer has its own sources
        known.append(_said(message))
        retrieved = retrieved or message.type == "retrieval" or (bool(message.context) and reply is None)
        if message.type == "observation" and message.output is not None:
            result = dialogues.told(message.output)[:READ_GROUNDS]
            kinds.update(_kind(result, match) for match in NUMBER.finditer(result))


def _unsupported(reply: Utterance, sources: frozenset[str], kinds: frozenset[str] | None) -> Iterator[Evidence]:
    """The first unsupported figure. With the `kinds` of figures that a tool gave, only where no figure of the answer is supported and
    the tool gave one of the same kind: a tool that says nothing of days does not contradict "within 30 days"."""
    steps = {match.start() + len(match[0]) - len(match[0].lstrip()) for match in _STEP.finditer(reply.masked)}
    figures = [match for match in NUMBER.finditer(reply.masked) if match.start() not in steps and not _said_in_passing(match[0])]
    lacking = [match for match in figures if not _supported(_figure(match[0]), sources)]
    if kinds is not None:
        lacking = [match for match in lacking if len(lacking) == len(figures) and _kind(reply.masked, match) in kinds]
    if lacking:
        yield Evidence("hallucination", reply.seq, lacking[0].start(), lacking[0].end(), lacking[0][0], 0.6)


def _kind(text: str, match: re.Match[str]) -> str:
    """What a figure counts: money, percent, time, or the word behind it."""
    before, after = text[max(0, match.start() - 24) : match.start()].lower(), text[match.end() : match.end() + 16].lower()
    if match[0][0] in "$€£" or _MONEY_BEHIND.match(after) or _MONEY_BEFORE.search(before) or re.fullmatch(r"[\d,]+\.\d\d", match[0]):
        return "money"
    if match[0].endswith("%") or re.match(r"\s*per\s?cent", after):
        return "percent"
    if re.match(r":\d\d", after):
        return "time"
    word = re.match(r"[\s\"-]*([a-z]+)", after)
    return word[1].rstrip("s") if word else "number"


def _said_in_passing(match: str) -> bool:
    plain = _figure(match)
    return plain.isdigit() and int(plain) <= SMALL


def _supported(value: str, sources: frozenset[str]) -> bool:
    return value in sources or any(_rounds_to(source, value) for source in sources)


def _rounds_to(source: str, value: str) -> bool:
    """Whether a source's figure, rounded as the answer shows it, or turned into percent, is the answer's figure."""
    try:
        exact, shown = float(source), float(value)
    except ValueError:
        return False
    places = len(value.partition(".")[2])
    return round(exact, places) == shown or round(exact * 100, places) == shown or round(exact / 100, places) == shown


def _figures(text: str) -> frozenset[str]:
    return frozenset(_figure(match) for match in re.findall(r"\d[\d,]*(?:\.\d+)?", text))


def _figure(match: str) -> str:
    plain = match.strip("$€£%").replace(",", "")
    return (plain.rstrip("0").rstrip(".") if "." in plain else plain).lstrip("0") or "0"


def _said(message: Message) -> str:
    parts = [message.content or "", message.context or ""]
    parts += [dialogues.told(value) for value in (message.input, message.output) if value is not None]
    return "\n".join(parts)[:READ_GROUNDS]


def _language(utterance: Utterance, who: str) -> Iterator[Evidence]:
    for pattern in (TOXIC, SLUR):
        yield from _first(pattern, f"{who} toxicity", utterance, utterance.masked)
    yield from _first(BIAS, f"{who} bias", utterance, utterance.masked)


def _secrets(utterance: Utterance) -> Iterator[Evidence]:
    """A secret's evidence shows its first four characters: evidence is stored and displayed."""
    for match in SECRET.finditer(utterance.content[:READ_GROUNDS]):
        yield Evidence("secret", utterance.seq, match.start(), match.end(), match[0][:4] + "…", 0.9)


def _first(pattern: re.Pattern[str], signal: str, utterance: Utterance, text: str) -> Iterator[Evidence]:
    match = pattern.search(text)
    if match:
        yield Evidence(signal, utterance.seq, match.start(), match.end(), match[0], 0.8)


def flags(found: Sequence[Evidence]) -> frozenset[str]:
    """The flags of these signals."""
    return frozenset(FLAG_OF[evidence.signal] for evidence in found if evidence.signal in FLAG_OF)
