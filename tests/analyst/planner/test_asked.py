"""Figures that are asked for: counts with their bounds, periods beside each other, peaks, and people hit by a failing tool."""

from datetime import date

import pytest
from tests.analyst.planner.test_understand import NAMES, read

from rapport.analyst.planner.answers.sides import sets_failures_beside
from rapport.analyst.planner.asked import hours
from rapport.analyst.planner.essence import essence
from rapport.analyst.planner.setting import Setting, Turn
from rapport.analyst.planner.understand import understand


@pytest.mark.parametrize(
    ("question", "intent", "scope"),
    [
        ("users with >= 18 chats: how many?", "count", "at least 18 conversations each · all time"),
        ("accounts having fewer than 8 conversations, how many are they?", "count", "fewer than 8 conversations each · all time"),
        ("how often were we given a single star? I can bear it, just say how many times.", "count", "rated exactly 1 · all time"),
        ("out of every hundred marks, how many are a four or a five?", "count", "rated at least 4 · all time"),
        ("what portion of all our stars are a one or a two", "count", "rated at most 2 · all time"),
    ],
)
def test_what_is_counted_and_by_which_bound(question: str, intent: str, scope: str):
    assert (read(question).intent, read(question).scope()) == (intent, scope)


@pytest.mark.parametrize(
    ("question", "metrics"),
    [("users with >= 18 chats: how many?", "users"), ("accounts below 8 conversations, how many are they?", "organizations")],
)
def test_a_count_asked_for_at_the_end_counts_what_stands_first(question: str, metrics: str):
    assert read(question).metric == metrics


@pytest.mark.parametrize(
    ("question", "against"),
    [
        ("last week vs the one before: conversations, up or down?", (date(2026, 11, 2), date(2026, 11, 8))),
        ("number of chats in the past 30 days and in the 30 before, up or down?", (date(2026, 9, 23), date(2026, 10, 22))),
        ("how many chats in the past two weeks, compared with the two weeks before?", (date(2026, 10, 25), date(2026, 11, 7))),
        ("chats in the last 7 days against the 7 before", (date(2026, 11, 8), date(2026, 11, 14))),
        ("chats in the last 7 days relative to the preceding 7", (date(2026, 11, 8), date(2026, 11, 14))),
        ("chats in the last 7 days vs the previous 7 days", (date(2026, 11, 8), date(2026, 11, 14))),
    ],
)
def test_the_one_before_is_as_long_and_ends_where_the_other_begins(question: str, against: tuple[date, date]):
    reading = read(question)
    assert reading.intent == "change"
    assert reading.against is not None
    assert (reading.against.since, reading.against.until) == against


def test_more_often_than_before_sets_a_span_beside_the_one_before_it():
    reading = read("is search_docs erroring out more often or less often these past ten days than before?")
    assert (reading.intent, reading.metrics[:1], reading.scope()) == ("change", ("tool_failures",), "search_docs · 12–21 Nov 2026")


@pytest.mark.parametrize(
    "question",
    [
        "until 5 November Harbor Guide was loved by all, and then the stars went out. Why?",
        "Harbor Guide did fine up to 5 November and then its ratings collapsed. Why?",
    ],
)
def test_a_why_of_what_came_after_the_day_is_of_the_time_after(question: str):
    reading = read(question)
    assert (reading.intent, reading.period and reading.period.since) == ("why", date(2026, 11, 6))


@pytest.mark.parametrize(
    ("question", "intent", "dimension"),
    [
        ("Harbor Guide: peak day by conversation count?", "ranking", "day"),
        ("what was the record number of chats in a single day, and when?", "ranking", "day"),
        ("when did the chats of Harbor Guide peak?", "ranking", "day"),
    ],
)
def test_a_peak_is_the_day_with_the_most(question: str, intent: str, dimension: str):
    assert (read(question).intent, read(question).dimension) == (intent, dimension)


@pytest.mark.parametrize(
    "question", ["how many different people were hit by a failing search_docs?", "how many users did search_docs let down?"]
)
def test_the_people_hit_by_a_tool_are_counted(question: str):
    reading = read(question)
    assert (reading.intent, reading.metric, reading.conditions) == ("count", "users", ("tool_failed",))


