"""Whom a question means: companies or people, who may leave, whose events, and who was named before."""

from datetime import date

import pytest

from rapport.analyst.planner.answers.absent import lack_of
from rapport.analyst.planner.answers.across import wanted as used_several
from rapport.analyst.planner.answers.amounts import matching
from rapport.analyst.planner.answers.cuts import cut_of
from rapport.analyst.planner.answers.cuts import wanted as bounded
from rapport.analyst.planner.answers.event_lack import lacks_event
from rapport.analyst.planner.answers.event_pairs import two_events
from rapport.analyst.planner.answers.event_repeats import several
from rapport.analyst.planner.answers.event_shares import of_each
from rapport.analyst.planner.answers.event_values import values_told
from rapport.analyst.planner.answers.events import _counts_people, _event_grouping, _of_those, _one_end, _single_size
from rapport.analyst.planner.answers.facts import wanted
from rapport.analyst.planner.answers.newcomers import wanted as who_is_new
from rapport.analyst.planner.answers.people import _risky_kind
from rapport.analyst.planner.answers.rankings import _order
from rapport.analyst.planner.answers.segments import _without_use, called_so_already
from rapport.analyst.planner.answers.tenure import wanted as by_their_coming
from rapport.analyst.planner.dimensions import NAMED, asked_for, either_kind
from rapport.analyst.planner.names import Names
from rapport.analyst.planner.nested import nested
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.setting import Setting, Turn
from rapport.analyst.planner.understand import understand
from rapport.analytics.lexicon import Name

NAMES = Names(
    [
        Name("product", "p1", "Harbor Guide"), Name("product", "p2", "Ledger Mate"), Name("organization", "o1", "Acme Corp"),
        Name("organization", "o2", "Globex Mills"), Name("user", "u1", "Maria Lopez"),
        Name("property", "plan=enterprise", "enterprise", part_of="organization"), Name("property", "role=admin", "admin"),
        Name("event_type", "subscription_cancelled", "subscription_cancelled"),
        Name("event_type", "upgrade_purchased", "upgrade_purchased"),
    ]
)  # fmt: skip
SETTING = Setting(NAMES, date(2026, 11, 21))


def read(question: str, *before: tuple[str, str]) -> Reading:
    return understand(question, [Turn(*turn) for turn in before], SETTING)


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("enterprise customer with most chats, lifetime?", "organization"),
        ("admin customer with most chats, lifetime?", "user"),
        ("Which customer has the most of its people talking to us?", "organization"),
        ("There are firms we hardly hear a peep from. Name the three with the fewest conversations, quietest first.", "organization"),
        ("We run several assistants by now. Tell me about the one with the lowest average rating.", "product"),
        ("Some of our clients never complain. Which one rates us highest?", "organization"),
        ("Which of the enterprise accts has most chats?", "organization"),
        ("Three biggest customers by traffic?", "organization"),
        ("Most active customer?", "user"),
        ("Which customer marks Harbor Guide down the hardest, going by average stars?", "organization"),
        ("List the two customers with the most conversations, the largest first.", "organization"),
        ("Which customer has the most different people chatting with us?", "organization"),
        ("Top three accounts on Harbor Guide, by how many chats they had", "organization"),
        ("Whos our no.1 chatterbox overall?", "user"),
        ("which customer is the angriest", "user"),
        ("Who is our happiest enterprise user, and for which company do they work?", "user"),
        ("What is the name of the outfit with the fewest chats?", "organization"),
    ],
)
def test_what_a_list_runs_over(question: str, dimension: str):
    reading = read(question)
    assert (reading.intent, reading.dimension) == ("ranking", dimension)


def test_what_is_set_aside_is_not_asked_for():
    reading = read("Which customer has the most of its people talking to us? Count different persons, not messages.")
    assert (reading.metric, reading.dimension) == ("users", "organization")
    assert "messages" not in reading.metrics


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("Who's about to walk out on us? Give me the person I should ring first.", "user"),
        ("Which people at Acme Corp should I take to lunch before they bolt?", "user"),
        ("Is Acme Corp about to leave?", "organization"),
        ("enterprise accts at risk right now?", "organization"),
        ("Which enterprise organization is likeliest to leave?", "organization"),
        ("Should I be worrying about losing Maria Lopez?", "user"),
        ("Which client should I phone first?", "organization"),
        ("If I could hug one customer so they don't walk away from us, which person would it be?", "user"),
        ("Who may well be gone soon?", "user"),
        ("Which firm must I keep from walking away?", "organization"),
    ],
)
def test_who_may_leave(question: str, kind: str):
    reading = read(question)
    assert (reading.intent, _risky_kind(reading), reading.slots.unknown) == ("at_risk", kind, ())


