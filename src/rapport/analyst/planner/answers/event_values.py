"""Business events by the values of a property of their people, such as the plan."""

from dataclasses import replace

from rapport.analyst.planner.answers.asking import Answer, Asked, Call, bullets, counted, heading, number
from rapport.analyst.planner.reading import Reading

MOST_VALUES = 12


def values_told(reading: Reading) -> str:
    """The property of which several values are set side by side: "do pro accounts cancel more than free ones"."""
    keys = [name.id.partition("=")[0] for link in reading.of_kind("property") for name in link.names[:1]]
    beside = reading.slots.says(r"than|vs\.?|versus|or|compared?|more|less|against|each|and on|split")
    return keys[0] if len(keys) > 1 and len(set(keys)) == 1 and beside else ""


def by_property(asked: Asked, types: list[str]) -> Answer:
    """Events by the values of a property of their people, such as the plan: most first, by worth where money is asked for."""
    reading = replace(asked.reading, events=(), conditions=(), subject="")
    key = str(reading.dimension).partition(":")[2]
    named = [name for link in reading.of_kind("property") for name in link.names if name.id.startswith(f"{key}=")]
    reading = replace(reading, links=tuple(link for link in reading.links if not any(name in named for name in link.names)))
    values = sorted(
        {name.id.partition("=")[2] for name in named or asked.setting.names.of_kind("property") if name.id.startswith(f"{key}=")}
    )
    filters = [{**reading.filter(), "properties": [{"key": key, "value": value}]} for value in values[:MOST_VALUES]]
    outputs = yield [Call("getOutcomes", {"filter": filter, "types": types, "limit": 12}) for filter in filters]
    text = heading(f"{', '.join(types)} by {key}", reading.scope())
    if error := next((output.error for output in outputs if output.error), None):
        return text + error
    rows = []
    for value, output in zip(values, outputs, strict=False):
        worth = sum(group["total"] for group in output.data["groups"] if group.get("total") is not None)
        groups = output.data["groups"]
        people = f", by {counted(groups[0]['users'], 'users')}" if len(groups) == 1 else ""
        rows.append((value, output.data["events"], worth, people))
    money = bool(reading.slots.says(r"worth|value|revenue|money|spen[dt]|paid|pay|amount|mrr|arr"))
    fewest = reading.order == "lowest"
    rows.sort(key=lambda row: (row[2] if money else row[1], row[1]), reverse=not fewest)
    lines = [
        f"**{value}**: {counted(events, 'events')}" + people + (f", worth {number(worth)}" if worth else "")
        for value, events, worth, people in rows
    ]
    more = f"\n(The first {MOST_VALUES} of {len(values)} values of {key}, by name.)" if len(values) > MOST_VALUES else ""
    return text + bullets(lines, numbered=True) + more
