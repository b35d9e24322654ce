"""What kind of evidence a question asks for. The tenant is that of test_understand."""

import pytest
from tests.analyst.planner.test_understand import read


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        ("read me one of the comments people typed next to a poor rating", ("low_rated",)),
        ("when ppl leave a low rating some of them scribble a comment with it. quote me one of those comments", ("low_rated",)),
        ("what do people write in the rating feedback box", ()),
        ("any remark that came with a good mark?", ("high_rated",)),
        ("people who were given a low score, what did they jot down beside it?", ("low_rated",)),
        ("which notes were left along with bad ratings", ("low_rated",)),
    ],
)
def test_comments_beside_ratings_are_quoted(question: str, conditions: tuple[str, ...]):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.events) == ("quotes", conditions, ())


def test_comments_about_something_are_messages():
    from rapport.analyst.planner.evidence import comments_wanted

    assert not comments_wanted(read("comments on refunds").slots)
    assert not comments_wanted(read("how many ratings came with a comment").slots)


@pytest.mark.parametrize(
    "question",
    [
        "when search_docs falls flat, what error do we get back from it, literally?",
        "what message does search_docs return when it fails?",
        "the exact error text of search_docs please",
        "what does search_docs say when it breaks",
        "which error is search_docs throwing",
    ],
)
def test_the_error_of_a_tool_is_looked_up(question: str):
    assert read(question).intent == "tool_failures"


@pytest.mark.parametrize(
    ("question", "end"),
    [
        ("when did Will Hart last get in touch? The date is all I need.", "last"),
        ("last time Acme Corp talked to us?", "last"),
        ("how long ago did Globex last write", "last"),
        ("when did we first hear from Maria Chen", "first"),
        ("what day did Will Hart show up for the first time", "first"),
        ("on what date did the new prompt version of Harbor Guide first show up in conversations?", "first"),
        ("when did people first ask about refunds", "first"),
        ("when was gpt-4o last used", "last"),
    ],
)
def test_the_day_of_an_appearance_is_asked_for(question: str, end: str):
    from rapport.analyst.planner.evidence import appearance

    assert appearance(read(question).slots) == end


@pytest.mark.parametrize(
    "question",
    ["when did the rating of Harbor Guide start to fall", "which day had the most chats of Acme Corp", "when did Acme Corp first cancel"],
)
def test_other_questions_with_when_are_not_of_an_appearance(question: str):
    assert read(question).intent != "appearance"


@pytest.mark.parametrize(
    "question",
    [
        "show me one conversation in which the customer ended by asking to cancel",
        "a chat that led to a cancellation",
        "which chat came right before a cancellation?",
        "fetch me a chat that ended with the customer cancelling",
        "any dialogue that culminated in a cancellation",
        "the conversation right before the latest cancellation, which one is it?",
    ],
)
def test_a_conversation_is_asked_for_by_the_event_it_led_to(question: str):
    reading = read(question)
    assert reading.intent == "examples"
    assert reading.filter().get("ledTo") == ["subscription_cancelled"]


@pytest.mark.parametrize("question", ["a conversation of someone who cancelled", "show chats of customers that cancelled"])
def test_a_conversation_is_asked_for_by_whose_it_is(question: str):
    assert read(question).filter().get("eventTypes") == ["subscription_cancelled"]


LISTED = "*topics by conversations*\n\n1. **Acme Corp**: 9 conversations\n2. **Globex**: 3 conversations"
SHOWN = "*conversations · all time*\n\n**`w-0042`**: “Where is it?” (Will Hart, Globex, 3 Nov 2026), about Harbor Guide."


@pytest.mark.parametrize("question", ["and the one before that", "the previous conversation", "show me the chat just before it"])
def test_the_conversation_before_the_one_that_is_shown(question: str):
    reading = read(question, ("a conversation about refunds", SHOWN))
    assert (reading.intent, reading.slots.conversation_ids) == ("conversation_before", ("w-0042",))
