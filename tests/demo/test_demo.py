"""The demo tenant: one telling per seed, within the limits of the API, and its truths hold when recounted from the bodies."""

import json
import re
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta

import pytest

from rapport import demo
from rapport.demo.dialogue import phrases

NOW = datetime(2026, 3, 18, 15, 30, tzinfo=UTC)


@pytest.fixture(scope="module")
def bodies():
    found = defaultdict(list)
    for _, path, body in demo.requests(NOW):
        found[path].append(body)
    return found


@pytest.fixture(scope="module")
def truths():
    return demo.truths(NOW)


def started(body):
    return datetime.fromisoformat(body["messages"][0]["createdAt"])


def said(body):
    return " ".join(m["content"] for m in body["messages"] if m.get("role") == "user").lower()


def stars(bodies, chosen):
    chosen = {body["externalConversationId"] for body in chosen}
    return [
        1 + 4 * (r["rating"] - r["ratingMin"]) / (r["ratingMax"] - r["ratingMin"])
        for r in bodies["/ratings"]
        if r["externalConversationId"] in chosen
    ]


def same(rated, bodies, chosen):
    found = stars(bodies, chosen)
    assert (rated.conversations, rated.rated) == (len(chosen), len(found))
    assert rated.mean == pytest.approx(sum(found) / len(found))


def test_the_same_seed_tells_the_same_story():
    assert json.dumps(list(demo.requests(NOW))) == json.dumps(list(demo.requests(NOW)))


def test_another_seed_tells_another_story():
    assert list(demo.requests(NOW)) != list(demo.requests(NOW, seed=8))


@pytest.mark.parametrize("now", [datetime(2026, 3, 18, 0, 10, tzinfo=UTC), datetime(2024, 2, 29, 23, 59, tzinfo=UTC)])
def test_nothing_happens_after_now_or_more_than_61_days_before(now):
    for _, path, body in demo.requests(now):
        times = (
            [m["createdAt"] for m in body["messages"]] if path == "/messages" else [body[k] for k in ("ratedAt", "eventAt") if k in body]
        )
        assert all(now - timedelta(days=61) < datetime.fromisoformat(at) <= now for at in times)


def test_bodies_keep_the_limits_of_the_contract(bodies):
    for body in bodies["/messages"]:
        assert all(body[key] for key in ("externalUserId", "externalConversationId", "productId"))
        assert 1 <= len(body["messages"]) <= 20
        known = set()
        for message in body["messages"]:
            assert ("role" in message) != ("messageType" in message)
            assert message.get("content") or message.get("input") or message.get("output")
            if message.get("messageType") in ("tool_call", "tool_error", "observation"):
                assert message["toolName"]
            if message.get("messageType") in ("tool_error", "observation"):
                assert message["parentExternalMessageId"] in known
            known.add(message["externalMessageId"])
    for rating in bodies["/ratings"]:
        assert rating["ratingMin"] <= rating["rating"] <= rating["ratingMax"]
    for event in bodies["/events"]:
        assert isinstance(event["value"], str)
        assert event["influence"] in ("positive", "negative", "neutral")
        assert event["valueType"] != "currency" or float(event["value"]) > 0


def test_ratings_and_events_follow_their_conversation():
    known = set()
    for _, path, body in demo.requests(NOW):
        if path == "/messages":
            known.add(body["externalConversationId"])
        elif path in ("/ratings", "/events"):
            assert body["externalConversationId"] in known


def test_dialogues_vary(bodies):
    sentences = {m["content"] for body in bodies["/messages"] for m in body["messages"] if m.get("role") == "user"}
    assert len(sentences) >= 300
    assert not [text for text in sentences if re.search(r"[{}]", text)]


def test_counts_by_product_and_model(bodies, truths):
    names = {body["id"]: name for name, body in ((path, body) for kind, path, body in demo.requests(NOW) if kind == "PRODUCT")}
    assert truths.conversations == len(bodies["/messages"])
    assert truths.users == len({body["externalUserId"] for body in bodies["/messages"]})
    for product_id, name in names.items():
        same(truths.by_product[name], bodies, [b for b in bodies["/messages"] if b["productId"] == product_id])
    for model, rated in truths.by_model.items():
        same(rated, bodies, [b for b in bodies["/messages"] if b["model"] == model])


