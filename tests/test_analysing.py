"""`rapport analyse`: one line out for each line in, in order, in the documented shape."""

import io
import json
from pathlib import Path

import pytest
from tests.analysis.conversations import LEXICAL

from rapport import analysing
from rapport.analysing import BadLine, Job
from rapport.errors import Invalid


def body(name: str, *said: str) -> str:
    messages = [{"role": "assistant" if n % 2 else "user", "content": text} for n, text in enumerate(said)]
    return json.dumps({"externalUserId": "u", "externalConversationId": name, "messages": messages})


def run(path: Path, *lines: str, **options) -> list[dict]:
    path.write_text("\n".join(lines), encoding="utf-8")
    out = io.StringIO()
    analysing.run(Job(path, LEXICAL, **options), out)
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_a_line_has_the_documented_shape(tmp_path):
    [line] = run(tmp_path / "f", body("c-1", "héllo 👋 my mail is ann@example.com", "I can't find it.", "This is useless and terrible!"))
    assert line["externalConversationId"] == "c-1"
    assert line["language"]["code"] == "en"
    assert line["sentiment"].keys() == {"score", "label"}
    assert line["sentimentChange"]["label"] == "declining"
    assert line["frustration"]["label"] in ("low", "medium", "high")
    assert line["commercialIntent"] == {"score": 0.0, "primarySignal": "none"}
    assert line["quality"]["pillars"].keys() == {"satisfaction", "friction", "growth", "safety"}
    assert line["flags"]["jailbreakDetected"] is False
    assert [message["index"] for message in line["messages"]] == [0, 2]
    assert line["messages"][1]["sentiment"]["label"] == "negative"
    assert 0 < line["messages"][1]["dissatisfied"] <= 1
    assert line["messages"][0]["pii"] == [{"type": "EMAIL", "start": 19, "end": 34}]
    assert "topic" not in line


def test_what_is_unknown_is_null(tmp_path):
    [line] = run(tmp_path / "f", json.dumps({"messages": []}))
    assert line["externalConversationId"] is None
    assert line["sentiment"] is None
    assert line["frustration"] is None
    assert line["quality"] == {"index": None, "pillars": {}}
    assert line["messages"] == []


def test_lines_keep_their_order_across_batches(tmp_path):
    names = [f"c-{n}" for n in range(analysing.BATCH * 2 + 5)]
    assert [line["externalConversationId"] for line in run(tmp_path / "f", *(body(name, "hello there") for name in names))] == names


def test_a_bad_line_is_named_and_ends_it(tmp_path):
    with pytest.raises(Invalid, match="line 2"):
        run(tmp_path / "f", body("a", "hi"), "{not json", body("b", "hi"))


@pytest.mark.parametrize("bad", ["{not json", "[]", '{"messages": 3}', '{"messages": [3]}', '{"messages": [{"content": 3}]}'])
def test_bad_lines_can_be_left_out(tmp_path, bad):
    told: list[BadLine] = []
    lines = run(tmp_path / "f", body("a", "hi"), bad, body("b", "hi"), skip_bad=True, complain=told.append)
    assert [line["externalConversationId"] for line in lines] == ["a", "b"]
    assert [line.number for line in told] == [2]


def test_topics_are_found_in_the_file(tmp_path):
    refunds = [body(f"r{n}", f"I want a refund for order {n}, please refund my money") for n in range(20)]
    logins = [body(f"l{n}", f"my password reset link does not work, login {n} fails") for n in range(20)]
    lines = run(tmp_path / "f", *refunds, body("x", "👍"), *logins, find_topics=True, k=2)
    assert len(lines) == 41
    assert lines[20]["topic"] is None
    assert len({line["topic"]["id"] for line in lines[:20]}) == 1
    assert {line["topic"]["id"] for line in lines[:20]}.isdisjoint(line["topic"]["id"] for line in lines[21:])
    assert all(line["topicGroup"]["name"] for line in lines if line["topic"])


def test_topics_of_a_few_lines_are_null(tmp_path):
    [line] = run(tmp_path / "f", body("a", "where is my order"), find_topics=True)
    assert line["topic"] is None
    assert line["topicGroup"] is None


def test_half_surrogates_do_not_stop_it(tmp_path):
    odd = r'{"externalConversationId": "a", "messages": [{"role": "user", "content": "this \ud800 is terrible, it crashed"}]}'
    (tmp_path / "f").write_text(odd, encoding="utf-8")
    for find_topics in (False, True):
        with (tmp_path / "out").open("w", encoding="utf-8") as out:
            analysing.run(Job(tmp_path / "f", LEXICAL, find_topics=find_topics), out)
        assert json.loads((tmp_path / "out").read_text(encoding="utf-8"))["messages"][0]["sentiment"]["label"] == "negative"
