"""One Analysis for each conversation: what is said where, what odd content gives, and what never happens."""

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings
from tests.analysis.conversations import LEXICAL, conversation

from rapport.analysis import pipeline
from rapport.analysis.pipeline import AnalysisFailure
from rapport.domain.analysis import Analysis
from rapport.domain.conversation import MESSAGE_TYPES

UNKNOWN = (
    "sentiment",
    "sentiment_change",
    "emotion",
    "frustration",
    "struggle",
    "dissatisfied",
    "resolution",
    "abandoned",
    "commercial_intent",
    "quality_index",
)


def analyse(*messages: tuple) -> Analysis:
    [outcome] = pipeline.analyse([conversation(*messages)], LEXICAL)
    assert isinstance(outcome, Analysis)
    return outcome


def test_a_bad_conversation_is_worse_than_a_good_one():
    good = analyse(("user", "Where is my order?"), ("assistant", "It arrives today."), ("user", "Great, thank you so much!"))
    bad = analyse(
        ("user", "Where is my order?"),
        ("assistant", "I'm sorry, I can't find it."),
        ("user", "This is ridiculous, I want to talk to a human."),
    )
    assert bad.handover_requested
    assert bad.emotion == "anger"
    assert good.emotion == "gratitude"
    for name in ("frustration", "struggle", "dissatisfied"):
        assert getattr(bad, name) > getattr(good, name) + 0.2
    assert bad.quality_index < good.quality_index - 0.2
    assert bad.resolution < 0.3 < good.resolution


def test_tools_and_their_failures_are_counted():
    call = {"tool_name": "search_orders", "external_id": "call-1"}
    result = analyse(
        ("user", "Where is my order?"),
        ("tool_call", None, call),
        ("tool_error", None, {"parent_external_id": "call-1", "output": "timeout"}),
        ("tool_call", None, {"tool_name": "search_orders"}),
        ("observation", None, {"output": {"orders": []}}),
        ("assistant", "I see none."),
    )
    assert [(tool.name, tool.calls, tool.failures) for tool in result.tools] == [("search_orders", 2, 1)]
    assert any(item.signal == "tool failure" and item.text == "search_orders" for item in result.evidence)


def test_the_failing_tool_is_the_root_cause():
    failed = {"tool_name": "search_orders", "output": {"error": "timeout"}}
    result = analyse(
        ("user", "Where is my order?"),
        ("tool_call", None, failed),
        ("assistant", "Something went wrong."),
        ("user", "Still not working!"),
        ("tool_call", None, failed),
        ("assistant", "Something went wrong."),
    )
    assert result.root_cause == "tool failure: search_orders"


def test_evidence_quotes_the_original():
    said = "Hi!\n```\nsome code\n```\nThis is ridiculous, it keeps failing and I want a refund 😡"
    result = analyse(("user", said), ("assistant", "I can't help with that."), ("user", "I already told you that."))
    texts = {0: said, 1: "I can't help with that.", 2: "I already told you that."}
    assert result.evidence
    for item in result.evidence:
        assert texts[item.seq][item.start : item.end] == item.text


def test_an_empty_conversation_has_no_scores():
    for odd in (analyse(), analyse(("user", "")), analyse(("user", None)), analyse(("system", "You are a bot."), ("thought", "hm"))):
        assert {name: getattr(odd, name) for name in UNKNOWN} == dict.fromkeys(UNKNOWN)
        assert odd.pillars == {}
        assert odd.messages == ()


def test_a_tool_only_conversation_has_tools_and_no_scores():
    result = analyse(("tool_call", None, {"tool_name": "t"}), ("observation", None, {"output": {"success": False}}))
    assert result.tools[0].failures == 1
    assert result.sentiment is None
    assert result.quality_index is None or 0 <= result.quality_index <= 1


@pytest.mark.parametrize(
    "pasted",
    [
        'Traceback (most recent call last):\n  File "a.py", line 3, in <module>\n    fail()\nTerribleError: horrible awful failure',
        "```\nthis terrible horrible code is the worst\n```",
        "QUJDREVG" * 400,
        "2026-01-01 10:00:00 ERROR terrible horrible failure\n" * 50,
        "> this is terrible and horrible",
        "12345 67890 !!! ???",
    ],
)
def test_what_is_pasted_has_no_mood(pasted: str):
    [message] = analyse(("user", pasted)).messages
    assert message.sentiment is None
    assert message.dissatisfied is None


