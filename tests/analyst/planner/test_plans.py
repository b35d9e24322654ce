"""The first tool calls that a question leads to. The tenant and the clock are those of test_understand."""

import pytest
from tests.analyst.planner.test_understand import SETTING

from rapport.analyst.builtin import plan
from rapport.analyst.planner.answers.asking import Call
from rapport.analyst.planner.answers.topics import one_cause
from rapport.analyst.planner.finding import read
from rapport.analyst.planner.names import Names
from rapport.analytics.lexicon import Name
from rapport.domain.agent import ChatMessage, ModelRequest


def calls(question: str, *history: str) -> list[Call]:
    """`history` is questions and answers in turn."""
    roles = ("user", "assistant") * len(history)
    turns = [ChatMessage(role, text) for role, text in zip(roles, history, strict=False)]
    planned = plan(ModelRequest((*turns, ChatMessage("user", question))), SETTING)
    assert not isinstance(planned, str), planned
    return list(planned)


@pytest.mark.parametrize(
    "question",
    ["since when is search_docs failing", "on which day did search_docs begin to throw errors?", "when did the search docs tool break"],
)
def test_the_onset_of_a_tool_is_looked_up(question: str):
    assert [(call.tool, call.arguments["tool"]) for call in calls(question)] == [("getToolOnset", "search_docs")]


def test_the_onset_is_asked_for_after_an_answer_about_tools():
    listed = "*tools by failures*\n\n1. **search_docs**: 9 of 12 tool calls failed (75%), in 9 conversations"
    assert [call.arguments.get("tool") for call in calls("and when did that start?", "which tools fail most", listed)] == ["search_docs"]


def test_when_a_tool_was_called_is_no_question_about_failing():
    assert calls("how often was search_docs called last week")[0].tool != "getToolOnset"


@pytest.mark.parametrize(
    ("question", "tool"),
    [
        ("what plan is Acme Corp on", "getOrganizationDetail"),
        ("when did we last hear from Globex?", "getOrganizationDetail"),
        ("how many people does Acme have", "getOrganizationDetail"),
        ("which plan does Maria Chen have?", "getUserDetail"),
        ("when did Will Hart last contact us", "getUserDetail"),
    ],
)
def test_plain_facts_about_a_name_are_looked_up(question: str, tool: str):
    assert [call.tool for call in calls(question)] == [tool]


def test_figures_of_a_name_are_no_plain_facts():
    assert calls("how many people from Acme Corp wrote last week")[0].tool == "countConversations"
    assert "getOrganizationDetail" not in [call.tool for call in calls("average rating of Acme Corp by plan")]


@pytest.mark.parametrize(
    ("question", "token"),
    [
        ("turn conversation 'kq/77:A' into a ticket", "kq/77:A"),
        ("make a ticket from chat 2026.11.X9", "2026.11.X9"),
        ("who was the user of conversation “order-thread”?", "order-thread"),
    ],
)
def test_ids_of_conversations_are_taken_in_any_form(question: str, token: str):
    first = calls(question)[0]
    assert (first.tool, first.arguments["conversation"]) in (("getConversationDetail", token), ("draftTicket", token))


@pytest.mark.parametrize(
    "question",
    ["what percentage of conversations has a rating", "what share of chats was Harbor Guide", "how many percent of chats were with gpt-4o"],
)
def test_a_share_is_counted_against_the_whole(question: str):
    part, whole = calls(question)
    assert part.tool == whole.tool == "countConversations"
    assert part.arguments["filter"]
    assert not whole.arguments["filter"]


@pytest.mark.parametrize(
    ("question", "mood"),
    [
        ("show me chats where people could not reset their router", "unhappy"),
        ("quotes about parcels that never came", "unhappy"),
        ("conversations about parking suitable to show to investors", "happy"),
        ("conversations about parking", None),
    ],
)
def test_examples_go_as_the_question_says(question: str, mood: str | None):
    arguments = calls(question)[0].arguments
    assert arguments["query"]
    assert (arguments["filter"].get("conditions") or [None])[-1] == mood


@pytest.mark.parametrize(
    "question",
    [
        "link me to conversations of Maria Chen",
        "read me one badly rated chat from Globex",
        "show some 1-star conversations",
        "find conversations in spanish",
    ],
)
def test_words_that_ask_are_not_searched_for(question: str):
    assert "query" not in calls(question)[0].arguments