def test_one_model_is_better_rated_than_another(truths):
    assert truths.by_model[truths.best_model].mean > truths.by_model[truths.worst_model].mean + 0.4


def test_the_spike_of_late_deliveries(bodies, truths):
    product, subject, period = truths.spike
    words = re.compile(r"parcel|package|delivery|shipping|my order mf|still waiting on")
    late = [b for b in bodies["/messages"] if words.search(said(b)) and "membership" not in said(b)]
    inside = [b for b in late if period.since <= started(b).date() <= period.until]
    assert (product, subject) == ("Tally", "late delivery")
    assert truths.spike_conversations > 3 * truths.spike_usual
    assert truths.spike_conversations <= len(inside) <= truths.spike_conversations + 3  # a few name a parcel for another reason


def test_the_unhappy_organization(bodies, truths):
    organization = next(o for o in bodies["/organizations"] if o["name"] == truths.unhappy_organization)
    versions = [b["systemPrompt"]["content"] for b in bodies["/messages"] if b["systemPrompt"]["externalPromptId"] == "docsmith-core"]
    chosen = [
        b for b in bodies["/messages"]
        if b.get("externalOrganizationId") == organization["externalOrganizationId"]
        and b["systemPrompt"]["externalPromptId"] == "docsmith-core" and started(b).date() >= truths.unhappy_since
    ]  # fmt: skip
    assert organization["properties"]["plan"] == "enterprise"
    assert len(set(versions)) == 2
    same(truths.unhappy, bodies, chosen)
    assert sum("log" in said(b) for b in chosen) >= 0.7 * len(chosen)
    assert truths.unhappy.mean < 2


def test_the_failing_tool(bodies, truths):
    counted = {True: Counter(), False: Counter()}
    for body in bodies["/messages"]:
        for message in body["messages"]:
            if message.get("toolName") == truths.failing_tool:
                counted[started(body).date() >= truths.failing_since][message["messageType"]] += 1
    assert truths.tool_calls == (counted[False]["tool_call"], counted[True]["tool_call"])
    assert truths.tool_failures == (counted[False]["tool_error"], counted[True]["tool_error"])
    assert truths.tool_failures[1] / truths.tool_calls[1] > 0.6 > 0.2 > truths.tool_failures[0] / truths.tool_calls[0]


def test_the_prompt_version_that_made_things_worse(bodies, truths):
    external_id, worse = truths.worse_prompt
    mine = [b for b in bodies["/messages"] if b["systemPrompt"]["externalPromptId"] == external_id]
    texts = list(dict.fromkeys(b["systemPrompt"]["content"] for b in mine))
    for version, rated in truths.prompt_versions.items():
        same(rated, bodies, [b for b in mine if b["systemPrompt"]["content"] == texts[version - 1]])
    assert min(truths.prompt_versions, key=lambda version: truths.prompt_versions[version].mean) == worse


def test_unhappy_enterprise_users_this_week(bodies, truths):
    plans = {o["externalOrganizationId"]: o["properties"]["plan"] for o in bodies["/organizations"]}
    chosen = [
        b for b in bodies["/messages"]
        if plans.get(b.get("externalOrganizationId")) == "enterprise" and started(b).date() >= truths.enterprise_period.since
    ]  # fmt: skip
    same(truths.enterprise, bodies, chosen)
    assert sum(bool(re.search(r"batch|px-41|payment file", said(b))) for b in chosen) == truths.enterprise_about_cause


def test_the_churn_cluster(bodies, truths):
    about = {b["externalConversationId"]: said(b) for b in bodies["/messages"]}
    churn = [e for e in bodies["/events"] if e["eventType"] == truths.churn_event]
    assert (truths.churn_events, truths.churn_users) == (len(churn), len({e["externalUserId"] for e in churn}))
    assert all(re.search(r"membership|renew", about[e["externalConversationId"]]) for e in churn)
    upgrades = [float(e["value"]) for e in bodies["/events"] if e["eventType"] == "upgrade_purchased"]
    assert truths.upgrade_value == pytest.approx(sum(upgrades))


def test_every_opening_has_an_answer_that_fits():
    for subject in phrases().subjects.values():
        assert not subject.fits or len(subject.fits) == len(subject.open)
        assert all(0 <= place < len(subject.good) for place in subject.fits)
