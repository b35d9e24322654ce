"""The period of a request that is set outside of it. The tenant is that of test_understand."""

from datetime import date

import pytest
from tests.analyst.planner.test_understand import read


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("Were we busy last weekend? Tell me how many conversations there were with all our bots together", (2026, 11, 14), (2026, 11, 15)),
        ("Were people happy from 3 to 9 November? I want the average stars and how many were rated", (2026, 11, 3), (2026, 11, 9)),
    ],
)
def test_a_question_before_the_request_sets_its_days(question: str, since: tuple[int, int, int], until: tuple[int, int, int]):
    reading = read(question)
    assert reading.period is not None
    assert (reading.period.since, reading.period.until) == (date(*since), date(*until))
    assert not reading.thresholds, "3 to 9 November is no grade"


@pytest.mark.parametrize(
    "question",
    [
        "Have enterprise stars tanked in the last 7 days vs how they were before?",
        "Enterprise ratings over the last 7 days against what they were earlier, please compare",
    ],
)
def test_a_span_against_how_it_was_before_is_a_change(question: str):
    assert read(question).intent == "change"


@pytest.mark.parametrize(
    "question",
    [
        "How many different users were active in the last 30 days, and how many in the 30 days before that?",
        "Number of people who wrote in the past 7 days against the 7 before?",
    ],
)
def test_heads_of_two_spans_are_a_change_of_users(question: str):
    reading = read(question)
    assert (reading.intent, reading.metrics, reading.subject) == ("change", ("users",), "")