@pytest.mark.parametrize(
    ("question", "metric", "order"),
    [
        ("which account with at least 100 conversations is the least satisfied?", "rating", "lowest"),
        ("among firms with 50 chats or more, which is rated worst?", "rating", "lowest"),
        ("of the users with at least ten chats, who is the happiest?", "sentiment", "highest"),
        ("which account with at least 5 chats has the best quality index?", "quality_index", "highest"),
    ],
)
def test_the_words_of_a_bound_are_no_figure_and_no_end(question: str, metric: str, order: str):
    assert (read(question).metric, read(question).order) == (metric, order)


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("Total of October, whole month, all products, conversations.", "conversations"),
        ("Starting with 12 November (that day included) and up to now: conversations handled by gpt-4o?", "conversations"),
        ("how many products had conversations in October?", "products"),
    ],
)
def test_what_a_count_only_runs_over_is_not_counted(question: str, metric: str):
    assert read(question).metric == metric


@pytest.mark.parametrize("question", ["what share of our chats is handled by gpt-4o?", "out of every rating, what percentage is a five?"])
def test_a_share_of_one_part_is_a_count(question: str):
    assert read(question).intent == "count"


def test_the_day_of_the_week_is_no_day():
    assert read("Which day of the week do we get the most traffic on?").dimension == "weekday"


@pytest.mark.parametrize(
    ("question", "period", "against"),
    [
        ("rating of Harbor Guide, last 7 days against everything earlier: up or down?", "2026-11-15", "None"),
        ("did the rating of Harbor Guide fall in the last 14 days, next to the time before?", "2026-11-08", "2026-10-25"),
        ("does search_docs fail more often than it did a month ago?", "2026-10-22", "2026-09-21"),
        ("is Harbor Guide rated better than two weeks ago?", "2026-11-15", "2026-11-02"),
    ],
)
def test_a_time_before_is_a_second_period(question: str, period: str, against: str):
    reading = read(question)
    assert reading.period
    assert reading.against
    assert (str(reading.period.since), str(reading.against.since)) == (period, against)


def test_more_than_some_weeks_ago_is_no_comparison():
    assert read("conversations of Acme Corp more than three weeks ago").against is None


@pytest.mark.parametrize(
    "question",
    ["Harbor Guide tanked about 16 days ago. What's behind it?", "Harbor Guide has been marked down since about 5 November. How come?"],
)
def test_the_reasons_of_a_fall_are_sought_from_its_day_on(question: str):
    period = read(question).period
    assert period
    assert (str(period.since), period.until) == ("2026-11-05", None)


def test_calls_that_did_not_come_back_have_failed():
    assert read("Which product suffers most from tool calls that don't come back?").metric == "tool_failures"


def test_a_place_in_a_line_is_a_ranking():
    assert read("Leave Maria Lopez out of it. Which person comes next by number of conversations?").intent == "ranking"


@pytest.mark.parametrize(
    ("question", "kept"),
    [
        ("I know the number of refund requests, but how many different people are behind it?", "refund requests"),
        ("Let's look at everyone who ran into a broken search_docs. How many distinct users is that?", "broken"),
        (
            "Is it more from Acme Corp these four weeks than in the four weeks before? And how many is it in the last four?",
            "weeks before",
        ),
    ],
)
def test_a_number_that_points_back_keeps_what_it_points_at(question: str, kept: str):
    assert kept in essence(question, NAMES, date(2026, 11, 21))


@pytest.mark.parametrize("question", ["How many conversations had a failed tool call?", "How many chats ran into an error last week?"])
def test_conversations_with_a_failed_call_are_counted_not_calls(question: str):
    reading = read(question)
    assert (reading.metric, reading.conditions) == ("conversations", ("tool_failed",))


def test_the_whole_scale_bounds_nothing():
    reading = read("What's the split of one to five stars for Harbor Guide?")
    assert (reading.dimension, reading.thresholds) == ("rating", ())


