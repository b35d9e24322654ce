"""The demo tenant as requests of the Insights API."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

from rapport.demo.dialogue import Turn
from rapport.demo.people import organizations
from rapport.demo.story import PRODUCTS, SEED, Dialogue, Teller

Request = tuple[str, str, dict[str, Any]]


def requests(now: datetime, seed: int = SEED) -> Iterator[Request]:
    """(method, path, body) in an order that can be sent; paths are relative to `/api/v1`.

    Products have no endpoint of that API: they come first, as ("PRODUCT", name, {id, description, color, icon}).
    """
    teller = Teller(now.astimezone(UTC), seed)
    for product in PRODUCTS:
        yield "PRODUCT", product.name, {"id": product.id, "description": product.description, "color": product.color, "icon": product.icon}
    yield from _who(teller)
    pauses = Random(seed + 1)
    for dialogue in teller.tell():
        yield "POST", "/messages", _messages(dialogue, pauses)
        if dialogue.rating is not None:
            yield "POST", "/ratings", _rating(dialogue)
        if dialogue.event:
            yield "POST", "/events", _event(dialogue)


def _iso(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _who(teller: Teller) -> Iterator[Request]:
    for organization in organizations():
        properties = {
            "plan": organization.plan,
            "country": organization.country,
            "industry": organization.industry,
            "seats": organization.seats,
        }
        yield "POST", "/organizations", {
            "externalOrganizationId": organization.external_id, "name": organization.name, "properties": properties,
        }  # fmt: skip
    for person in teller.people:
        body: dict[str, Any] = {"externalUserId": person.external_id, "name": person.name, "email": person.email}
        if person.organization:
            body["externalOrganizationId"] = person.organization.external_id
        else:
            body["properties"] = {"plan": person.plan}
        yield "POST", "/users", body


def _messages(dialogue: Dialogue, pauses: Random) -> dict[str, Any]:
    product, person = dialogue.product, dialogue.person
    body: dict[str, Any] = {
        "externalUserId": person.external_id,
        "externalConversationId": dialogue.external_id,
        "productId": product.id,
        "model": dialogue.model,
        "systemPrompt": {"externalPromptId": product.prompt_id, "content": product.prompts[dialogue.version - 1][1]},
        "properties": {"channel": dialogue.channel},
        "messages": [],
    }
    if person.organization:
        body["externalOrganizationId"] = person.organization.external_id
    at, called = dialogue.at, None
    for place, turn in enumerate(dialogue.turns, start=1):
        message = _message(turn, called)
        message |= {"externalMessageId": f"{dialogue.external_id}-{place}", "createdAt": _iso(at)}
        called = message["externalMessageId"] if turn.kind == "tool_call" else called
        body["messages"].append(message)
        at += timedelta(seconds=pauses.randint(2, 9) if turn.tool else pauses.randint(8, 150))
    return body


def _message(turn: Turn, called: str | None) -> dict[str, Any]:
    if turn.kind in ("user", "assistant"):
        return {"role": turn.kind, "content": turn.text}
    if turn.kind == "tool_call":
        return {"messageType": "tool_call", "toolName": turn.tool, "input": turn.data}
    return {"messageType": turn.kind, "toolName": turn.tool, "output": turn.data, "parentExternalMessageId": called}


def _rating(dialogue: Dialogue) -> dict[str, Any]:
    low, high = (0, 1) if dialogue.product.thumbs else (1, 5)
    body: dict[str, Any] = {
        "productId": dialogue.product.id, "externalConversationId": dialogue.external_id, "rating": dialogue.rating,
        "ratingMin": low, "ratingMax": high, "ratedAt": _iso(dialogue.at + timedelta(minutes=40)),
    }  # fmt: skip
    if dialogue.feedback:
        body["feedback"] = dialogue.feedback
    return body


def _event(dialogue: Dialogue) -> dict[str, Any]:
    event = dialogue.event
    assert event is not None
    body: dict[str, Any] = {
        "eventType": event.type, "productId": dialogue.product.id, "value": event.value, "valueType": event.value_type,
        "influence": event.influence, "eventAt": _iso(event.at), "externalConversationId": dialogue.external_id,
        "externalUserId": dialogue.person.external_id, "insertId": f"{dialogue.external_id}-{event.type}",
    }  # fmt: skip
    if dialogue.person.organization:
        body["externalOrganizationId"] = dialogue.person.organization.external_id
    return body