def test_a_figure_beside_a_fear_is_no_fear():
    reading = read("I am worried about losing people. How many conversations did Acme Corp have last week?")
    assert (reading.intent, reading.metric) == ("count", "conversations")


@pytest.mark.parametrize(
    ("question", "period"),
    [
        ("I have time to save one enterprise account today: the one with the lowest average stars. Which is it?", False),
        ("Which account had the lowest average stars today?", True),
        ("How many chats did we have today?", True),
    ],
)
def test_what_is_meant_to_be_done_today_is_no_period(question: str, period: bool):
    assert (read(question).period is not None) is period


@pytest.mark.parametrize(
    ("question", "event"),
    [
        ("Which company has had the most of these I-want-out requests?", "subscription_cancelled"),
        ("Before they ask to be let go, what subject do these people come to talk about, as a rule?", "subscription_cancelled"),
        ("Who pulled the plug in the last two weeks?", "subscription_cancelled"),
        ("On which assistant do people buy upgrades the most often? By number of purchases, not money.", "upgrade_purchased"),
    ],
)
def test_events_in_other_words(question: str, event: str):
    reading = read(question)
    assert (reading.intent, reading.events) == ("outcomes", (event,))


@pytest.mark.parametrize(
    ("question", "event"),
    [
        ("I know the number of cancellation requests, but how many different people are behind it?", "subscription_cancelled"),
        ("We had a bunch of upgrade purchases. Who made them?", "upgrade_purchased"),
        ("Plenty of cancellations this month. How many companies did that come from?", "subscription_cancelled"),
    ],
)
def test_it_is_the_event_that_was_told_just_before(question: str, event: str):
    reading = read(question)
    assert (reading.intent, reading.events, bool(reading.period)) == ("outcomes", (event,), "month" in question)


@pytest.mark.parametrize(
    "question",
    [
        "Show me a chat where the customer left thankful.",
        "A session where somebody at Acme Corp lost their patience with the bot, please.",
        "Who lost their temper with us most often?",
        "Which user left in a good mood most often?",
    ],
)
def test_who_leaves_in_a_mood_or_loses_patience_has_not_left(question: str):
    assert read(question).events == ()


@pytest.mark.parametrize(
    ("question", "size"),
    [
        ("fattest single upgrade anyone bought - how much was it", "largest"),
        ("Cheapest purchase ever made, and by whom?", "smallest"),
        ("What is the highest amount anyone paid for an upgrade?", "largest"),
        ("Which single upgrade brought in the most money?", "largest"),
        ("Which company brought the biggest sum in upgrades?", None),
        ("Who spent the most on upgrades?", None),
        ("Which product has the highest number of upgrades?", None),
    ],
)
def test_the_size_of_a_single_event(question: str, size: str | None):
    reading = read(question)
    assert (reading.intent, _single_size(reading)) == ("outcomes", size)


@pytest.mark.parametrize(
    ("question", "of_all_with_it"),
    [
        ("What share of the people who cancelled are on enterprise?", True),
        ("What percentage of the users with a cancellation come from Acme Corp?", True),
        ("What share of enterprise users cancelled?", False),
        ("What share of the people at Acme Corp cancelled?", False),
    ],
)
def test_a_share_of_those_with_an_event(question: str, of_all_with_it: bool):
    reading = read(question)
    assert reading.of_kind("property", "organization")
    assert bool(_of_those(reading)) is of_all_with_it


def test_the_name_of_somebody_is_of_a_user():
    assert _event_grouping(read("give me the name of somebody who asked to cancel within the last 21 days")) == "user"


def test_a_chat_after_which_something_happened_led_to_it():
    reading = read("Show one chat after which the person asked us to cancel.")
    assert (reading.intent, reading.events, reading.led_to) == ("examples", ("subscription_cancelled",), True)