def test_where_a_tool_failed_its_failures_are_asked_for():
    first = calls("show me a conversation where search_docs failed")[0]
    assert first.arguments["filter"]["failedTools"] == ["search_docs"]
    assert "query" not in first.arguments


def test_the_least_of_a_group_does_not_replace_the_metric():
    first = calls("lowest rated user with at least 7 conversations")[0]
    assert first.arguments["metrics"][0] == "rating"
    assert (first.arguments["minSize"], first.arguments["order"]) == (7, "lowest")


@pytest.mark.parametrize("question", ["the plans by conversations", "list all plans by number of chats"])
def test_a_property_by_traffic_is_a_breakdown(question: str):
    assert (calls(question)[0].tool, calls(question)[0].arguments["dimension"]) == ("getBreakdown", "property:plan")


def test_about_weeks_ago_is_a_week_around_that_day():
    filter = calls("how many conversations about 3 weeks ago")[0].arguments["filter"]
    assert (filter["since"], filter["until"]) == ("2026-10-28", "2026-11-03")


def test_topics_of_one_cause_are_counted_together():
    def topic(name: str, conversations: int, rating: float) -> dict:
        return {
            "id": f"id of {name}",
            "name": name,
            "conversations": conversations,
            "figures": [{"metric": "rating", "unit": "stars", "value": rating, "n": conversations}],
        }

    found = one_cause(
        [topic("late parcel", 9, 2.0), topic("parcel wet inside", 3, 2.0), topic("router reset", 6, 1.0), topic("reset my router", 5, 3.0)]
    )
    assert [(group["name"], group["conversations"]) for group in found] == [
        ("router reset / reset my router", 11),
        ("late parcel", 9),
        ("parcel wet inside", 3),
    ]
    assert found[0]["topics"] == ["id of router reset", "id of reset my router"]  # measured again, together, by a tool
    assert "topics" not in found[1]


def test_an_unknown_model_is_declined_by_its_name():
    assert calls("average rating of gpt-9.7")[0].tool == "getUserDetail"


def test_a_version_is_told_by_its_prompt_and_number():
    versions = [
        Name("prompt_version", f"{prompt}{n}", f"{prompt}-main v{n}", part_of=prompt) for prompt in ("dock", "quay") for n in (1, 2)
    ]
    names = Names([Name("prompt", "dock", "dock-main"), Name("prompt", "quay", "quay-main"), *versions])
    links = read("how is version 2 of dock-main rated", names, SETTING.today).links
    assert [name.id for link in links for name in link.names] == ["dock2"]


@pytest.mark.parametrize(
    "question",
    [
        "share of 5-star among rated, Harbor Guide vs Ledger Mate, percent",
        "what percentage of ratings are one-star on Harbor Guide, and what percentage on Ledger Mate?",
        "which gets the bigger slice of one-star marks, Harbor Guide or Ledger Mate?",
    ],
)
def test_each_of_two_names_gets_its_own_share(question: str):
    filters = [call.arguments["filter"] for call in calls(question)]
    assert [filter["products"] for filter in filters] == [["p1"], ["p1"], ["p2"], ["p2"]]
    assert ["rated" in filter.get("conditions", ()) for filter in filters] == [False, True, False, True]
    assert all("ratingMin" in filter for filter in filters[::2])


def test_the_share_of_ratings_by_group_is_of_each_groups_ratings():
    part, whole = calls("percentage of fives per model")
    assert (part.tool, part.arguments["dimension"], whole.arguments["filter"]) == ("getBreakdown", "model", {"conditions": ["rated"]})
    assert part.arguments["filter"]["ratingMin"] == 5


def test_calls_of_all_tools_are_summed():
    (call,) = calls("adding up every tool of every product, how many calls failed?")
    assert (call.tool, call.arguments["metrics"][0]) == ("getMetrics", "tool_failures")


def test_what_was_changed_looks_for_what_came_in():
    tools = [call.tool for call in calls("What was changed in Harbor Guide when its stars fell?")]
    assert {"getPromptAnalytics", "getModelMetrics", "getToolFailures"} <= set(tools)
    assert "getPromptAnalytics" not in [call.tool for call in calls("what changed on Harbor Guide last week?")]


