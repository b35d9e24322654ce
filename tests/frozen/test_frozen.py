"""The frozen world holds what was planted, and its judges tell right from wrong."""

from datetime import UTC, datetime

import pytest
from tests.frozen import figures, questions, world
from tests.frozen.world import BAD_MODEL, mean

NOW = datetime(2026, 9, 17, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def built():
    return world.build(NOW)


def test_the_world_is_the_same_each_time_and_large_enough(built):
    assert list(world.build(NOW).requests()) == list(built.requests())
    assert (len(built.products), len(built.users)) == (4, 150)
    assert len(built.talks) > 1000
    assert all(0 <= (NOW - talk.at).days <= 60 for talk in built.talks)


def test_the_planted_facts_have_clear_margins(built):
    def of(fits):
        return [talk for talk in built.talks if fits(talk)]

    assert {talk.user.org.name for talk in built.talks if talk.model == BAD_MODEL} == {"Granite Logistics"}
    assert (
        mean(of(lambda t: t.model == BAD_MODEL)) < mean(of(lambda t: t.user.org.name == "Granite Logistics" and t.model != BAD_MODEL)) - 0.5
    )
    versions = [mean(of(lambda t, v=version: t.product["name"] == "Souschef" and t.version == v)) for version in (1, 2)]
    assert versions[0] > versions[1] + 0.5
    days = [talk.at.date() for talk in built.talks]
    assert max(set(days), key=days.count) == built.plants["spike"]


def test_questions_are_many_and_a_fifth_of_the_turns_is_chained(built):
    asked = questions.build(built, {talk.id: talk.id for talk in built.talks})
    turns = [turn for question in asked for turn in question.turns]
    chained = [question for question in asked if len(question.turns) > 1]
    assert len(turns) >= 160
    assert 0.18 <= sum(len(question.turns) for question in chained) / len(turns) <= 0.3
    told = [question for question in chained if not question.stored]
    assert len(told) >= 6
    assert all(turn.checks for turn in turns)


def test_a_figure_that_follows_from_nothing_is_told(built):
    tax = [talk for talk in built.talks if talk.product["name"] == "TaxTurtle"]
    right = f"TaxTurtle had {len(tax)} conversations, rated {mean(tax):.2f} of 5."
    assert figures.unsupported(built, "how is TaxTurtle?", right) == []
    assert figures.unsupported(built, "how is TaxTurtle?", f"TaxTurtle had {len(tax)} conversations and 98765 visits.")