def test_may_is_no_month_before_a_verb():
    assert read("Which user may soon quit?").period is None
    assert read("Which user had most chats in May?").period is not None


def test_a_value_of_the_one_who_was_named():
    before = ("How many chats did Acme Corp have?", "*conversations*\n\n**9 conversations** for Acme Corp, all time.")
    for question in ("on what plan are they?", "which plan is it on?"):
        assert wanted(read(question, before)) == "property:plan"
    assert wanted(read("and by plan?", before)) is None


@pytest.mark.parametrize(
    ("question", "refused"),
    [
        ("w1-0256 was a misclick, make its 1 star a 5 please", True),
        ("Maria Lopez had such a rough ride, give them a 20% coupon from me!", True),
        ("She deserves better: send her a gift card.", True),
        ("Please tag Maria Lopez as VIP", True),
        ("Did we give them a discount last month?", False),
        ("Upload failures hit people. How many conversations were there?", False),
    ],
)
def test_what_is_to_be_changed_is_declined(question: str, refused: bool):
    assert (read(question).intent == "refuse_write") is refused


@pytest.mark.parametrize(
    ("question", "never", "least"),
    [
        (
            "Who has gone silent: had ten or more talks before 12 November and not a single one from that day on?",
            {"since": "2026-11-12"},
            10,
        ),
        ("Which companies have gone quiet over the last 7 days?", {"since": "2026-11-15"}, 3),
        ("Is there anyone who stopped writing to us?", {"since": "2026-11-08"}, 3),
        ("Any person that rated us at least four times and never better than 2? I want names.", {"ratingMin": 2.001}, 4),
        ("Which user never rated worse than 4, with at least five ratings?", {"ratingMax": 3.999}, 5),
        ("Which enterprise account had zero conversations this week?", {"since": "2026-11-16", "until": "2026-11-21"}, 1),
    ],
)
def test_what_people_never_did(question: str, never: dict, least: int):
    lack = lack_of(read(question))
    assert lack is not None
    assert (lack.never, [threshold.value for threshold in lack.had.thresholds]) == (never, [least])


@pytest.mark.parametrize("question", ["Who has the most conversations since 12 November?", "Which tool never failed?"])
def test_what_is_done_or_of_no_people_is_no_lack(question: str):
    assert lack_of(read(question)) is None


@pytest.mark.parametrize(
    "question",
    [
        "Leave Maria Lopez out of it. Which person comes next by number of conversations?",
        "Not counting Acme Corp, which company comes first by conversations?",
    ],
)
def test_a_place_in_a_list_is_no_count(question: str):
    assert read(question).intent == "ranking"


def test_which_of_them_stays_with_the_events_that_were_counted():
    counted = ("How many cancellation requests over the last 30 days?", "**16 events**")
    reading = read("Which product took the brunt?", counted)
    assert (reading.intent, reading.dimension, reading.events) == ("outcomes", "product", ("subscription_cancelled",))
    assert reading.period is not None
    assert read("Which company is she with?", counted).intent != "outcomes"


RANKED = (
    "Which account has the most conversations?",
    "*organizations*\n\n**Acme Corp**: 9 conversations, all time. Next: Globex Mills (7).",
)


def test_the_runner_up_is_the_second_of_the_same_ranking():
    for question in ("And the runner-up?", "And who is the runner-up?"):
        reading = read(question, RANKED)
        assert (reading.intent, reading.dimension, _order(reading).place) == ("ranking", "organization", 2)
    reading = read("How many people does the runner-up have?", RANKED)
    assert [name.text for link in reading.of_kind("organization") for name in link.names] == ["Globex Mills"]


def test_the_person_and_not_the_company():
    before = (
        ("Who has the most conversations?", "*users*\n\n**Maria Lopez**: 9 conversations, all time."),
        ("And for which company does that good soul work?", "*user Maria Lopez*\n\n**Maria Lopez** (Acme Corp): 9 conversations."),
    )
    reading = read("What average mark do we get from them? The person, not the company.", *before)
    assert (reading.intent, reading.metric, reading.scope()) == ("level", "rating", "Maria Lopez · all time")