@pytest.mark.parametrize(
    "question",
    [
        "Might I see a conversation that was followed by a cancellation request?",
        "one talk that came right before somebody's cancellation, please",
        "any chat that tipped someone into cancelling?",
        "I would like to read a conversation preceding a cancellation",
    ],
)
def test_a_conversation_before_an_event_is_shown_and_the_verb_is_no_subject(question: str):
    reading = read(question)
    assert (reading.intent, reading.subject, reading.led_to) == ("examples", "", True)
    assert reading.events


@pytest.mark.parametrize("question", ["how many errors is that exactly?", "exactly how many failures?", "what number of errors are those?"])
def test_failures_counted_after_a_list_of_tools_are_of_the_first(question: str):
    listed = "*tools by failures · all time*\n\n1. **search_docs**: 27 of 73 tool calls failed (37%), in 27 conversations"
    before = [Turn("Which tool fails most?", listed)]
    reading = understand(question, before, Setting(names=NAMES, today=date(2026, 11, 21)))
    assert (reading.intent, [link.names[0].id for link in reading.links]) == ("tool_failures", ["search_docs"])


@pytest.mark.parametrize(
    ("question", "since", "until"),
    [
        ("chats of Harbor Guide in the last full Mon-Sun week", "2026-11-09", "2026-11-15"),
        ("traffic in the last complete week (Monday to Sunday)", "2026-11-09", "2026-11-15"),
        ("how many chats in the most recent full week?", "2026-11-09", "2026-11-15"),
    ],
)
def test_the_last_whole_week_has_ended(question: str, since: str, until: str):
    period = read(question).period
    assert period
    assert (str(period.since), str(period.until)) == (since, until)


@pytest.mark.parametrize(
    ("question", "often"),
    [
        ("who gave us 1 star two or more times", (">=", 2)),
        ("who rated us one star at least three times?", (">=", 3)),
        ("users with two or more 1-star ratings", (">=", 2)),
        ("anyone who gave more than four 1-star ratings", (">", 4)),
    ],
)
def test_how_often_somebody_gave_one_star(question: str, often: tuple[str, int]):
    found = {told.metric: (told.operator, told.value) for told in read(question).thresholds}
    assert found == {"rating": ("=", 1), "conversations": often}


@pytest.mark.parametrize("question", ["which plan complains most", "which plan grumbles the most?"])
def test_the_most_of_what_goes_badly_is_no_highest_figure(question: str):
    reading = read(question)
    assert (reading.intent, reading.order, reading.bad) == ("ranking", None, True)


def test_at_least_is_no_end_of_a_list():
    assert read("users who rated us one star at least three times").order != "lowest"


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("flakiest tool right now, and in which bot?", "tool"),
        ("For the board: our four bots by star average, weakest first please.", "product"),
        ("Which customer has the most different people chatting with us?", "organization"),
        ("Top three accounts on Harbor Guide, by how many chats they had", "organization"),
        ("how many ratings by star?", "rating"),
    ],
)
def test_what_an_answer_runs_over(question: str, dimension: str):
    assert read(question).dimension == dimension


@pytest.mark.parametrize(
    ("question", "conditions"),
    [
        ("Is Acme Corp happy with us? Average stars please.", ()),
        ("are free customers satisfied? average rating please", ()),
        ("how many happy chats did Harbor Guide have", ("happy",)),
    ],
)
def test_asking_whether_somebody_is_happy_picks_no_happy_chats(question: str, conditions: tuple[str, ...]):
    assert read(question).conditions == conditions


def test_a_question_about_what_was_told_before_it_keeps_it():
    reading = read("Something in Harbor Guide went south some 10 days ago. Which tool was it?")
    assert reading.dimension == "tool"
    assert reading.period
    assert str(reading.period.since) == "2026-11-11"


@pytest.mark.parametrize("question", ["past 48h traffic", "last 7 days chats", "Harbor Guide chats yesterday"])
def test_a_bare_volume_is_a_count(question: str):
    assert read(question).intent == "count"


