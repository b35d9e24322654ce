"""Topics: found without labels, named in the members' words, and stable from one fit to the next."""

from uuid import UUID

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rapport.analysis import topics

SUBJECTS = {
    "refund": [
        "I want a refund for my order",
        "refund my order please",
        "when will my refund arrive",
        "my refund is missing",
    ],
    "password": ["I forgot my password", "reset my password please", "the password reset link is broken", "how to change my password"],
    "delivery": ["where is my parcel", "the parcel delivery is late", "track my parcel delivery", "my parcel was not delivered"],
}
ENDINGS = ["", " again", " since monday", " for my mother", " on the phone", " in the app", " at night", " really"]


def openings(*subjects: str, copies: int = 8) -> list[str]:
    return [text + ending for subject in subjects for text in SUBJECTS[subject] for ending in ENDINGS[:copies]]


def names_of(model: topics.TopicModel) -> list[str]:
    return [topic.name for topic in model.topics]


def test_fewer_than_twelve_conversations_have_no_topics():
    assert topics.fit(openings("refund")[:11], None) is None
    assert topics.fit(["", "  "] * 20, None) is None


def test_each_subject_is_one_topic_with_a_name_in_its_words():
    texts = openings("refund", "password", "delivery")
    model = topics.fit(texts, None, k=3)
    assert model is not None
    hits = model.assign(None, texts)
    for start, subject in zip(range(0, 96, 32), ("refund", "password", "parcel"), strict=True):
        found = [hit for hit in hits[start : start + 32] if hit]
        names = {hit.topic for hit in found}
        assert len(names) == 1
        assert len(found) == 32
        assert subject in names.pop()
    assert all(1 <= len(name.split()) <= 5 for name in names_of(model))


def test_a_fit_is_repeatable_and_survives_storage():
    texts = openings("refund", "password", "delivery")
    model = topics.fit(texts, None)
    assert model is not None
    assert topics.fit(texts, None).to_bytes() == model.to_bytes()
    assert topics.TopicModel.from_bytes(model.to_bytes()).assign(None, texts) == model.assign(None, texts)


def test_bytes_of_something_else_are_refused():
    with pytest.raises(ValueError, match="fit the topics again"):
        topics.TopicModel.from_bytes(b"\x81\xa1a\x01")


def test_a_refit_keeps_ids_and_names_of_topics_that_are_still_there():
    before = topics.fit(openings("refund", "password"), None, k=2)
    assert before is not None
    after = topics.fit(openings("refund", "password", "delivery"), None, k=3, previous=before)
    assert after is not None
    kept = {topic.id: topic.name for topic in before.topics}
    assert kept.items() <= {topic.id: topic.name for topic in after.topics}.items()
    assert len({topic.id for topic in after.topics}) == 3
    assert len(set(names_of(after))) == 3


def test_a_refit_that_may_rename_gives_the_names_of_a_first_fit():
    before = topics.fit(openings("refund", "password", copies=2), None, k=2)
    fresh = topics.fit(openings("refund", "password"), None, k=2)
    after = topics.fit(openings("refund", "password"), None, k=2, previous=before, keep_names=False)
    assert before is not None
    assert fresh is not None
    assert after is not None
    assert {topic.id for topic in after.topics} == {topic.id for topic in before.topics}
    assert names_of(after) == names_of(fresh)


@given(st.randoms(use_true_random=False))
@settings(max_examples=5, deadline=None)
def test_the_order_of_the_conversations_does_not_matter(random):
    texts = openings("refund", "password", "delivery")
    first = topics.fit(texts, None, k=3)
    random.shuffle(texts)
    shuffled = topics.fit(texts, None, k=3)
    assert first is not None
    assert shuffled is not None
    assert shuffled.to_bytes() == first.to_bytes()


def test_what_no_topic_knows_is_none_and_raises_the_alarm():
    model = topics.fit(openings("refund", "password"), None, k=2)
    assert model is not None
    assert model.assign(None, ["zzz qqq", ""]) == [None, None]
    assert model.novelty(model.assign(None, openings("refund", "password"))) < 0.05
    assert model.novelty(model.assign(None, ["zzz qqq"] * 10)) == 1.0


def test_names_hold_no_identifiers():
    people = [f"please refund order {1000 + i} of Jane{i} Doe jane{i}@example.com" for i in range(30)]
    model = topics.fit(people + openings("password"), None, k=2)
    assert model is not None
    assert not any(char.isdigit() or char == "@" for name in names_of(model) for char in name)
    assert "doe" not in {word for name in names_of(model) for word in name.split()} or "refund" in " ".join(names_of(model))


@pytest.mark.parametrize(
    ("said", "kept"),
    [
        ("Hi there, my card is lost. Thanks!", "my card is lost."),
        ("hello", ""),
        ("Good morning team! Where is my order? Thank you so much in advance :)", "Where is my order?"),
        ("thanks for your help", ""),
        ("high fees", "high fees"),
        ("I want to thank you page removed", "I want to thank you page removed"),
    ],
)
def test_courtesy_is_no_subject(said: str, kept: str):
    assert topics.strip_courtesy(said) == kept


def test_the_opening_is_the_first_three_messages_that_say_something():
    said = ["hi", "my card is lost", "thanks", "?", "it was stolen", "in Paris", "yesterday"]
    assert topics.opening(said) == ("my card is lost", "it was stolen", "in Paris")


@settings(max_examples=25, deadline=None)
@given(st.integers(12, 60), st.integers(2, 20), st.integers(0, 5), st.one_of(st.none(), st.integers(1, 80)))
def test_any_vectors_make_a_model_that_knows_its_own(count: int, dimensions: int, seed: int, k: int | None):
    rows = np.random.default_rng(seed).normal(size=(count, dimensions)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    texts = [f"text number {i}" for i in range(count)]

    def encode(spans):
        return np.resize(rows, (len(spans), dimensions))

    model = topics.fit(texts, rows, method="test", encode=encode, k=k)
    assert model is not None
    assert sum(topic.size for topic in model.topics) == count
    assert {topic.group_id for topic in model.topics} == {group.id for group in model.groups}
    assert sum(hit is not None for hit in model.assign(rows)) >= 0.9 * count
    assert len(set(names_of(model))) == len(model.topics)


def test_the_half_of_a_split_thing_does_not_keep_the_name_of_the_other_half():
    alarms, films, balance = (UUID(int=i) for i in (1, 2, 3))
    # `films` was one with the alarms, and named after them; the refit finds the alarms by themselves
    kept = topics._kept_names([(films, "movie to watch"), (alarms, "add an alarm")], {films: "add an alarm"})
    assert kept == ["movie to watch", "add an alarm"]
    assert topics._kept_names([(films, "watch a movie")], {films: "movie to watch"}) == ["movie to watch"]
    assert topics._kept_names([(films, "watch"), (balance, "watch 2")], {films: "see a film", balance: "watch 2"}) == [
        "see a film",
        "watch 2",
    ]
