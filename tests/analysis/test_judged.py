"""What a language model is shown of a conversation, and what is kept of its answer."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.analysis.conversations import LEXICAL
from tests.analysis.conversations import conversation as as_said

from rapport.analysis import pipeline
from rapport.analysis.judged import measures, question, quotes
from rapport.analysis.judged.excerpt import MOST_CHARACTERS, excerpt
from rapport.domain.analysis import DEFAULT_WEIGHTS
from rapport.errors import ModelError

TEXT = st.text(st.characters(codec="utf-8"), max_size=3_000)


ANSWERS = st.dictionaries(
    st.sampled_from([*measures.SCORES, *measures.LABELS, *measures.FACTS, "flags", "messages", "evidence", "keywords", "summary"]),
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(max_size=20) | st.sampled_from(["joy", "none", "churn_risk", "root cause"]),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["n", "sentiment", "signal", "quote"]), inner, max_size=3)
        ),
    ),
)
"""What a model may answer that does not keep to the schema."""


def as_it_is(value):
    return value


def conversation(*texts: str):
    """The sides take turns, the user first."""
    return as_said(*(("assistant" if n % 2 else "user", text) for n, text in enumerate(texts)))


@settings(deadline=None)
@given(st.lists(TEXT, max_size=40))
def test_the_transcript_is_bounded_lines_of_json(texts):
    shown = excerpt(conversation(*texts), as_it_is)
    lines = [json.loads(line) for line in shown.as_data().split("\n")] if shown.lines else []
    assert all(set(line) in ({"n", "role", "text"}, {"omitted"}) for line in lines)
    assert sum(len(line.get("text", "")) for line in lines) <= MOST_CHARACTERS
    said = [text for text in texts if text.replace("\x00", "").strip()]
    assert len([line for line in lines if "text" in line]) + shown.omitted == len(said)


@settings(deadline=None)
@given(TEXT.filter(lambda text: any(c.isalnum() for c in text)), st.data())
def test_a_quote_is_found_whatever_its_white_space_and_nothing_else_is(text, data):
    shown = excerpt(conversation(text), as_it_is)
    words = shown.lines[0].text.split()
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, min(len(words) - 1, first + 5)))
    taken = words[first : last + 1]
    found, dropped = quotes.checked(["\n ".join(taken)], shown)
    is_quote = any(c.isalnum() for word in taken for c in word) and len(" ".join(taken)) <= quotes.LONGEST
    assert (len(found), dropped) == ((1, 0) if is_quote else (0, 1))
    assert quotes.checked([" ".join([*taken, "\N{SNOWMAN}x\N{COMET}"])], shown) == ((), 1)


def test_quotes_do_not_reach_across_messages():
    shown = excerpt(conversation("I want my money", "back to you soon"), as_it_is)
    assert quotes.checked(["I want my money back to you soon", "MY MONEY", "..."], shown) == ((), 3)
    assert quotes.checked(["my  money", "my money"], shown)[0][0].role == "user"


@pytest.mark.parametrize("text", ["", "yes", "[1]", '{"a": ', "null", '{"a": "\\ud800"}', "{" * 5_000])
def test_what_is_no_object_is_an_error(text):
    with pytest.raises(ModelError):
        question.answer(text)


def test_an_object_in_a_fence_is_read():
    assert question.answer('Sure:\n```json\n{"a": 1}\n```') == {"a": 1}


@settings(deadline=None)
@given(ANSWERS)
def test_any_answer_gives_an_analysis_in_range(answer):
    held = conversation("My parcel never came, this is terrible!", "Sorry.")
    shown = excerpt(held, as_it_is)
    found = measures.read(shown, answer)
    [embedded] = pipeline.analyse([held], LEXICAL)
    judged = measures.overlaid(held, embedded, found, model="m", weights=DEFAULT_WEIGHTS)
    assert judged.judged_by == "m"
    assert judged.quality_index is not None
    assert 0 <= judged.quality_index <= 1
    for name, (low, high, _) in measures.SCORES.items():
        value = getattr(judged, name)
        assert value is None or low <= value <= high
        assert name in judged.embedded or value == getattr(embedded, name)
    for name in found.keys() - {"messages", "evidence", "keywords", "flags", "root_cause_confidence"}:
        assert getattr(judged, name) == found[name]
