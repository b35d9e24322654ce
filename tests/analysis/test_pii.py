"""Identifiers are found where they are, and nothing of them is left after redaction."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.analysis import pii

MASK = pii.Redaction("mask")
HASH = pii.Redaction("hash", b"0123456789abcdef")


def found(text: str) -> list[tuple[str, str]]:
    return [(identifier.type, text[identifier.start : identifier.end]) for identifier in pii.find(text)]


@pytest.mark.parametrize(
    ("text", "identifiers"),
    [
        ("mail jo.doe+x@mail.example.co.uk.", [("EMAIL", "jo.doe+x@mail.example.co.uk")]),
        ("see https://ex.com/a(b)?q=1), please", [("URL", "https://ex.com/a(b)?q=1")]),
        ("it is on example.com/help.", [("URL", "example.com/help")]),
        ("card 4111-1111-1111-1111 exp 12/27", [("CREDIT_CARD", "4111-1111-1111-1111")]),
        ("card 4111-1111-1111-1112", []),
        ("IBAN DE89 3704 0044 0532 0130 00 and", [("IBAN", "DE89 3704 0044 0532 0130 00")]),
        ("IBAN DE89 3704 0044 0532 0130 01", []),
        ("my ssn is 123456789", [("SSN", "123456789")]),
        ("123-45-6789", [("SSN", "123-45-6789")]),
        ("from 192.168.10.20 and 2001:db8::1", [("IP_ADDRESS", "192.168.10.20"), ("IP_ADDRESS", "2001:db8::1")]),
        ("call +49 30 1234567 or (631) 891-5722 x12", [("PHONE", "+49 30 1234567"), ("PHONE", "(631) 891-5722 x12")]),
        ("my number is 617-653-3040", [("PHONE", "617-653-3040")]),
    ],
)  # fmt: skip
def test_identifiers_are_found_exactly(text: str, identifiers: list):
    assert found(text) == identifiers


@pytest.mark.parametrize(
    "text",
    [
        "at 10:30:45 on 2026-03-14 or 14/03/2026 or 3.12.2025",
        "order number 785 8949 of 12 345 678 euros",
        "$1,234,567.89 in 2019-2020, version 10.2.33.4567",
        "ticket 150202-000419, invoice #20260314",
        "I was charged twice.It says so in main.py",
        "1 000 000 people, 25 000 000 pounds",
    ],
)
def test_dates_amounts_and_order_numbers_are_no_identifiers(text: str):
    assert found(text) == []


def test_offsets_count_code_points():
    text = "👩‍👩‍👧 ｈｉ 𝒳 jo@example.com"
    (identifier,) = pii.find(text)
    assert text[identifier.start : identifier.end] == "jo@example.com"
    assert identifier.end == len(text)


def test_mask_and_hash():
    text = "I am jo@example.com, call 617-653-3040"
    assert pii.redact(text, MASK) == "I am [EMAIL], call [PHONE]"
    hashed = pii.redact(text, HASH)
    assert hashed == pii.redact(text.replace("617-653-3040", "617 653 3040").replace("jo@", "JO@"), HASH)
    assert hashed != pii.redact(text, pii.Redaction("hash", b"another salt, 16"))
    assert not any(char.isdigit() for char in hashed)


def test_hashing_needs_a_secret():
    with pytest.raises(ValueError, match="salt"):
        pii.Redaction("hash", b"short")


def test_values_are_redacted_all_the_way_down():
    value = {"jo@example.com": [{"card": 4111111111111111, "n": 3, "ok": True}, "call +49 30 1234567", None, 1.5]}
    assert pii.redact_value(value, MASK) == {"[EMAIL]": [{"card": "[CREDIT_CARD]", "n": 3, "ok": True}, "call [PHONE]", None, 1.5]}


IDENTIFIERS = [
    "jo@example.com",
    "+49 30 1234567",
    "4111 1111 1111 1111",
    "DE89370400440532013000",
    "123-45-6789",
    "192.168.10.20",
    "https://ex.com/jo",
]


@given(st.lists(st.tuples(st.text(alphabet="ab é😀\n,.;!", max_size=8), st.sampled_from(IDENTIFIERS)), max_size=6), st.booleans())
def test_redaction_leaves_no_identifier(parts: list[tuple[str, str]], hashed: bool):
    text = "".join(f"{before} {identifier} " for before, identifier in parts)
    redacted = pii.redact(text, HASH if hashed else MASK)
    assert not any(identifier in redacted for identifier in IDENTIFIERS)
    assert pii.find(redacted) == []


@given(st.text(max_size=200))
def test_spans_lie_in_order_inside_any_text(text: str):
    identifiers = pii.find(text)
    ends = [0, *[identifier.end for identifier in identifiers]]
    assert all(end <= i.start < i.end <= len(text) for end, i in zip(ends, identifiers, strict=False))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=5), inner),
)


@given(JSON)
def test_redacted_values_are_json_and_stay_as_they_are(value):
    once = pii.redact_value(value, MASK)
    assert json.loads(json.dumps(once)) == once
    assert pii.redact_value(once, MASK) == once