@pytest.mark.parametrize(
    ("question", "counted"),
    [
        ("How many different people have cancelled, and at how many companies?", True),
        ("What percentage of the enterprise accounts bought an upgrade?", True),
        ("What share of our users has requested a cancellation?", True),
        ("How many cancellations did our customers request?", False),
        ("Which company has had how many cancellations?", False),
    ],
)
def test_people_with_an_event_are_counted_as_people(question: str, counted: bool):
    reading = read(question)
    assert reading.intent in ("outcomes", "count")
    assert _counts_people(reading) is counted


def test_conversations_of_people_with_an_event_are_counted_as_conversations():
    reading = read("How many conversations did users who cancelled have?")
    assert (reading.intent, reading.metric, reading.events) == ("count", "conversations", ("subscription_cancelled",))


def test_who_comes_most_is_a_ranking():
    for question, kind in (("Who pops in here the most?", "user"), ("Which customer drops by most often?", "organization")):
        assert (read(question).intent, read(question).dimension) == ("ranking", kind)
    assert read("What firm has the largest number of different people chatting with us?").metric == "users"


def test_a_payload_is_filed_whatever_its_words_compare():
    before = ("Draft a ticket about refunds on Harbor Guide", "Here is a draft.")
    payload = 'ok good, createTicket: {"title": "Harbor Guide: refunds", "description": "You explained it worse than my book"}'
    assert read(payload, before).intent == "ticket_create"


def test_what_is_used_most_is_ranked_by_use():
    before = ("Who gives us the lowest stars?", "*users*\n\n**Maria Lopez**: 1.10 stars, all time.")
    reading = read("Which assistant does she use most?", before)
    assert (reading.intent, reading.metric, reading.dimension, reading.scope()) == (
        "ranking", "conversations", "product", "Maria Lopez · all time",
    )  # fmt: skip


def test_what_was_said_before_an_event_belongs_to_the_event():
    reading = read("What were people complaining about prior to cancelling?")
    assert (reading.intent, reading.events) == ("outcomes", ("subscription_cancelled",))


def test_a_group_is_a_segment():
    assert read("Make a group of everybody who has not been seen for 14 days, name it Sleepers").intent == "segment_create"


def test_the_other_way_round_turns_a_ranking_over():
    reading = read("and the other way round?", RANKED)
    assert (reading.intent, reading.dimension, reading.order) == ("ranking", "organization", "lowest")


def test_what_follows_a_count_of_events_stays_with_its_people():
    counted = ("How many users have requested a cancellation?", "**20 users**")
    made = read("Create a segment with them.", counted)
    assert (made.intent, made.events) == ("segment_create", ("subscription_cancelled",))
    split = read("from which plan do most of them come?", counted)
    assert (split.intent, split.dimension, split.events) == ("outcomes", "property:plan", ("subscription_cancelled",))


@pytest.mark.parametrize(
    ("question", "between"),
    [
        ("which companies upgraded and later asked to cancel", "upgraded before cancelled"),
        ("who bought an upgrade and then cancelled their subscription?", "upgraded before cancelled"),
        ("list users who cancelled after upgrading", "cancelled after upgraded"),
        ("Name the accounts with an upgrade as well as a cancellation", "upgraded  cancelled"),
        ("which customers upgraded but never asked to cancel", "upgraded without cancelled"),
        ("which companies upgraded or cancelled?", None),
        ("how many users upgraded and how many users cancelled", None),
        ("who asked to cancel in the last 30 days", None),
    ],
)
def test_two_events_of_the_same_people_are_the_intersection(question: str, between: str | None) -> None:
    reading = read(question)
    pair = two_events(reading, ["subscription_cancelled", "upgrade_purchased"])
    told = {("subscription_cancelled",): "cancelled", ("upgrade_purchased",): "upgraded"}
    assert (pair and f"{told[pair.one]} {'without' if pair.without else pair.order} {told[pair.other]}") == between


COMPANY = (
    "Which company had the most conversations?",
    "*organizations by conversations, highest first · all time*\n\n**Acme Corp**: 90 conversations, all time. Next: Globex Mills (12).",
)


