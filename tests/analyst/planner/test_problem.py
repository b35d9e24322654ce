"""The problem of a ticket is what the asker told, without the words that ask for a ticket."""

import pytest

from rapport.analyst.planner.editing import beside_edits, edits
from rapport.analyst.planner.filing import orders
from rapport.analyst.planner.problem import problem


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("Write up a ticket on the failing PDF uploads in Scholar Lens", "the failing PDF uploads in Scholar Lens"),
        ("Could you knock up a ticket for the devs about login loops?", "login loops"),
        ("Bug: duplicate charges. Draft it.", "duplicate charges"),
        ("jira pls: find_plant dead", "find_plant dead"),
        ("Put the timetable muddle into a bug report", "the timetable muddle"),
        ("Quayside's complaints deserve a ticket; draft it.", "Quayside's complaints"),
        ("Fairview can't log in. Write it up.", "Fairview can't log in"),
        ("The CEO wants a ticket on slow support replies. Prepare.", "slow support replies"),
        ("Engineering will want this in writing: prepare a ticket on grade_upload failing.", "grade_upload failing"),
        ("Log the Birchfield delivery problem. Draft to me first.", "the Birchfield delivery problem"),
        ("grade_upload keeps keeling over. Could you write that up as a ticket draft?", "grade_upload keeps keeling over"),
        ("Make a ticket draft out of this.", ""),
        ("can you turn it into a ticket", ""),
        ("draft a ticket from the first of those", "the first of those"),
        ("Uploads crash all day. Can you put that into a ticket for the team, as a draft I can read?", "Uploads crash all day"),
        ("the fees went up silently, write me a bug report ticket from it (draft first)", "the fees went up silently"),
    ],
)
def test_a_problem_is_told_without_the_order(said: str, told: str):
    assert problem(said) == told


@pytest.mark.parametrize(
    ("said", "changes"),
    [
        ("make it urgent please", {"priority": "urgent"}),
        ("set the prio to low", {"priority": "low"}),
        ('call it "Uploads time out"', {"title": "Uploads time out"}),
        ("add that Larkspur is waiting for it", {"append": "Larkspur is waiting for it"}),
        ("title: Uploads fail, and create it", {"title": "Uploads fail"}),
        ("which tool fails most?", {}),
        ("yes, create it", {}),
    ],
)
def test_a_draft_is_changed_in_words(said: str, changes: dict[str, str]):
    assert edits(said) == changes


def test_a_change_alone_files_nothing():
    assert not orders(beside_edits("make it urgent please"))
    assert orders(beside_edits("make it urgent and create it"))


def test_whom_a_ticket_is_for_is_no_problem():
    told = "grade_upload keeps dying on us, knock up a ticket for the engineers (draft only for now)"
    assert problem(told) == "grade_upload keeps dying on us"
