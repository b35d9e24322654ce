"""Tools: how often each is called and fails, and since when."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rapport.analyst.planner.answers.asking import (
    Answer,
    Asked,
    Call,
    Output,
    bullets,
    counted,
    day,
    heading,
    joined,
    number,
    phrase,
    quoted,
)
from rapport.analyst.planner.answers.totals import none
from rapport.analyst.planner.asked import BROKEN, SHARE
from rapport.analyst.planner.conditions import FELL_OVER, WENT_WELL
from rapport.analyst.planner.reading import Reading
from rapport.analyst.planner.slots import Slots


def tool_failures(asked: Asked) -> Answer:
    """Calls and failures of each tool; of one tool where it is named."""
    reading = asked.reading
    named = [name.id for link in reading.of_kind("tool") for name in link.names]
    own = replace(
        reading,
        conditions=tuple(c for c in reading.conditions if c != "tool_failed"),
        links=tuple(link for link in reading.links if link.kind != "tool"),
        subject="",
    )
    order = (
        "calls"
        if reading.metric == "tool_calls" and not reading.bad and not reading.slots.says(rf"{BROKEN}|{FELL_OVER}")
        else _order(reading.slots)
    )
    arguments: dict[str, Any] = {"order": order, "limit": 20, "filter": own.filter()}
    calls = [Call("getToolFailures", arguments)]
    if named:
        calls.append(Call("getConversations", {"filter": {**own.filter(), "failedTools": named}, "order": "newest", "limit": 2}))
    found, *broken = yield calls
    if found.error:
        return heading("failing tools", own.scope()) + found.error
    tools = [t for t in found.data["tools"] if not named or t["name"] in named]
    if not found.data["tools"]:
        (whole,) = yield [Call("countConversations", {"filter": own.filter()})]
        if not whole.figure("conversations").get("value"):
            return (yield from none(replace(asked, reading=own)))
        return (
            heading("failing tools", own.scope())
            + "No tool was called. Log calls as messages of type `tool_call`, failures as `tool_error`."
        )
    text = heading(_ORDERS[order], own.scope(), *named[:3])
    if not tools:
        return text + f"{joined(named)} was not called{phrase(own)}, {own.when()}."
    if _steadiest(reading):
        best = sorted(tools, key=lambda t: (t["failures"] if order == "failures" else t["failureRate"], -t["calls"]))
        return text + bullets([_tool(t) for t in best[: reading.limit or 6]], numbered=True)
    failing = [t for t in tools if t["failures"]]
    if order == "calls" and not named:
        shown = tools[: reading.limit or 6]
        return text + bullets(
            [f"**{t['name']}**: {counted(t['calls'], 'tool_calls')} ({number(t['failures'])} failed)" for t in shown], numbered=True
        )
    if not failing:
        made = tools[0]["calls"] if len(tools) == 1 else found.data["calls"]
        return text + f"No call failed: {counted(made, 'tool_calls')}{phrase(own)}, {own.when()}."
    if not named and reading.slots.says(HOW_MANY_TOOLS):
        text += f"**{number(len(failing))}** of {number(len(tools))} tools failed{phrase(own)}, {own.when()}.\n\n"
    elif reading.slots.says(r"how many|number of|total|in all|all together|altogether|adding up|sum") and not named:
        text += f"**{number(sum(t['failures'] for t in tools))}** of {counted(found.data['calls'], 'tool_calls')} failed{phrase(own)}, {own.when()}.\n\n"
    fared_well = len(tools) == 1 and named and reading.slots.says(WENT_WELL)
    if fared_well and reading.slots.says(r"how many|numbers? of|counts?") and not reading.slots.says(BROKEN):
        return text + f"**{number(tools[0]['calls'] - tools[0]['failures'])}** calls of {named[0]} went well. {_tool(tools[0])}"
    if fared_well and reading.slots.says(SHARE):
        made, fine = tools[0]["calls"], tools[0]["calls"] - tools[0]["failures"]
        return (
            text + f"**{100 * fine / made:.1f}%** of the calls of {named[0]} went well: {number(fine)} of {number(made)}. {_tool(tools[0])}"
        )
    if len(failing) == 1 or named:
        text += "\n".join(f"{_tool(t)}{_error(t)}" for t in (failing if not named else tools))
    else:
        text += bullets([_tool(t) for t in failing[: reading.limit or 6]], numbered=True) + _error(failing[0])
    if failing and reading.slots.says(_IN_WHICH):
        text += yield from _where(own, failing[0]["name"])
    examples = broken[0].data.get("conversations", []) if broken else []
    return text + ("\n\nFor example:\n" + bullets([quoted(one) for one in examples]) if examples else "")


HOW_MANY_TOOLS = r"(?:how many|number of|count of) (?:of (?:our|the) )?(?:different |distinct |separate |unique |of |our |the )*(?:tools|integrations|functions|connectors|plugins)(?! (?:calls?|failures?|errors?|uses?|runs?))"
""" "How many different tools failed": tools are counted, and not their calls."""
_IN_WHICH = r"(?:and )?(?:in|on|for|with|under|of|by) (?:which|what|whose) (?:of (?:our|the) )?(?:\w+ )?(?:products?|assistants?|bots?|chatbots?|apps?)|(?:which|what|whose) (?:product|assistant|bot|chatbot|app)"


def _where(own: Reading, tool: str) -> Generator[Sequence[Call], Sequence[Output], str]:
    """In which products a tool fails, that with the most first."""
    filter = {**own.filter(), "failedTools": [tool]}
    (output,) = yield [Call("getBreakdown", {"dimension": "product", "metrics": ["conversations"], "limit": 5, "filter": filter})]
    groups = [g for g in output.data.get("groups", []) if g["conversations"]]
    if output.error or not groups:
        return ""
    return f"\n{tool} failed in " + joined([f"**{g['name']}** ({counted(g['conversations'], 'conversations')})" for g in groups]) + "."


def _steadiest(reading: Reading) -> bool:
    """Whether the tools that fail least are asked for, not those that fail most."""
    return not reading.of_kind("tool") and bool(
        reading.slots.says(
            r"(?:most|more) (?:reliable|stable|dependable|robust)|(?:fewest|lowest|least|smallest)(?: \w+){0,2} (?:failures?|errors?|error rates?|failure rates?)|(?:fails?|errors?|breaks?)(?: the)? least(?: often)?|never fails?|steadiest|safest"
        )
        and not reading.slots.says(r"least (?:reliable|stable|dependable)")
    )


_ORDERS = {"rate": "tools by failure rate", "calls": "tools by calls", "failures": "tools by failures"}


def _order(slots: Slots) -> str:
    """calls | rate | failures: what the question sorts tools by."""
    if slots.says(r"called|used?|usage|popular|calls?") and not slots.says(
        rf"{FELL_OVER}|fail\w*|error\w*|br(?:ea|o)k\w*|crash\w*|unreliable|flak\w*"
    ):
        return "calls"
    return (
        "rate"
        if slots.says(
            r"rates?|relative(?:ly)?|in proportion|proportion\w*|per call|compared (?:to|with) how often|reliab\w*|unreliab\w*|percent\w*|share|depend\w*|flak\w*"
        )
        else "failures"
    )


def tool_onset(asked: Asked) -> Answer:
    """Since when a tool fails: of the one that is named, else of the one that fails most."""
    reading = asked.reading
    own = replace(reading, conditions=(), subject="", links=tuple(link for link in reading.links if link.kind != "tool"))
    named = [name.id for link in reading.of_kind("tool") for name in link.names]
    if not named:
        (found,) = yield [Call("getToolFailures", {"order": "failures", "limit": 1, "filter": own.filter()})]
        named = [t["name"] for t in found.data.get("tools", ()) if t["failures"]]
        if not named:
            return heading("failing tools", own.scope()) + f"No tool call failed{phrase(own)}, {own.when()}."
    outputs = yield [Call("getToolOnset", {"tool": name, "filter": own.filter()}) for name in named[:3]]
    text = heading("since when tools fail", own.scope(), *named[:3])
    return text + "\n".join(_since(output.data, own) if not output.error else output.error for output in outputs)


def _since(found: Mapping[str, Any], reading: Reading) -> str:
    name, failed = found["tool"], f"{number(found['failures'])} of {counted(found['calls'], 'tool_calls')} failed"
    if not found["failures"]:
        return f"**{name}** has not failed: {counted(found['calls'], 'tool_calls')}{phrase(reading)}, {reading.when()}."
    if found["since"]:
        return (
            f"**{name}** has been failing since **{day(found['since'])}**: from that day on {found['rateAfter']:g}% of its calls failed, before it "
            f"{found['rateBefore']:g}%. In all {failed}, the last on {day(found['lastFailure'])}."
        )
    return (
        f"**{name}** shows no day from which it fails more often than before: {failed}, the first on **{day(found['firstFailure'])}**, "
        f"the last on {day(found['lastFailure'])}."
    )


def _tool(t: Mapping[str, Any]) -> str:
    return f"**{t['name']}**: {number(t['failures'])} of {counted(t['calls'], 'tool_calls')} failed ({t['failureRate']:g}%), in {counted(t['conversationsWithFailure'], 'conversations')}"


def _error(t: Mapping[str, Any]) -> str:
    return f"\nLatest error of {t['name']}: “{t['latestError']}”" if t.get("latestError") else ""