@pytest.mark.parametrize(
    ("question", "ids"),
    [
        ("Who is the most active user there?", ["o1"]),
        ("Who's the keenest user there, by number of chats?", ["o1"]),
        ("which person in that firm chats the most?", ["o1"]),
        ("which user at Globex Mills chats the most?", ["o2"]),
    ],
)
def test_there_is_the_company_that_was_answered(question: str, ids: list[str]) -> None:
    reading = read(question, COMPANY)
    assert ([name.id for link in reading.of_kind("organization") for name in link.names], reading.dimension) == (ids, "user")


def test_a_segment_that_was_made_by_the_same_words_is_none_that_the_question_speaks_of() -> None:
    made = Name("segment", "s1", "Enterprise people who rated us badly")
    names = Names([*NAMES.all, made, Name("segment", "s2", "Power Users")])
    reading = understand("createSegment with all the enterprise people who rated us badly", [], Setting(names, SETTING.today))
    assert (reading.intent, called_so_already(reading)) == ("segment_create", {"s1"})
    other = understand("create a segment of everybody in Power Users", [], Setting(names, SETTING.today))
    assert called_so_already(other) == frozenset()


@pytest.mark.parametrize(
    ("question", "dimension"),
    [
        ("which of our client firms have asked to cancel most often", "organization"),
        ("which customers cancel the most", "organization"),
        ("who buys upgrades most often?", "user"),
    ],
)
def test_what_is_done_most_is_counted_as_events(question: str, dimension: str) -> None:
    reading = read(question)
    assert (reading.intent, reading.dimension, len(reading.events)) == ("outcomes", dimension, 1)


@pytest.mark.parametrize("question", ["which accounts that cancelled chat the most", "most loyal user among those who upgraded"])
def test_people_with_an_event_are_ranked_by_what_they_do(question: str) -> None:
    reading = read(question)
    assert (reading.intent, len(reading.events)) == ("ranking", 1)


@pytest.mark.parametrize(
    "question",
    ["Which customer marks us down the hardest by stars?", "who is toughest on us in ratings", "which account rates us the stingiest"],
)
def test_who_is_hard_on_us_gives_the_fewest_stars(question: str) -> None:
    reading = read(question)
    assert (reading.intent, reading.metric, reading.order) == ("ranking", "rating", "lowest")


def test_either_kind_of_customer_is_told_where_the_question_leaves_it_open() -> None:
    assert either_kind(read("Which customer has the most chats?").slots, NAMES) is True
    for question in ("Which customer company has the most chats?", "Which customer is the person with the most chats?", "who chats most?"):
        assert either_kind(read(question).slots, NAMES) is False


def test_seats_in_use_are_users() -> None:
    for question in ("Acme Corp: seats in use?", "how many seats are taken at Acme Corp", "used seats at Acme Corp"):
        reading = read(question)
        assert (reading.intent, reading.metric, len(reading.of_kind("organization"))) == ("count", "users", 1)


def test_an_employer_is_asked_for_without_a_word_for_the_person() -> None:
    before = ("Who is our most active user?", "*users by conversations*\n\n**Maria Lopez**: 47 conversations, all time. Next: Ann Ray (2).")
    for question in ("works for which company?", "which firm?", "employer?"):
        reading = read(question, before)
        assert [link.text for link in reading.of_kind("user")] == ["Maria Lopez"]
    worst = read("and their worst chat?", before)
    assert (worst.intent, [link.text for link in worst.of_kind("user")]) == ("examples", ["Maria Lopez"])


@pytest.mark.parametrize(
    ("question", "inner", "outer"),
    [
        ("who is the most loyal person at our largest customer?", "Which is the largest customer?", "who is the most loyal person at X?"),
        (
            "how many chats did our biggest account have last month?",
            "Which is the biggest account?",
            "how many chats did X have last month?",
        ),
        ("average rating of the busiest bot", "Which is the busiest bot?", "average rating of X"),
        ("what is the name of our largest customer?", None, None),
        ("who is our biggest customer?", None, None),
        ("which of the most active users at Acme Corp cancelled?", None, None),
    ],
)
def test_a_question_within_a_question_is_asked_first(question: str, inner: str | None, outer: str | None) -> None:
    found = nested(read(question), question)
    assert (found and found.inner, found and found.about("X")) == (inner, outer)


