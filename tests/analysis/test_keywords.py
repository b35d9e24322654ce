"""Keywords are the user's own subjects: no stop words, no people, no numbers."""

from hypothesis import given
from hypothesis import strategies as st

from rapport.analysis import keywords


def test_phrases_that_return_come_first():
    said = ["There is a double charge on my statement", "I want a refund of the double charge", "When will the refund arrive?"]
    assert keywords.extract(said)[:2] == ("double charge", "refund")


def test_identifiers_and_introduced_people_are_left_out():
    said = ["Hi, my name is Jane Doe, mail jane@example.com, order 12345, my parcel is late"]
    found = " ".join(keywords.extract(said))
    assert "parcel" in found
    assert not any(word in found for word in ("jane", "doe", "example", "12345"))


def test_particles_stay_and_plurals_go():
    assert keywords.extract(["my top-ups and cards"]) == ("card", "top up") or keywords.extract(["top up fees"]) == ("top up fee",)
    assert [keywords.singular(word) for word in ("fees", "companies", "boxes", "address", "bus", "movies")] == [
        "fee", "company", "box", "address", "bus", "movie",
    ]  # fmt: skip


def test_rare_words_weigh_more_where_frequencies_are_known():
    said = ["my account shows a chargeback"]
    assert keywords.extract(said, shares={"account": 0.9, "chargeback": 0.01})[0] == "chargeback"


def test_groups_are_told_apart():
    fees = ["refund of my card fee", "refund the card fee", "card fee refund"]
    delays = ["card arrived late", "my card is late", "late card delivery"]
    first, second = keywords.distinctive([fees, delays])
    assert {"card fee", "refund"} <= set(first)
    assert "late" in " ".join(second)
    assert "refund" not in " ".join(second)


def test_nothing_said_gives_nothing():
    assert keywords.extract([]) == ()
    assert keywords.extract(["ok thanks", "😀", "123"]) == ()


@given(st.lists(st.text(max_size=100), max_size=5))
def test_any_text_gives_at_most_eight(said: list[str]):
    found = keywords.extract(said)
    assert len(found) <= 8
    assert all(keyword and keyword == keyword.strip() for keyword in found)
    assert len(set(found)) == len(found)


def test_sounds_and_vague_amounts_are_no_keywords():
    assert keywords.extract(["Oh, a ton of others, um, whatever", "ah ok, hmm, loads of ones"]) == ()
    assert set(keywords.extract(["my tv and the VR set, as ge said"])) == {"tv", "vr set"}
