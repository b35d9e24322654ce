"""Which figures of an answer the tools gave."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rapport.analyst.figures import figures, unsupported, warning, without_warning

RESULT = {"conversations": 1240, "share": 0.1234, "rating": 3.456, "since": "2026-11-02", "id": "0191d5f0-0000-7000-8000-000000000042",
          "quotes": ["charged 49.99 twice", "see order A-77"], "examples": [{"n": 8}, {"n": 9}, {"n": 10}]}  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "1,240 conversations", "1.2k conversations", "12.3 % of them", "12.34%", "12 percent", "rated 3.46, so about 3.5 of 5",
        "On 2026-11-02 and between 3–9 Nov 2026", "since November 3, 2026", "the last 30 days", "the top 7",
        "gpt-4o and c-17 and conv_99x", "id 0191d5f0-0000-7000-8000-000000000042", "at 14:30", "1. first\n2. second\n3. third",
        'They wrote "charged 49.99 twice".', "three examples: 3", "on a scale of 1 to 5", "8, 9 and 10", "v2.5-beta",
    ],
)  # fmt: skip
def test_supported(text: str):
    assert unsupported(text, [RESULT]) == ()


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("1,241 conversations", ("1,241",)), ("13 % of them", ("13 %",)), ("3.4 stars", ("3.4",)), ("42 of 1,240", ("42",)),
        ("77 orders", ("77",)), ("42, again 42 and 43", ("42", "43")), ("2k people", ("2k",)), ("$12.50 each", ("12.50",)),
        ("up by 0.5", ("0.5",)), ("**1,300** users", ("1,300",)), ("| 57 | 1240 |", ("57",)), ("2026 conversations", ("2026",)),
    ],
)  # fmt: skip
def test_unsupported(text: str, missing: tuple[str, ...]):
    assert unsupported(text, [RESULT]) == missing


def test_what_the_person_said_is_known():
    assert unsupported("None of the 42 that you name", [], said="what about these 42?") == ()


def test_the_warning_can_be_taken_off():
    assert without_warning("There are 42." + warning(("42",))) == "There are 42."
    assert len(warning(tuple(map(str, range(1000))))) < 200


@given(st.text(max_size=200))
def test_any_text_can_be_read(text: str):
    assert all(value >= 0 for _, value, _, _ in figures(text))


@given(st.integers(2, 10**9))
def test_every_number_is_found_however_it_is_written(number: int):
    assert unsupported(f"There were {number:,} of them.", []) == (f"{number:,}",)
    assert unsupported(f"There were {number:,} of them.", [{"n": number}]) == ()


@given(st.floats(0, 1000), st.integers(0, 3))
def test_roundings_are_supported(value: float, digits: int):
    assert unsupported(f"It is {value:.{digits}f}.", [{"value": value}]) == ()