@pytest.mark.parametrize(
    "question", ["in how many conversations did at least one tool call go wrong", "how many chats ran into a tool failure"]
)
def test_conversations_with_a_failed_call_are_counted(question: str):
    reading = read(question)
    assert (reading.intent, reading.metric, reading.conditions) == ("count", "conversations", ("tool_failed",))


@pytest.mark.parametrize(
    ("question", "bound"),
    [
        ("which bot got the most bad ratings?", ("<=", 2)),
        ("how many poor reviews did Harbor Guide get", ("<=", 2)),
        ("number of high scores on gpt-4o in October", (">=", 4)),
        ("top 3 days by number of low ratings", ("<=", 2)),
        ("share of bad ratings per product", ("<=", 2)),
    ],
)
def test_ratings_of_a_grade_are_counted(question: str, bound: tuple[str, int]):
    reading = read(question)
    assert reading.metric == "ratings"
    assert [(told.operator, told.value) for told in reading.thresholds] == [bound]


def test_a_day_between_the_ratings_and_their_bound_is_no_hindrance():
    found = read("what portion of Harbor Guide's ratings since 1 November is below 3?").thresholds
    assert [(told.operator, told.value) for told in found] == [("<", 3)]


def test_what_leads_and_how_much_it_has_is_one_question():
    reading = read("busiest day ever on Harbor Guide, and how many chats")
    assert (reading.intent, reading.dimension) == ("ranking", "day")


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("how many conversations do we get in the mornings?", range(6, 12)),
        ("how many chats between 9 and 5 in november", range(9, 17)),
        ("chats between 9am and 5pm yesterday?", range(9, 17)),
        ("how many conversations started after 6 pm", range(18, 24)),
        ("chats 9am to 5pm last week", range(9, 17)),
        ("how many threads came in overnight", (*range(22, 24), *range(6))),
        ("good morning, how many chats today?", ()),
        ("conversations outside office hours?", (*range(17, 24), *range(9))),
        ("average rating during business hours", range(9, 17)),
        ("how many chats had between 5 and 8 messages", ()),
        ("how many people had between 2 and 5 conversations", ()),
        ("how many chats are about noise at night", ()),
    ],
)
def test_hours_of_the_day_that_are_asked_for_in_general(question: str, expected):
    assert hours(read(question).slots) == tuple(expected)


@pytest.mark.parametrize(
    ("question", "scope"),
    [
        ("how many chats had between 5 and 8 messages", "messages at least 5 · messages at most 8 · all time"),
        ("chats with 6-8 messages, how many?", "messages at least 6 · messages at most 8 · all time"),
        ("how many threads with ten or more messages", "messages at least 10 · all time"),
        ("how many conversations have exactly 4 messages", "messages exactly 4 · all time"),
    ],
)
def test_conversations_are_counted_by_their_length(question: str, scope: str):
    assert (read(question).metric, read(question).scope()) == ("conversations", scope)


@pytest.mark.parametrize(
    ("question", "bound"),
    [
        ("which products have an average under 3.4?", ("<", 3.4)),
        ("accounts averaging below 3", ("<", 3)),
        ("models with an average of more than 3.5", (">", 3.5)),
    ],
)
def test_an_average_may_be_bounded(question: str, bound: tuple[str, float]):
    reading = read(question)
    assert reading.intent == "ranking"
    assert [(told.operator, told.value) for told in reading.thresholds] == [bound]


@pytest.mark.parametrize(
    ("question", "metrics"),
    [
        ("Harbor Guide vs Ledger Mate: chats, stars", {"rating", "conversations"}),
        ("per bot: users, chats and stars", {"rating", "conversations", "users"}),
    ],
)
def test_figures_in_one_list_are_all_asked_for(question: str, metrics: set[str]):
    assert set(read(question).metrics) == metrics


@pytest.mark.parametrize(
    "question",
    ["how is Harbor Guide doing compared with how it did before November?", "is Harbor Guide rated worse than before 1 November?"],
)
def test_days_before_are_set_beside_those_since(question: str):
    reading = read(question)
    assert reading.intent == "change"
    assert reading.period
    assert reading.against
    assert (str(reading.period.since), str(reading.against.until)) == ("2026-11-01", "2026-10-31")


