"""The languages that conversations are asked for in: "in Spanish", "a German chat", "in any language other than English"."""

import re

from rapport.analyst.planner import lexicon

_TONGUES = "|".join(lexicon.LANGUAGES.values())
_LANGUAGE = re.compile(
    rf"\b(?:in|speak|speaks|speaking|spoke|spoken|talk|talks|talking|write|writes|writing|wrote|written|type|types|typed|use|using|(?:tongue|language)(?: is| was|:)?|(?:not in|instead of|rather than|other than) (?:{_TONGUES})(?:,)? but(?: in)?)\s+({_TONGUES})\b"
    rf"|\b({_TONGUES})\s*(?:,|/|or|and|&)\s*(?={_TONGUES})|\b({_TONGUES})[\s-]+(?:speaking|language|speakers?|(?:conversation|chat|message|dialog(?:ue)?|session|transcript|example|user|customer|text|quote|thread|writer|interaction|convo)s?)\b"
    rf"|^\W*(?:any |some |show |find |list |me |the |a few )*({_TONGUES}) (?:ones?|only)\b",
    re.I,
)
_OWN_NAMES = {"español": "spanish", "espanol": "spanish", "castellano": "spanish", "deutsch": "german", "français": "french", "francais": "french", "italiano": "italian", "português": "portuguese", "portugues": "portuguese", "nederlands": "dutch", "svenska": "swedish", "polski": "polish"}  # fmt: skip
_ANY_OWN = re.compile(rf"\b(?:{'|'.join(_OWN_NAMES)})\b", re.I)
_AND_MORE = re.compile(rf"\s*(?:,|or|and|&)\s*({_TONGUES})\b", re.I)
_NOT_IN = re.compile(rf"\b(?:not|instead of|rather than|other than|except|without|non)[\s-]+(?:in\s+|written in\s+)?(?:{_TONGUES})\b", re.I)


_NOT_THEM = rf"(?:{_TONGUES})(?:(?: ?,| or| and| nor) (?:{_TONGUES}))*"
_OTHER = re.compile(
    rf"\b(?:languages?|tongues?|anything|something|one) (?:that (?:is|was|are)(?:n['’]t| not)|which (?:is|was|are) not|(?:other|different|else|besides|apart|except|instead)(?: (?:than|from|of|for))*|not|but(?: not)?) (?:in )?{_NOT_THEM}"
    rf"|\bnon[- ]{_NOT_THEM}|(?:\bnot|n['’]t|\bnever) (?:\w+ ){{0,3}}?in {_NOT_THEM}(?!,? (?:but|and|rather)(?: in)? (?:{_TONGUES})\b)|\bforeign[- ](?:languages?|tongues?)|\b(?:in|with|any|some) (?:an?|any|some)? ?(?:other|another) (?:languages?|tongues?)",
    re.I,
)
""" "In a language other than English": any that is known, but those."""


def languages_of(text: str) -> tuple[str, ...]:
    """Codes of the languages that conversations are asked for in."""
    text = _ANY_OWN.sub(lambda match: f"in {_OWN_NAMES[match.group().lower()]}", text)
    if other := _OTHER.search(text):
        left_out = {word.lower() for word in re.findall(rf"\b(?:{_TONGUES})\b", other.group(), re.I)} or {"english"}
        return tuple(code for code, name in lexicon.LANGUAGES.items() if name not in left_out)
    excluded = [match.span() for match in _NOT_IN.finditer(text)]
    words = []
    for match in _LANGUAGE.finditer(text):
        word = next(group for group in match.groups() if group)
        if not any(start <= match.start(match.lastindex or 0) < end for start, end in excluded):
            words.append(word)
            if more := _AND_MORE.match(text, match.end(match.lastindex or 0)):
                words.append(more.group(1))
    return tuple(dict.fromkeys(code for word in words for code, name in lexicon.LANGUAGES.items() if name == word.lower()))


def told_as_others(text: str) -> tuple[tuple[int, int], ...]:
    """Where `text` asks for all languages but some: these words are no subject."""
    return tuple(match.span() for match in _OTHER.finditer(text))
