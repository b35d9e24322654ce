"""Structured identifiers in what people write: found by shape, confirmed by checksum or context, and taken out for good.

Found are e-mail addresses, phone numbers, payment cards (Luhn), bank accounts (IBAN, mod 97), US social security numbers, IP
addresses and links. Names, streets and places need a language model and are not found: redaction removes identifiers, it does not
make a text anonymous. Recall and false alarms: `make bench-quality`.
"""

import hashlib
import hmac
import ipaddress
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

TYPES = ("EMAIL", "PHONE", "CREDIT_CARD", "IBAN", "SSN", "IP_ADDRESS", "URL")


@dataclass(frozen=True, slots=True)
class Identifier:
    """One identifier in a text: text[start:end], in code points."""

    type: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Redaction:
    """How identifiers are replaced. mask: `[EMAIL]`. hash: `[EMAIL:kdhbfoamcg]`, the same letters for the same identifier and salt,
    so that one person can be followed without being known. The hash is 40 bits of HMAC-SHA256: nothing can be computed back from it,
    and without the salt, which must be random and secret to the tenant, guesses cannot be tried either."""

    mode: Literal["mask", "hash"]
    salt: bytes = b""

    def __post_init__(self) -> None:
        if self.mode == "hash" and len(self.salt) < 16:
            raise ValueError("hashing identifiers needs a secret salt of at least 16 bytes")


def redactor(mode: str, salt: bytes) -> Callable[[Any], Any]:
    """`redact_value` with this mode (mask | hash) and salt."""
    redaction = Redaction(mode, salt)  # type: ignore[arg-type]
    return lambda value: redact_value(value, redaction)


def find(text: str) -> list[Identifier]:
    """All identifiers in order of appearance; they never overlap. What one type has found is not looked at for the next,
    less certain one."""
    found: list[Identifier] = []
    digits = any(char.isdigit() for char in text)
    for type, pattern, trim in _PATTERNS:
        if type in _WITH_DIGITS and not digits:
            continue
        ends = ((match.start(), trim(match)) for match in pattern.finditer(text))
        new = [Identifier(type, start, end) for start, end in ends if end is not None]
        found += new
        text = _blanked(text, new)
    return sorted(found, key=lambda identifier: identifier.start)


def _blanked(text: str, identifiers: list[Identifier]) -> str:
    parts, position = [], 0
    for identifier in identifiers:
        parts += [text[position : identifier.start], "\n" * (identifier.end - identifier.start)]
        position = identifier.end
    return "".join(parts) + text[position:] if parts else text


def redact(text: str, redaction: Redaction) -> str:
    """The text with each identifier replaced by its type, or by its type and keyed hash."""
    parts, position = [], 0
    for identifier in find(text):
        parts += [text[position : identifier.start], _token(identifier.type, text[identifier.start : identifier.end], redaction)]
        position = identifier.end
    return "".join(parts) + text[position:]