@pytest.mark.parametrize(
    ("question", "several"),
    [
        ("who has tried at least two of our assistants", True),
        ("how many users are on more than one bot?", True),
        ("number of accounts that only used one model", True),
        ("how many people wrote at least two chats", False),
        ("which users use Harbor Guide the most", False),
        ("which assistant do people use most", False),
    ],
)
def test_people_by_how_many_things_they_used_are_no_ranking_of_these_things(question: str, several: bool) -> None:
    assert used_several(read(question)) is several


def test_a_persons_events_have_the_amount_as_far_as_their_ends_tell() -> None:
    assert matching({"events": 2, "smallest": 300, "largest": 300, "total": 600}, "=", 300) == (2, True)
    assert matching({"events": 3, "smallest": 50, "largest": 300, "total": 650}, ">=", 300) == (2, True)
    assert matching({"events": 5, "smallest": 50, "largest": 300, "total": 650}, "=", 300) == (1, False)
    assert matching({"events": 1, "smallest": None, "largest": None, "total": None}, "=", 300) == (0, True)


def test_the_members_of_a_named_segment_are_no_rule_of_another() -> None:
    names = Names([Name("segment", "s1", "Power Users"), Name("property", "plan=enterprise", "enterprise", part_of="organization")])
    setting = Setting(names, date(2026, 11, 21))
    linked = {
        question: bool(understand(question, [], setting).of_kind("segment"))
        for question in (
            "make a segment of everybody in Power Users on the enterprise plan",
            "create a segment called Power Users West with all enterprise users",
            "make a segment of power users on the enterprise plan",
        )
    }
    assert list(linked.values()) == [True, False, False]


@pytest.mark.parametrize(
    ("question", "lacks"),
    [
        ("which enterprise firms have never bought an upgrade", True),
        ("how many users have not upgraded yet?", True),
        ("list people without an upgrade", True),
        ("which accounts have yet to upgrade", True),
        ("which customers upgraded but never asked to cancel", False),
        ("who upgraded no longer than a week ago", False),
        ("nobody upgraded last week, did they?", False),
        ("companies where nobody cancelled", True),
    ],
)
def test_who_never_had_an_event(question: str, lacks: bool) -> None:
    assert lacks_event(read(question)) is lacks


def test_members_and_an_arrow_to_a_name_order_a_segment() -> None:
    for question in ("save people on the enterprise plan -> Big Ones", "keep everyone at Acme Corp => Acme folk"):
        assert read(question).intent == "segment_create"


def test_a_number_is_no_part_of_an_id() -> None:
    names = Names([Name("organization", "o-10", "Acme Corp", ("org-10",)), Name("organization", "o-11", "Globex Mills", ("org-11",))])
    setting = Setting(names, date(2026, 11, 21))
    for question in ("how many accounts have 10+ chats", "which account with 10+ ratings is the harshest"):
        reading = understand(question, [], setting)
        assert (reading.links, reading.subject, [t.value for t in reading.thresholds]) == ((), "", [10])
    assert [link.names[0].text for link in understand("how many chats of org-10", [], setting).links] == ["Acme Corp"]


def test_how_many_ratings_each_of_a_list_must_have() -> None:
    for question in ("who rates us worst among folks with five or more ratings", "users with at least 5 reviews, lowest average first"):
        reading = read(question)
        assert [(t.metric, t.operator, t.value) for t in reading.thresholds] == [("conversations", ">=", 5)]
        assert (reading.conditions, reading.metric, reading.order) == (("rated",), "rating", "lowest")
    assert [t.metric for t in read("chats with five or more stars").thresholds] == ["rating"]


@pytest.mark.parametrize(
    ("question", "cut"),
    [
        ("How many companies have more than 10 active people?", ("users", ">", 10)),
        ("accounts with at most 8 users", ("users", "<=", 8)),
        ("which bots have 110 or more users", ("users", ">=", 110)),
        ("how many accounts rate us below 3 on average", ("rating", "<", 3)),
        ("Which customers have rated us below 2.5 on average?", ("rating", "<", 2.5)),
        ("how many users have more than 20 chats", None),
        ("how many chats were rated below 3", None),
    ],
)
def test_a_bound_on_a_figure_of_each_group(question: str, cut: tuple[str, str, float] | None) -> None:
    found = cut_of(read(question))
    assert (found and (found.metric, found.sign, found.value)) == cut
    assert bounded(read(question)) is (cut is not None)


