"""The exemplar bank: well-formed, known intents, enough of each, nothing twice."""

import json
from collections import Counter
from importlib import resources

import numpy as np

from rapport.analyst.planner import exemplars
from rapport.analyst.planner.intents import INTENTS
from rapport.analyst.planner.lexicon import DIMENSIONS, METRICS

LINES = resources.files("rapport.analyst.planner").joinpath("exemplars.jsonl").read_text("utf-8").splitlines()
EXEMPLARS = [json.loads(line) for line in LINES]


def test_every_line_is_a_text_with_a_known_intent():
    for exemplar in EXEMPLARS:
        assert set(exemplar) in ({"text", "intent"}, {"text", "intent", *exemplars.ASKS})
        assert exemplar["intent"] in INTENTS
        assert 0 < len(exemplar["text"].strip()) <= 4000


def test_what_is_asked_has_the_names_that_the_tools_know():
    asked = [exemplar for exemplar in EXEMPLARS if "metric" in exemplar]
    assert {exemplar["metric"] for exemplar in asked} <= {*METRICS, "one_star", "rated_share", "-"}
    assert {exemplar["dimension"] for exemplar in asked} <= {*DIMENSIONS, "plan", "country", "rating", "-"}
    assert {exemplar["order"] for exemplar in asked} == {"high", "low", "-"}


def test_no_text_occurs_twice():
    counted = Counter(exemplar["text"].lower() for exemplar in EXEMPLARS)
    assert [text for text, times in counted.items() if times > 1] == []


def test_every_intent_has_enough_exemplars():
    counted = Counter(exemplar["intent"] for exemplar in EXEMPLARS)
    assert {intent for intent in INTENTS if counted[intent] < 30} == set()
    assert len(EXEMPLARS) >= 1500


def test_the_shipped_weights_were_made_of_these_exemplars():
    """Else: `make train-heads`."""
    made = exemplars.fitted()
    assert made.digest == exemplars.digest()
    assert made.rows.shape == (len(EXEMPLARS), exemplars.WIDTH)
    assert len(made.words) == len(made.both) == len(EXEMPLARS)


def test_the_shipped_index_is_of_the_terms_that_a_question_has_today():
    """Else: `make train-heads`, which is due when the lexicon or the stems change."""
    made = exemplars.Index.made([exemplar["text"] for exemplar in EXEMPLARS])
    assert all(np.array_equal(one, other) for one, other in zip(made, exemplars.fitted().index, strict=True))


def test_weights_by_words_know_their_own_exemplars():
    bank = exemplars.bank()
    chosen = exemplars.exemplars()[::40]
    votes = [bank.vote(bank.similarities(exemplar.text)) for exemplar in chosen]
    right = [max(vote, key=vote.__getitem__) == exemplar.intent for vote, exemplar in zip(votes, chosen, strict=True)]
    assert sum(right) / len(right) > 0.95