def test_pasted_logs_do_not_change_what_is_said():
    plain, with_log = "How do I turn this on?", "How do I turn this on?\n```\nERROR terrible horrible awful failure\n```"
    assert analyse(("user", plain)).sentiment == analyse(("user", with_log)).sentiment


def test_other_languages_are_told_and_not_scored():
    result = analyse(("user", "Ich bin sehr unzufrieden, weil meine Bestellung seit drei Wochen nicht angekommen ist."))
    assert result.language == "de"
    assert {name: getattr(result, name) for name in UNKNOWN} == dict.fromkeys(UNKNOWN)


def test_languages_of_messages_may_differ():
    english = "I would like to know where my order is, because it has not arrived."
    result = analyse(
        ("user", english), ("user", "Je voudrais savoir où est ma commande, parce qu'elle n'est pas encore arrivée."), ("user", english)
    )
    assert [message.language for message in result.messages] == ["en", "fr", "en"]
    assert result.messages[1].sentiment is None
    assert result.messages[0].sentiment is not None


def test_emoji_have_a_mood():
    assert analyse(("user", "👍🎉")).sentiment > 0.2  # type: ignore[operator]
    assert analyse(("user", "😡")).sentiment < -0.2  # type: ignore[operator]


def test_negation_turns_the_mood():
    assert analyse(("user", "This is not good at all")).sentiment < 0  # type: ignore[operator]
    assert analyse(("user", "This is good")).sentiment > 0  # type: ignore[operator]


def test_thousands_of_turns_and_megabytes_have_a_result():
    turns = [("user", "it still does not work"), ("assistant", "I'm sorry, please try again.")] * 2_500
    long = analyse(*turns)
    assert long.user_message_count == 2_500
    assert len(long.evidence) <= pipeline.MOST_EVIDENCE
    huge = analyse(("user", "please help me with this. " * 50_000))
    assert huge.language == "en"
    assert huge.sentiment is not None


def test_a_failure_stays_with_its_conversation():
    good = conversation(("user", "Where is my order?"))
    broken = conversation(("user", "hello"), ("user", 5))
    outcomes = pipeline.analyse([good, broken, good], LEXICAL)
    assert [type(outcome) for outcome in outcomes] == [Analysis, AnalysisFailure, Analysis]
    assert outcomes[0] == outcomes[2]
    assert "Error" in str(outcomes[1])


ODD = st.one_of(
    st.text(max_size=200),
    st.sampled_from(["ok", "👍", "no", "```", "> x", "a" * 3_000, "\x00", "\ud800", "Thanks!", "I can't do that", "你好", "٣٤"]),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from((*MESSAGE_TYPES, "")), st.none() | ODD), max_size=12))
def test_any_conversation_has_scores_in_their_ranges(messages: list[tuple]):
    result = analyse(*messages)
    for name in ("frustration", "struggle", "dissatisfied", "resolution", "commercial_intent", "quality_index"):
        value = getattr(result, name)
        assert value is None or 0 <= value <= 1
    assert result.sentiment is None or -1 <= result.sentiment <= 1
    assert result.sentiment_change is None or -2 <= result.sentiment_change <= 2
    assert all(0 <= value <= 1 for value in result.pillars.values())
    contents = [content or "" for _, content in messages]
    for item in result.evidence:
        assert 0 <= item.start <= item.end <= len(contents[item.seq])


@pytest.mark.parametrize(
    "said",
    [
        "I do not care about the brand",
        "Noise is not a concern",
        "We're not worried about the price",
        "I have no preference",
        "I don't mind",
    ],
)
def test_indifference_has_no_mood(said: str):
    assert abs(analyse(("user", said)).sentiment) < 0.1  # type: ignore[arg-type]


def test_ill_luck_and_unconcern_of_others_have_one():
    assert analyse(("user", "I guess I'm out of luck")).sentiment < -0.2  # type: ignore[operator]
    assert analyse(("user", "You do not care about your customers")).sentiment < -0.2  # type: ignore[operator]