def test_two_bounds_on_groups_are_both_kept() -> None:
    reading = read("accounts with fewer than 80 chats and an average above 3.5")
    assert {(t.metric, t.operator, t.value) for t in reading.thresholds} == {("conversations", "<", 80), ("rating", ">", 3.5)}


def test_who_only_ever_gave_one_grade() -> None:
    for question, never in (
        ("who gave only one-star ratings", {"ratingMin": 1.001}),
        ("which users always left five stars", {"ratingMax": 4.999}),
    ):
        lack = lack_of(read(question))
        assert lack is not None
        assert lack.never == never


def test_the_last_three_people_are_no_span_of_time() -> None:
    assert _one_end(read("who were the last three people to cancel")) == "latest"
    assert _one_end(read("who cancelled in the last three days")) is None


def test_a_segment_of_one_word_is_named_by_its_capital() -> None:
    names = Names([Name("segment", "s1", "Leavers"), Name("event_type", "cancellation_requested", "cancellation_requested")])
    setting = Setting(names, date(2026, 11, 21))
    asked = ("who is in Leavers", "average stars of Leavers", "Leavers are people who cancelled, how many are there?")
    assert [bool(understand(question, [], setting).of_kind("segment")) for question in asked] == [True, True, False]


@pytest.mark.parametrize(
    ("question", "each"),
    [
        ("which company has the highest share of people who cancelled", True),
        ("cancellation rate by company", True),
        ("which product has the largest share of users that upgraded", True),
        ("what share of our accounts asked to cancel", False),
        ("which company has most cancellations", False),
        ("share of enterprise users who upgraded", False),
    ],
)
def test_the_share_of_people_with_an_event_of_each_group(question: str, each: bool) -> None:
    reading = read(question)
    noun = asked_for(reading.slots, NAMES)
    assert bool(noun and noun.weight >= NAMED and of_each(reading, noun.dimension)) is each


def test_who_never_rated_and_who_was_at_one_place_only() -> None:
    told = {"who hasn't rated anything yet": "never gave a rating", "which users only talk to Harbor Guide": "only with Harbor Guide"}
    for question, words in told.items():
        lack = lack_of(read(question))
        assert lack is not None
        assert (lack.told, lack.order) == (words, "lowest")
    assert lack_of(read("which users have not rated us better than 2 stars")) is None


def test_when_people_came_is_no_ranking() -> None:
    for question in ("which accounts joined us most recently", "who has been with us the longest?", "our newest customers"):
        assert by_their_coming(read(question)), question
    for question in ("who wrote to us most recently", "which account has the longest chats?"):
        assert not by_their_coming(read(question)), question


def test_whose_chats_are_the_longest_is_no_case() -> None:
    assert read("which account writes the longest chats?").dimension == "organization"
    assert read("which account writes the longest chats?").intent == "ranking"
    assert read("show me the longest chat").intent == "examples"


@pytest.mark.parametrize(
    ("question", "dimension", "metric", "conditions"),
    [
        ("With which of our products has Maria Lopez so much trouble?", "product", "conversations", ("unhappy",)),
        ("Which bot does Acme Corp struggle with?", "product", "conversations", ("unhappy",)),
        ("Which client has the most unhappy chats?", "organization", "conversations", ("unhappy",)),
        ("Which company has the fewest negative conversations?", "organization", "conversations", ("negative",)),
    ],
)
def test_conversations_that_went_badly_are_counted_where_one_of_several_is_asked_for(question, dimension, metric, conditions):
    reading = read(question)
    assert (reading.intent, reading.dimension, reading.metric, reading.conditions) == ("ranking", dimension, metric, conditions)


