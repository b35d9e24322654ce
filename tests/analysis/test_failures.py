"""What fails a user: an empty search and a refusal, not a fact about the world."""

import pytest
from tests.analysis.conversations import LEXICAL, conversation

from rapport.analysis import failures, phrases, pipeline
from rapport.analysis.dialogue import Utterance
from rapport.domain.analysis import Analysis


def failure(asked: str, reply: str) -> str | None:
    found = failures.find(Utterance(1, reply, reply, reply), Utterance(0, asked, asked, asked))
    return found.signal if found else None


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("Does it have a sauna?", "No, there is no sauna."),
        ("Is there wifi?", "Unfortunately, there isn't wifi at this hotel."),
        ("Do they serve wine?", "They do not serve alcohol."),
        ("Is there a fee?", "There is no fee."),
        ("Can you tell me if it has parking?", "It does not have parking."),
        ("Are pets welcome?", "Pets are not allowed."),
        ("What does it cost?", "It costs 20 dollars."),
        ("That is right. Is wifi available?", "It is booked, but wifi is not available."),
        ("Do they have any outside tables? I'd also like the number.", "They have no outside tables. It is 555 0100."),
    ],
)
def test_a_fact_is_an_answer(asked: str, reply: str):
    assert failure(asked, reply) is None


@pytest.mark.parametrize(
    ("asked", "reply"),
    [
        ("I need a hotel with a sauna.", "I'm sorry, there are no hotels with a sauna."),
        ("Find me a Thai place.", "No restaurants match your request."),
        ("Find flights to Oslo.", "There aren't any on that day."),
        ("Is there any other hotel?", "There is no other hotel."),
        ("Is there a bakery?", "There is no bakery in that area."),
        ("Are there seats left?", "It is fully booked."),
        ("Yes, that's correct.", "That slot is not available any more."),
        ("Show me my order.", "I can see none of your orders."),
    ],
)
def test_an_empty_search_fails_the_user(asked: str, reply: str):
    assert failure(asked, reply) == "nothing found"


@pytest.mark.parametrize(
    "reply", ["The booking was unsuccessful.", "Something went wrong.", "I am not able to change it.", "I do not know."]
)
def test_what_could_not_be_done_failed(reply: str):
    assert failure("Book it.", reply) == "failed reply"


def test_not_understood_is_its_own_kind():
    assert failure("Book it.", "Sorry, I did not understand that.") == "misunderstood"


def analysed(*messages: tuple[str, str]) -> Analysis:
    [result] = pipeline.analyse([conversation(*messages)], LEXICAL)
    assert isinstance(result, Analysis)
    return result


def test_a_fact_is_no_struggle_and_no_cause():
    told = analysed(("user", "Does it have a sauna?"), ("assistant", "No, there is no sauna."), ("user", "Ok. Which floor?"))
    assert told.struggle == 0
    assert told.root_cause is None


def test_thanks_after_answers_are_a_resolution():
    informed = analysed(
        ("user", "Is there a lift?"), ("assistant", "No, there is no lift."), ("user", "And what is the address?"),
        ("assistant", "12 High Street."), ("user", "Thank you, that's all."), ("assistant", "Goodbye."),
    )  # fmt: skip
    failed = analysed(("user", "Book a room"), ("assistant", "I'm sorry, I couldn't book it."), ("user", "Ok, thanks anyway."))
    unanswered = analysed(("user", "Where is my order?"), ("user", "Thanks."))
    assert informed.resolution > 0.85  # type: ignore[operator]
    assert failed.resolution < 0.55  # type: ignore[operator]
    assert unanswered.resolution < 0.55  # type: ignore[operator]


@pytest.mark.parametrize(
    ("pattern", "said"),
    [
        (phrases.FRUSTRATED, "it does not work"),
        (phrases.CONFUSED, "I do not understand"),
        (phrases.CORRECTION, "that is the complete wrong one, you got the wrong day"),
        (phrases.URGENT_LEAVING, "I want my money back"),
        (phrases.URGENT_LEAVING, "cancel my premium plan"),
        (phrases.MISUNDERSTOOD, "could you please rephrase that"),
    ],
)
def test_optional_words_of_a_wording_keep_their_spaces(pattern, said: str):
    assert pattern.search(said)


def test_thanks_for_nothing_are_no_thanks():
    assert phrases.THANKS.search("thank you for nothing") is None
    assert phrases.THANKS.search("thank you for everything")