def redact_value(value: Any, redaction: Redaction) -> Any:
    """The same JSON value with every string in it redacted, keys too; numbers that are payment cards become their token."""
    if isinstance(value, str):
        return redact(value, redaction)
    if isinstance(value, dict):
        return {redact(str(key), redaction): _redact_under(str(key), item, redaction) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [redact_value(item, redaction) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and 10**11 <= value < 10**19 and _is_card(str(value)):
        return _token("CREDIT_CARD", str(value), redaction)
    return value


def _redact_under(key: str, value: Any, redaction: Redaction) -> Any:
    """The value of a key: a name like `phone` or `ssn` makes an identifier of digits that alone would be just a number."""
    redacted = redact_value(value, redaction)
    if isinstance(redacted, bool) or not isinstance(redacted, str | int) or not _NAMED.search(label := _spoken(key)):
        return redacted
    prefix = f"{label}: "
    found = [i for i in find(prefix + str(redacted)) if i.start >= len(prefix)]
    return redact(prefix + str(redacted), redaction)[len(prefix) :] if found else redacted


def _spoken(key: str) -> str:
    """`homePhone`, `home_phone` -> `home phone`."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])|[_-]", " ", key).lower()


def _token(type: str, identifier: str, redaction: Redaction) -> str:
    if redaction.mode == "mask":
        return f"[{type}]"
    plain = "".join(char for char in identifier.lower() if char.isalnum()) if type in _WITH_DIGITS else identifier.lower()
    digest = hmac.new(redaction.salt, f"{type}:{plain}".encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:10]
    return f"[{type}:{digest.translate(_LETTERS)}]"  # letters only, so that a token is never read as a number


_LETTERS = str.maketrans("0123456789abcdef", "ghijklmnopabcdef")

# Shapes ----------------------------------------------------------------------------------------------------------------

_GENERIC = "com|org|net|edu|gov|mil|int|info|biz|name|io|ai|app|dev|xyz|online|shop|store|tech|site|cloud|eu|tv|cc|co"
_COUNTRIES = "|".join(
    """
    ac ae af ag al ao ar au aw ax az ba bb bd bg bh bi bj bm bn bo br bs bt bw bz ca ch ci cl cm cn cr cu cv cw cy cz de dj dk dm dz ec
    ee eg er es et fi fj fk fo fr ga gb ge gf gg gh gl gm gn gp gq gr gt gu gw gy hk hn hr ht hu ie il im iq ir je jm jo jp ke kg kh ki
    km kr kw ky kz lb lc li lk lr ls lt lu lv ly mc md mg mh mk ml mm mn mo mp mq mr mt mu mv mw mx mz na nc nf ng ni nl np nr nu nz pe
    pf pg ph pk pl pr ps pt pw py qa ro rs ru rw sa sb sc sd se sg sh si sk sl sm sn sr ss st sv sx sy sz tc td tf tg th tj tk tl tm tn
    tr tt tw tz ua ug uk uy uz va vc ve vg vi vn vu wf ws ye yt za zm zw
    """.split()
)
"""Country domains that a missing space after a full stop does not look like (`charge.it`, `account.so` are no links)."""
_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_FILES = "js py md sh rs pl cc so zip mov ps".split()

_EMAIL = re.compile(r"(?<![\w.+-])[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[\w-]{1,63}\.){1,8}[^\W\d_]{2,24}(?![\w-])", re.UNICODE)
_URL = re.compile(
    r"(?<![\w@.])(?:(?:https?|ftps?|wss?)://[^\s<>\"'`\]\[{}|\\^]+"
    rf"|www\.[^\s<>\"'`\]\[{{}}|\\^]+\.[^\s<>\"'`\]\[{{}}|\\^]+"
    rf"|(?:{_LABEL}\.)+(?:{_GENERIC}|{_COUNTRIES})(?![\w@-]|\.\w)(?::\d{{2,5}})?(?:[/?#][^\s<>\"'`\]\[{{}}|\\^]*)?)",
    re.IGNORECASE,
)
_IPV4 = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?:\.(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)){3}"
_IP = re.compile(
    rf"(?<![\w.:]){_IPV4}(?![\w]|\.\d)|(?<![\w:.])(?=[0-9a-f]*:[0-9a-f:]*:)[0-9a-f:]{{4,39}}(?:(?<=:){_IPV4})?(?![\w:])", re.IGNORECASE
)
_IBAN = re.compile(r"(?<![^\W_])[a-z]{2}\d{2}(?:[ -]?[a-z0-9]{4}){2,7}(?:[ -]?[a-z0-9]{1,3})?(?![^\W_])", re.IGNORECASE)
_CARD = re.compile(r"(?<![\w.+-])(?<!\d[ -])\d(?:[ -]?\d){11,18}(?![ -]?\d|[^\W_]|\.\d)")
_SSN = re.compile(r"(?<![\w-])(?!000|666)\d{3}([- ])(?!00)\d{2}\1(?!0000)\d{4}(?![\w-])|(?<!\w)(?!000|666)\d{9}(?!\w)")
_PHONE = re.compile(
    r"(?<![\w#$€£¥/.:=-])(?<!\d[ ,])(?:(?:\+\d{1,3}|00\d{1,3}|\+?\(\+?\d{1,3}\))[ .\-/]?)?(?:\(\d{1,5}\)[ .\-/]?)?"
    r"\d{1,11}(?:[ .\-/]{1,2}\d{1,8}){0,6}"
    r"(?:[ ]?(?:x|ext\.?|extension)[ ]?\d{1,6})?(?!\w|[.,:]\d|[ ]?%|-\d)",
    re.IGNORECASE,
)

# What confirms a shape ---------------------------------------------------------------------------------------------------

_LENGTHS = {
    pair[:2]: int(pair[3:])
    for pair in """
    AD:24 AE:23 AL:28 AT:20 AZ:28 BA:20 BE:16 BG:22 BH:22 BR:29 BY:28 CH:21 CR:22 CY:28 CZ:24 DE:22 DK:18 DO:28 EE:20 EG:29 ES:24 FI:18
    FO:18 FR:27 GB:22 GE:22 GI:23 GL:18 GR:27 GT:28 HR:21 HU:28 IE:22 IL:23 IQ:23 IS:26 IT:27 JO:30 KW:30 KZ:20 LB:28 LC:32 LI:21 LT:20
    LU:20 LV:21 LY:25 MC:27 MD:24 ME:22 MK:19 MR:27 MT:31 MU:30 NL:18 NO:15 PK:24 PL:28 PS:29 PT:25 QA:29 RO:24 RS:22 SA:24 SC:31 SD:18
    SE:24 SI:19 SK:24 SM:27 ST:25 SV:28 TL:23 TN:24 TR:26 UA:29 VA:22 VG:24 XK:20
    """.split()
}
"""ISO 13616 lengths by country."""

_SECURITY_CONTEXT = re.compile(r"\b(?:ssn|social[ -]security|tax(?:payer)? id)\b", re.IGNORECASE)
_PHONE_CONTEXT = re.compile(
    r"(?:phone|telephone|tele|tel|mobile|mob|cell|fax|call|called|calling|dial|ring|text|sms|whats ?app|contact|reach|hotline|landline)\b"
    r"\W*(?:\w+\W+){0,4}$",
    re.IGNORECASE,
)
_PHONE_AFTER = re.compile(r"^\W{0,3}(?:office|fax|mobile|cell|home|work|phone|landline)\b", re.IGNORECASE)
_OTHER_CONTEXT = re.compile(
    r"(?:order|incident|invoice|ref|reference|ticket|case|tracking|parcel|shipment|transaction|account|acct|booking|confirmation|serial|version|model|sku|item|product"
    r"|code|pin|policy|claim|customer|member|user|id|isbn|build|error|amount|price|total|balance|iban|card|zip|flight|room|license|licence|passport)"
    r"s?\b\W*(?:\w+\W+){0,2}$",
    re.IGNORECASE,
)
_NAMED = re.compile(r"\b(?:phones?|telephone|tel|mobile|cell|fax|whats ?app|ssn|social security|tax(?:payer)? id)\b")
_UNIT = re.compile(
    r"^\W?(?:dollars?|bucks|usd|eur|euros?|gbp|pounds?|pence|cents?|aud|rupees?|yen|days?|hours?|hrs?|minutes?|mins?|weeks?|months?|years?"
    r"|people|am|pm|km|kg|miles?)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(?:(?:0?[1-9]|[12]\d|3[01])[ ./-](?:0?[1-9]|1[0-2])|(?:0?[1-9]|1[0-2])[ ./-](?:0?[1-9]|[12]\d|3[01]))[ ./-](?:19|20)?\d{2}$"
    r"|^(?:19|20)\d{2}[ ./-](?:0?[1-9]|1[0-2])[ ./-](?:0?[1-9]|[12]\d|3[01])$|^(?:19|20)\d{2}\s?[-/ ]\s?(?:19|20)\d{2}$"
)


def _whole(match: re.Match[str]) -> int | None:
    return match.end()


def _url_end(match: re.Match[str]) -> int | None:
    """Without the punctuation of the sentence around it; None for a file name."""
    text = match.group()
    while text and (text[-1] in ".,;:!?*_~" or (text[-1] == ")" and text.count(")") > text.count("("))):
        text = text[:-1]
    if "://" not in text and not text.lower().startswith("www.") and "/" not in text:
        name, _, ending = text.rpartition(".")
        if ending.lower() in _FILES or (ending[:1].isupper() and not (len(ending) > 2 or name.isupper())):
            return None  # a file, or a missing space: `Can you help.At what time`
    return match.start() + len(text) if "." in text else None


def _ip_end(match: re.Match[str]) -> int | None:
    text = match.group().rstrip(":") if not match.group().endswith("::") else match.group()
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return match.start() + len(text) if address.version == 4 or len(text) > 6 else None


def _iban_end(match: re.Match[str]) -> int | None:
    """The end of the account number: as long as its country says, where the check digits fit (ISO 7064 mod 97-10)."""
    text = match.group()
    length = _LENGTHS.get(text[:2].upper(), 0)
    end = count = 0
    while end < len(text) and count < length:
        count += text[end].isalnum()
        end += 1
    compact = "".join(char for char in text[:end] if char.isalnum()).upper()
    if len(compact) != length or not compact.isascii() or (end < len(text) and text[end].isalnum()):
        return None
    return match.start() + end if int("".join(str(int(c, 36)) for c in compact[4:] + compact[:4])) % 97 == 1 else None


def _card_end(match: re.Match[str]) -> int | None:
    return match.end() if _is_card("".join(char for char in match.group() if char.isdigit())) else None


def _is_card(digits: str) -> bool:
    """A known issuer's first digits, a fitting length, and Luhn's check (ISO/IEC 7812-1)."""
    if not (12 <= len(digits) <= 19 and _ISSUER.match(digits) and len(set(digits)) > 1):
        return False
    doubled = [int(digit) * (1 + index % 2) for index, digit in enumerate(reversed(digits))]
    return sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0


_ISSUER = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})$|5[1-5]\d{14}$|2(?:22[1-9]|2[3-9]\d|[3-6]\d\d|7[01]\d|720)\d{12}$|3[47]\d{13}$|3(?:0[0-5]|[689]\d)\d{11,16}$"
    r"|35\d{14,17}$|(?:2131|1800)\d{11}$|(?:6011|64[4-9]|65|60|62|81|82)\d{12,17}$|(?:50|5[6-9]|6[0-9])\d{10,17}$"
)


def _security_number_end(match: re.Match[str]) -> int | None:
    if match.group(1):
        return match.end()
    return match.end() if _SECURITY_CONTEXT.search(match.string, max(0, match.start() - 60), match.start()) else None


def _phone_end(match: re.Match[str]) -> int | None:
    """A number of 7 to 15 digits (6 where it is called one) that is written like a phone number, or called one:
    no dates, amounts or order numbers."""
    text = match.group()
    plain = re.split(r"[ ]?(?:x|ext)", text, flags=re.IGNORECASE)[0].strip()
    groups = re.findall(r"\d+", plain)
    digits = sum(map(len, groups))
    before, after = match.string[max(0, match.start() - 60) : match.start()], match.string[match.end() : match.end() + 12]
    called = bool(_PHONE_CONTEXT.search(before) or _PHONE_AFTER.match(after))
    if not (6 if called else 7) <= digits <= 15 or _DATE.match(plain) or _UNIT.match(after) or len(set("".join(groups))) < 2:
        return None
    if text.startswith("+") or plain != text or called:
        return match.end()
    if _OTHER_CONTEXT.search(before):
        return None
    return match.end() if _is_dialled(plain, groups) else None


def _is_dialled(plain: str, groups: list[str]) -> bool:
    """Written as people write phone numbers: an area code in brackets, groups of two to four, or a national number in one piece."""
    sizes, digits = [len(group) for group in groups], sum(map(len, groups))
    if "(" in plain:
        return digits >= 7
    if plain.startswith("00"):
        return True
    if len(groups) == 1:
        american = digits == 10 and plain[0] in "23456789" and plain[3] in "23456789"
        return american or (digits in (10, 11) and plain[0] == "0") or (digits == 11 and plain[0] == "1" and plain[1] not in "01")
    if plain[0] == "0" and digits >= 8:
        return True
    marks = set(re.findall(r"\D", plain))
    thousands = sizes[0] <= 3 and all(size == 3 for size in sizes[1:]) and marks in ({" "}, {"."})
    return not thousands and sizes[-1] >= 2 and (sizes[-1] >= 4 or len(groups) >= 3) and max(sizes) <= 6


_WITH_DIGITS = frozenset(["PHONE", "CREDIT_CARD", "IBAN", "SSN"])
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], int | None]], ...] = (
    ("EMAIL", _EMAIL, _whole),
    ("URL", _URL, _url_end),
    ("IP_ADDRESS", _IP, _ip_end),
    ("IBAN", _IBAN, _iban_end),
    ("CREDIT_CARD", _CARD, _card_end),
    ("SSN", _SSN, _security_number_end),
    ("PHONE", _PHONE, _phone_end),
)
"""The most certain first."""