def test_of_loose_words_each_is_looked_up_before_it_is_searched_for():
    looked_up = calls("show me a chat where somebody muttered over a gearbox")
    assert [call.arguments["filter"] for call in looked_up] == [{"text": "muttered"}, {"text": "gearbox"}]
    assert calls("show me chats about a gearbox")[0].arguments["query"]


@pytest.mark.parametrize(
    ("question", "heading"),
    [
        ("Which product lost the most stars, last 14 days against the 14 before?", "getBreakdown"),
        ("which company's traffic grew the most in the last 10 days compared with the 10 before?", "getOrganizationRanking"),
    ],
)
def test_groups_that_moved_are_looked_up_in_both_periods(question: str, heading: str):
    first, second = calls(question)
    assert (first.tool, second.tool) == (heading, heading)
    assert first.arguments["filter"]["since"] > second.arguments["filter"]["since"]


@pytest.mark.parametrize(
    "question",
    [
        "When did the rating of Harbor Guide start to drop?",
        "On or around which date did the scores of Harbor Guide take their turn? Give me a day.",
        "Which day did Harbor Guide's ratings go south?",
    ],
)
def test_the_day_a_rating_turned_is_sought_day_by_day(question: str):
    (call,) = calls(question)
    assert (call.tool, call.arguments["bucket"], call.arguments["metric"]) == ("getTrends", "day", "rating")


def test_versions_are_ranked_by_their_share():
    question = "For each prompt version of Harbor Guide, which percentage of the ratings is 1 or 2 stars?"
    assert [call.arguments["dimension"] for call in calls(question)] == ["prompt_version", "prompt_version"]


@pytest.mark.parametrize("question", ["How many chats per user do we have on average?", "how many chats a day do we handle on average?"])
def test_an_average_number_is_one_count_over_another(question: str):
    assert [call.tool for call in calls(question)] == ["countConversations"]


def test_a_share_that_moved_is_counted_in_both_periods():
    planned = calls("Has the share of one-star ratings for Harbor Guide gone up or down since 6 November?")
    assert [call.arguments["filter"]["since"] for call in planned] == ["2026-11-06", "2026-11-06", "2026-10-21", "2026-10-21"]


def test_a_payload_is_filed_whatever_its_words():
    drafted = "*ticket draft · Local*\n\n**Fractions**"
    assert calls('lgtm, run createTicket with {"title": "I understand even less now"}', "draft a ticket", drafted)[0].tool == "createTicket"


@pytest.mark.parametrize(
    "question",
    [
        "cancellations worth 300 each, how many were there?",
        "how many $120 cancellations were there",
        "any refund_requested events over 50 euros?",
    ],
)
def test_events_of_an_amount_are_told_by_their_value(question: str):
    assert [call.arguments.get("groupBy") for call in calls(question)] == ["value"]


@pytest.mark.parametrize("question", ["Since when has search_docs been playing up?", "how long has search_docs been a pain"])
def test_what_is_wrong_with_a_tool_may_be_told_in_any_word(question: str):
    assert [call.tool for call in calls(question)] == ["getToolOnset"]


@pytest.mark.parametrize(
    "question",
    [
        "Which bot's star average took the biggest hit, last 14 days vs the 14 before?",
        "whose rating suffered the worst knock, past two weeks against the two weeks before? by product please",
    ],
)
def test_a_hit_is_a_fall_of_the_figure_that_is_named(question: str):
    assert [call.arguments["metrics"][0] for call in calls(question)] == ["rating", "rating"]


@pytest.mark.parametrize(
    "question", ["average rating, this month against last month, by plan", "change in volume, last 14 days vs the 14 before, per product"]
)
def test_a_change_of_each_group_sets_two_periods_beside_each_other(question: str):
    first, second = (call.arguments["filter"] for call in calls(question))
    assert first["since"] > second["until"]


def test_tools_that_failed_are_counted_themselves():
    assert [call.tool for call in calls("how many different tools failed in the last 14 days")] == ["getToolFailures"]


def test_a_share_of_events_is_one_of_all_such_events():
    part, whole = (call.arguments["filter"] for call in calls("what percent of cancellations came from pro accounts?"))
    assert part["properties"] == [{"key": "plan", "value": "pro"}]
    assert "properties" not in whole
