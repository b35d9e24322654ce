"""Facts that a question asks of each conversation, told in many words. The tenant is that of test_understand."""

import pytest
from tests.analyst.planner.test_understand import read


@pytest.mark.parametrize(
    "question",
    [
        "a chat in which somebody demanded a living, breathing human being",
        "got a thread where somebody demands a real human instead of the bot?",
        "show a chat where the user insisted on speaking to an actual person",
        "one session where they asked to be put through to an operator",
        "any dialogue in which people begged for a member of staff?",
        "a conversation with a customer who would rather talk to someone of flesh and blood",
    ],
)
def test_a_human_is_asked_for(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.subject) == ("examples", ("handover",), "")


@pytest.mark.parametrize("question", ["what do people say about human resources", "I want three quotes of real people on billing"])
def test_a_human_that_is_spoken_of_is_not_asked_for(question: str):
    assert "handover" not in read(question).conditions


@pytest.mark.parametrize(
    "question",
    [
        "dig me out a chat from Globex during which a tool call fell over",
        "an example where some tool errored out",
        "give me one session in which search_docs blew up",
        "I need the id of a chat that had a tool call end in an error",
        "a dialogue where a function timed out",
        "show me one conversation with a crashed tool call",
    ],
)
def test_a_tool_failed(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.subject) == ("examples", ("tool_failed",), "")


@pytest.mark.parametrize(
    "question",
    [
        "how many chats never got scored by anyone?",
        "number of chats nobody bothered to rate",
        "how many conversations have no verdict from the user?",
        "how many sessions went without a mark",
        "how many dialogues did not get any stars",
        "count of conversations that were left unrated",
    ],
)
def test_nobody_rated(question: str):
    reading = read(question)
    assert (reading.intent, reading.metric, reading.conditions) == ("count", "conversations", ("unrated",))


def test_a_rating_that_is_bounded_is_one():
    assert "unrated" not in read("which users gave no rating below 3").conditions


@pytest.mark.parametrize(
    "question",
    [
        "dig out a chat in which search_docs crapped out",
        "a session when search_docs croaked",
        "one conversation where our search_docs packed in",
        "show a conversation in which search_docs threw up",
        "one talk where search_docs let the user down",
    ],
)
def test_what_a_named_tool_did_in_a_conversation_is_its_failure(question: str):
    reading = read(question)
    assert (reading.intent, reading.subject) == ("examples", "")
    assert "tool_failed" in reading.conditions


@pytest.mark.parametrize("question", ["a chat where search_docs got used", "a chat in which search_docs was called up by the user"])
def test_a_named_tool_that_was_only_used_has_not_failed(question: str):
    assert "tool_failed" not in read(question).conditions


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("What slice of search_docs calls went belly up in the last 10 days?", "tool_failures"),
        ("What percentage of search_docs calls goes through without an error?", "tool_failures"),
        ("What percent of chats with search_docs had a failed call?", "count"),
    ],
)
def test_a_share_of_calls_is_of_the_tool_and_a_share_of_chats_is_not(question: str, intent: str):
    assert read(question).intent == intent


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        ("Is Acme happy with us? Average stars please", ()),
        ("tell me whether Acme is pleased with the bot: average rating?", ()),
        ("what annoyed customers most last month", ()),
        ("how many chats had happy users", ("happy",)),
        ("average rating of unhappy users", ("unhappy",)),
    ],
)
def test_a_mood_that_is_asked_about_picks_no_chats(question: str, conditions: tuple[str, ...]):
    assert read(question).conditions == conditions


@pytest.mark.parametrize(
    "question",
    [
        "Let me see one that went really badly",
        "need a transcript id from Acme Corp where it all went pear-shaped",
        "one chat that went completely off the rails",
        "show me a session of Globex that was a total disaster",
        "a conversation that went horribly wrong",
        "read me a chat that ended really badly",
    ],
)
def test_a_conversation_went_badly_in_many_words(question: str):
    reading = read(question)
    assert (reading.intent, reading.conditions, reading.subject) == ("examples", ("unhappy",), "")


@pytest.mark.parametrize(
    "question",
    [
        "Find me a customer who'd had it with the robot and asked for a real person instead",
        "a chat where somebody was fed up with the bot and demanded a human",
    ],
)
def test_the_assistant_that_somebody_turned_from_is_no_subject(question: str):
    reading = read(question)
    assert (reading.conditions, reading.subject, reading.slots.unknown) == (("handover",), "", ())


@pytest.mark.parametrize(
    "question",
    [
        "is anybody trying to con our bots into coughing up their hidden instructions? If so, which conversations?",
        "has anyone manipulated the assistant into divulging its instructions?",
    ],
)
def test_what_others_tried_to_get_out_of_an_assistant_may_be_asked(question: str):
    reading = read(question)
    assert (reading.intent, reading.declined) == ("inbox", "")
