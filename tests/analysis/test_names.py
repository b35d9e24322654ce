"""Names are whole phrases in the members' words."""

import pytest

from rapport.analysis.clustering import normalise
from rapport.analysis.names import name_topics
from rapport.analysis.terms import TermSpace


def names(*topics: list[str]) -> list[str]:
    texts = [text for topic in topics for text in topic]
    encode = TermSpace.fit(texts).encode
    return name_topics(topics, normalise(encode([" ".join(topic) for topic in topics])), encode)


OTHER = ["where is my parcel", "parcel not delivered", "parcel is late", "track my parcel delivery"]


@pytest.mark.parametrize(
    ("said", "cut"),
    [
        (["google pay top up", "use google pay top up", "google pay top up failed", "google pay top up please"], "top"),
        (["hotels in San Jose", "find hotels in San Jose", "cheap hotels in San Jose", "hotels in San Jose now"], "san"),
        (["card not working in the shop", "my card not working", "the card not working and blocked", "card not working"], "not"),
    ],
)
def test_no_name_is_cut_in_two(said: list[str], cut: str):
    name = names(said, OTHER)[0]
    assert not name.endswith(cut)
    assert 1 <= len(name.split()) <= 5


def test_two_topics_never_bear_one_name():
    assert len(set(names(OTHER, OTHER, OTHER))) == 3


def test_one_word_messages_have_a_name_too():
    assert names(["refund", "refund", "refund!"], OTHER)[0] == "refund"
