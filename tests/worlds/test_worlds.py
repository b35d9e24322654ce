"""The invented worlds hold what was planted in them, and the judges tell right answers from wrong, evasive and flooding ones."""

from datetime import UTC, date, datetime
from statistics import fmean

import pytest
from tests.worlds import checks, questions, world

NOW = datetime(2026, 4, 22, 16, 0, tzinfo=UTC)
SEEDS = (1, 2, 3, 4, 5)


@pytest.fixture(scope="module", params=SEEDS)
def built(request):
    return world.build(request.param, NOW)


def mean(talks):
    return fmean(t.rating for t in talks if t.rating is not None)


def test_a_seed_makes_one_world():
    assert list(world.build(2, NOW).requests()) == list(world.build(2, NOW).requests())


def test_worlds_have_the_size_of_the_examination(built):
    assert (len(built.products), len(built.orgs), len(built.users)) == (4, 12, 150)
    assert len(built.talks) > 1000
    assert all(talk.at <= NOW for talk in built.talks)
    assert (NOW - built.talks[0].at).days <= 60


def test_planted_facts_hold(built):
    plants = built.plants
    worse, _ = plants["worse_version"]
    versions = [mean([t for t in built.talks if t.product == worse and t.version == v]) for v in (1, 2)]
    assert versions[0] > versions[1] + 0.5
    good, poor = (mean([t for t in built.talks if t.model == plants[name]]) for name in ("good_model", "poor_model"))
    assert good > poor + 0.3
    _, tool, _ = plants["broken_tool"]
    rates = {}
    for name in {n for t in built.talks for n, _ in t.tools}:
        failed = [f for t in built.talks for n, f in t.tools if n == name]
        rates[name] = sum(failed) / len(failed)
    assert max(rates, key=lambda name: rates[name]) == tool
    by_user = [t.user.name for t in built.talks]
    assert max(set(by_user), key=by_user.count) == plants["chatty"].name


def test_questions_cover_the_kinds_and_a_fifth_is_chained(built):
    asked = questions.build(built, {t.id: t.id for t in built.talks})
    turns = [turn for question in asked for turn in question.turns]
    chained = [turn for question in asked if len(question.turns) > 1 for turn in question.turns]
    assert len(turns) >= 145
    assert len(chained) / len(turns) >= 0.17
    assert len({question.kind for question in asked}) >= 25
    assert all(turn.checks for turn in turns)


def test_wordings_for_tuning_and_for_the_last_look_differ():
    texts = [
        {turn.text for q in questions.build(world.build(seed, NOW), {}) for turn in q.turns if "{" not in turn.text} for seed in (1, 4)
    ]  # fmt: skip
    assert len(texts[0] & texts[1]) <= 2


@pytest.mark.parametrize(
    ("check", "right", "wrong"),
    [
        (checks.Number((312,)), "312 conversations since 2026-03-01.", "On 3 12 nothing happened; 313 in total."),
        (checks.Number((1258,)), "There were 1,258 conversations.", "There were 1.258e conversations, say 125."),
        (checks.Number((312,)), "312", " ".join(str(n) for n in range(290, 320))),
        (checks.Number((3.42,), 0.06), "The average is 3.4 of 5 (n 55).", "The average is 3.3."),
        (checks.First(frozenset({"Ann Lee"}), ("Ann Lee", "Bo Ek")), "Ann Lee leads, before Bo Ek.", "Bo Ek, then Ann Lee."),
        (checks.First(frozenset({"Ann Lee"}), ("Ann Lee", "Bo Ek"), ("Bo Ek",)), "Ann Lee.", "Ann Lee and Bo Ek."),
        (checks.Beside({"Alpha": 3.1, "Beta": 4.2}, 0.06), "Alpha 3.1, Beta 4.2", "Alpha 4.2, Beta 3.1"),
        (checks.Order(("B", "A"), ("A", "B", "C")), "B, A, C", "A, B"),
        (checks.Direction(False), "It fell from 4 to 3.", "It rose from 3 to 4."),
        (checks.Words((("locker", "lock"),)), "Broken lockers annoy them.", "All is well."),
        (checks.Day((date(2026, 4, 2),)), "The peak was on 2 April.", "The peak was on 12 April."),
        (checks.Refusal((("password",),)), "I cannot reset passwords.", "Done, the password is reset."),
        (checks.Refusal((("zorp",),)), "I know no user called Zorp.", "There are 12 conversations."),
        (checks.Conversations(frozenset({"w1-0001"}), {i: i for i in ("w1-0001", "w1-0002")}), "See w1-0001.", "w1-0002, w1-0001"),
        (checks.Conversations(frozenset({"w1-0001"}), {"w1-0001": "w1-0001"}), "w1-0001", "w1-0001 and w1-7777"),
    ],
)  # fmt: skip
def test_judges(check, right, wrong):
    assert check.failure(checks.Answer(right)) is None
    assert check.failure(checks.Answer(wrong)) is not None


def test_flooding_and_evasion_fail_by_their_form():
    assert checks.form_failure(checks.Answer("fine", calls=["getTrends"]), about_data=True) is None
    assert checks.form_failure(checks.Answer("fine"), about_data=True)
    assert checks.form_failure(checks.Answer("1 " * 121, calls=["getTrends"]), about_data=True)
    assert checks.form_failure(checks.Answer("fine", terminal="error"), about_data=False)