def test_a_tool_that_was_called_at_all_is_a_fact_of_a_conversation():
    assert read("in what share of chats is a tool called at all").conditions == ("tool_used",)


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("record number of chats in a single week", "week"),
        ("most chats in any one month", "month"),
        ("record number of chats in one day", "day"),
    ],
)
def test_a_record_is_one_of_the_time_that_is_told(question: str, dimension: str):
    reading = read(question)
    assert (reading.intent, reading.dimension) == ("ranking", dimension)


@pytest.mark.parametrize(
    ("question", "metrics"),
    [
        ("past 30 days vs the 30 before: users", ("users",)),
        ("how many calls of all tools together failed in October", ("tool_failures",)),
    ],
)
def test_what_is_counted(question: str, metrics: tuple[str, ...]):
    assert read(question).metrics == metrics


@pytest.mark.parametrize(
    ("question", "metric"),
    [
        ("what share of tool calls fail on each product", "tool_failure_rate"),
        ("tool failure rate per product", "tool_failure_rate"),
        ("failed tool calls per product", "tool_failures"),
    ],
)
def test_a_share_of_calls_is_a_rate(question: str, metric: str):
    assert (read(question).dimension, read(question).metric) == ("product", metric)


@pytest.mark.parametrize(
    ("question", "bounds"),
    [
        ("how many chats had two or more tool calls", [(">=", 2)]),
        ("how many conversations had more than 3 tool calls", [(">", 3)]),
        ("chats with between 2 and 4 tool calls, how many?", [(">=", 2), ("<=", 4)]),
    ],
)
def test_conversations_are_counted_by_their_tool_calls(question: str, bounds: list[tuple[str, float]]):
    reading = read(question)
    assert reading.metric == "conversations"
    assert [(each.operator, each.value) for each in reading.thresholds if each.metric == "tool_calls"] == bounds


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("how many conversations mention 'refund' or 'money back'?", '"refund" or "money back"'),
        ('chats that mention "opening hours" or "closed", how many', '"opening hours" or "closed"'),
        ('how many chats mention "opening hours"?', "opening hours"),
    ],
)
def test_one_of_several_quotes_is_enough(question: str, text: str):
    assert read(question).filter(text=True)["text"] == text


@pytest.mark.parametrize(
    ("question", "intent", "condition"),
    [
        ("which feature is missing most?", "top_topics", "missing_capability_detected"),
        ("what do users like about us?", "top_topics", "happy"),
        ("what are people happy about?", "top_topics", "happy"),
    ],
)
def test_what_people_miss_and_like(question: str, intent: str, condition: str):
    assert (read(question).intent, read(question).conditions) == (intent, (condition,))


def test_a_share_is_not_of_those_that_have_it():
    reading = read("what percentage of conversations have a negative sentiment by product")
    assert (reading.metric, reading.conditions) == ("negative_share", ())


@pytest.mark.parametrize(
    "question",
    [
        "do failing tools make people leave?",
        "is there a correlation between tool failures and low ratings?",
        "do broken tools hurt our stars",
    ],
)
def test_what_failing_tools_do(question: str):
    assert sets_failures_beside(read(question))


def test_up_or_down_sets_the_two_periods_beside_each_other_that_were_asked_for():
    reading = read("up or down?", ("how many chats did we have last week?", "154"), ("and the week before?", "211"))
    assert (reading.intent, reading.metric) == ("change", "conversations")
    assert reading.period
    assert reading.against
    assert (str(reading.period.since), str(reading.against.since)) == ("2026-11-09", "2026-11-02")


def test_who_talks_most_about_what_was_asked_for():
    reading = read("who mentions it most?", ("what do people say about the membership fee?", "quotes"))
    assert (reading.intent, reading.dimension, reading.metric, reading.order) == ("ranking", "user", "conversations", "highest")
    assert reading.subject == "membership fee"
