"""Recognising the template that a text was rendered from."""

from hypothesis import given
from hypothesis import strategies as st

from rapport.domain import templates

TEMPLATE = "You are the assistant of {{shop}}. Be kind, be brief.\nThe customer is called {{name}}."


def test_exact_rendering_gives_the_variables():
    found = templates.recognise(TEMPLATE, "You are the assistant of Kiosk 9. Be kind, be brief.\nThe customer is called Ann Lee.")
    assert found
    assert (found.confidence, found.variables) == ("exact", {"shop": "Kiosk 9", "name": "Ann Lee"})


def test_case_and_white_space_make_it_high():
    found = templates.recognise(TEMPLATE, "you are the ASSISTANT of Kiosk 9.  Be kind, be brief. The customer is called Ann Lee.")
    assert found
    assert (found.confidence, found.variables) == ("high", {"shop": "Kiosk 9", "name": "Ann Lee"})


def test_a_changed_word_makes_it_medium():
    template = "You are the assistant of {{shop}} and answer questions about orders, parcels, refunds and returns politely."
    found = templates.recognise(
        template, "You are the assistant of Kiosk 9 and answer questions about orders, parcels, refunds and claims politely."
    )
    assert found
    assert (found.confidence, found.variables) == ("medium", {"shop": "Kiosk 9"})


def test_other_texts_are_not_recognised():
    assert templates.recognise(TEMPLATE, "You write poems about the sea.") is None


def test_a_placeholder_stands_for_one_text():
    assert templates.recognise("{{a}} and {{a}}!", "x and y!") is None
    assert templates.recognise("{{a}} and {{a}}!", "x and x!").variables == {"a": "x"}


def test_almost_fitting_text_takes_no_exponential_time():
    template = "".join(f"{{{{v{i}}}}} a " for i in range(200))
    assert templates.recognise(template, "a " * 5_000 + "b") is None


words = st.text("abcdefghij", min_size=1, max_size=8)
literal = st.lists(words, min_size=3, max_size=12).map(" ".join)


@given(
    literals=st.lists(literal, min_size=2, max_size=4), values=st.lists(st.text("KLMNOP ", min_size=1, max_size=20), min_size=3, max_size=3)
)
def test_each_rendering_is_exact_and_found_by_its_anchors(literals, values):
    names = [f"v{i}" for i in range(len(literals) - 1)]
    template = literals[0] + "".join(f" {{{{{name}}}}} {run}" for name, run in zip(names, literals[1:], strict=True))
    text = templates.fill(template, dict(zip(names, values, strict=False)))
    found = templates.recognise(template, text)
    assert found
    assert found.confidence == "exact"
    assert templates.fill(template, found.variables) == text
    assert templates.anchors(template) <= templates.text_anchors(text)
