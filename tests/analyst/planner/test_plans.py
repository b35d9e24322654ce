"""The first tool calls that a question leads to. The tenant and the clock are those of test_understand."""

import pytest
from tests.analyst.planner.test_understand import SETTING

from rapport.analyst.builtin import plan
from rapport.analyst.planner.answers.asking import Call
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