@pytest.mark.parametrize(
    ("question", "intent"),
    [
        ("Which user of Harbor Guide do you expect to lose first?", "at_risk"),
        ("On enterprise, who looks most like to walk away?", "at_risk"),
        ("Which account seems likely to leave next?", "at_risk"),
        ("How many users are at risk?", "at_risk"),
        ("Which product issues do people complain about?", "complaints"),
        ("folks who've asked to cancel in the last 40 days, what's bugging them", "complaints"),
        ("what do the leavers complain about", "complaints"),
        ("which plan do most of the would-be quitters sit on", "outcomes"),
        ("cancellers by company", "outcomes"),
    ],
)
def test_the_people_of_an_event_and_those_who_may_leave(question, intent):
    assert read(question).intent == intent


def test_complaints_of_those_who_had_an_event_are_theirs_alone():
    assert read("folks who've asked to cancel in the last 40 days, what's bugging them").events == ("subscription_cancelled",)


@pytest.mark.parametrize("asked", ["Last 14 days: who put in a request to cancel? names", "In the past 14 days, who asked to cancel?"])
def test_who_after_a_time_asks_for_people(asked):
    assert _event_grouping(read(asked)) == "user"


def test_how_many_are_behind_a_company_of_events_counts_its_people():
    answer = "**3 events**\n1. **Acme Corp**: 2, by 2 users\n2. **Globex Mills**: 1, by 1 user"
    reading = read("how many people are behind the first one", ("which organizations have the most requests to cancel?", answer))
    assert (reading.intent, [link.names[0].text for link in reading.of_kind("organization")]) == ("outcomes", ["Acme Corp"])
    assert _counts_people(reading)
    assert not _one_end(reading)


def test_a_favourite_turns_a_ranking_over():
    before = ("which model do customers like least, going by ratings?", "**a**: 2.9 stars")
    assert read("and their favourite?", before).order == "highest"
    assert read("and the least favourite?", ("which model do customers rate best?", "**a**: 3.9 stars")).order == "lowest"


def test_an_account_within_a_question_about_a_product_is_asked_for_first():
    question = "how does the happiest pro account rate Harbor Guide"
    assert nested(read(question), question).inner == "Which is the happiest pro account?"


def test_who_is_silent_now_was_there_often_before():
    lack = lack_of(read("Users who once were active (8 conversations or more) but did not show up at all in the last 14 days."))
    assert [(each.operator, each.value) for each in lack.had.thresholds] == [(">=", 8)]


@pytest.mark.parametrize(
    ("question", "bound"),
    [
        ("which accounts have more than one cancellation", ("more than", 1)),
        ("which customers cancelled twice", ("at least", 2)),
        ("who upgraded at least three times?", ("at least", 3)),
        ("who asked to cancel once?", None),
        ("who asked to cancel in the last two weeks?", None),
    ],
)
def test_how_many_events_each_must_have(question, bound):
    assert several(read(question)) == bound


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("segment of enterprise users with at least 5 chats and at most 10", 1),
        ("segment of users with more than 3 one-star ratings", 1),
        ("segment: the 10 most active users", 1),
        ("segment of enterprise users with at least 5 chats", 0),
        ("build me a segment: Acme Corp folks with 5+ chats", 0),
        ("segment of users who rated Harbor Guide below 3", 0),
        ("segment of users with frustration above 0.5", 0),
        ("segment of users with sentiment below -0.2", 0),
        ("segment of users who rated us 1 star, call it Top 7", 0),
    ],
)
def test_a_number_that_no_rule_holds_makes_no_segment(question, left):
    assert len(_without_use(read(question))) == left


@pytest.mark.parametrize(
    ("question", "intent", "dimension"),
    [
        ("Who are the top 3 riskiest accounts on enterprise?", "at_risk", "organization"),
        ("users at risk: how many?", "at_risk", "user"),
        ("which firm sends the most people our way", "ranking", "organization"),
        ("which organisation has the highest share of its people asking to cancel", "outcomes", "organization"),
        ("Of the customers with a cancellation request, who is the least happy?", "ranking", "user"),
    ],
)
def test_risk_and_ends_of_a_figure_beside_other_words(question, intent, dimension):
    reading = read(question)
    assert (reading.intent, reading.dimension) == (intent, dimension)


def test_values_of_one_property_are_set_side_by_side():
    assert values_told(read("do enterprise accounts cancel more than Acme Corp")) == ""
    assert by_their_coming(read("name 3 users with the longest absence"))
    assert who_is_new(read("who is new this week"))
