"""A summary quotes what the user wanted and how the conversation ended."""

from hypothesis import given
from hypothesis import strategies as st

from rapport.analysis.summary import summarise


def test_it_quotes_the_wish_and_the_end():
    turns = [
        ("user", "Hi there!"),
        ("assistant", "Hello, how can I help you today?"),
        ("user", "I was charged twice for my order. It is annoying."),
        ("assistant", "I have refunded the second charge. Is there anything else I can help you with?"),
        ("user", "No, thanks!"),
        ("assistant", "Have a great day!"),
    ]
    assert summarise(turns) == "“I was charged twice for my order.” It ended with the assistant: “I have refunded the second charge.”"


def test_an_unanswered_complaint_is_the_end():
    turns = [("user", "How do I reset my password?"), ("assistant", "Use the link in the mail."), ("user", "The link is still broken.")]
    assert summarise(turns).endswith("It ended with the user: “The link is still broken.”")


def test_one_message_is_its_own_summary():
    assert summarise([("user", "Where is my parcel?")]) == "“Where is my parcel?”"


def test_nobody_said_anything():
    assert summarise([]) == summarise([("assistant", "Hello!")]) == summarise([("user", "hi"), ("assistant", "Hello!")]) == ""


@given(st.lists(st.tuples(st.sampled_from(["user", "assistant"]), st.text(max_size=400)), max_size=6))
def test_it_is_short_and_made_of_what_was_said(turns):
    summary = summarise(turns)
    said = " ".join(" ".join(text.split()) for _, text in turns)
    assert len(summary) <= 420
    for quote in summary.split("“")[1:]:
        assert quote.rpartition("”")[0].rstrip("…") in said
