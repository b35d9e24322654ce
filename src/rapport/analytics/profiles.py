"""Who a user is, read from the user's own conversations: engagement, patterns, signals. Every sentence carries its count.

Levels and frequencies are counts with stated cuts, no model: a profile must be explainable to the person it is about. Days are
counted back from today, or, where the tenant logs nothing any more (imported history), from its last conversation.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from statistics import median
from uuid import UUID
from zoneinfo import ZoneInfo

from rapport.analytics.examples import Example, load
from rapport.analytics.filters import relation
from rapport.analytics.predicates import PREDICATES
from rapport.analytics.queries import Arguments
from rapport.analytics.wording import about, listed, many, quoted, signed
from rapport.domain.scope import Scope
from rapport.store.database import Connection

MOST_CONVERSATIONS = 500
WINDOW = timedelta(days=30)
POWER_USER, REGULAR = 10, 3  # conversations in the last 30 days; 10 is the documented cut of the segment Power Users
AT_RISK, CHURNING = timedelta(days=21), timedelta(days=45)  # of silence, or so many times the user's usual pause:
AT_RISK_PAUSES, CHURNING_PAUSES = 3, 6
INTENT = 0.4  # the documented threshold of commercial intent


@dataclass(frozen=True, slots=True)
class Pattern:
    """Something the user does again and again. frequency: recurring (3 conversations and more) | occasional (2) | rare (1)."""

    pattern: str
    frequency: str
    evidence: str


@dataclass(frozen=True, slots=True)
class Engagement:
    """level: power_user | regular | casual | at_risk | churning. trajectory: growing | stable | declining."""

    level: str
    trajectory: str
    description: str


@dataclass(frozen=True, slots=True)
class Signal:
    """type: opportunity | risk | insight. priority: high | medium | low."""

    type: str
    priority: str
    title: str
    description: str


@dataclass(frozen=True, slots=True)
class Alignment:
    """How the user's conversations fit what the product says it is for."""

    summary: str
    strengths: tuple[str, ...]
    gaps: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Profile:
    """`product_alignment` is None where no product of these conversations has a description."""

    profile_summary: str
    engagement: Engagement
    behavioral_patterns: tuple[Pattern, ...]
    signals: tuple[Signal, ...]
    product_alignment: Alignment | None
    methodology: str


@dataclass(frozen=True, slots=True)
class _Talk:
    """One conversation of the user."""

    id: UUID
    reference: str  # the tenant's id where it gave one
    at: datetime
    topic: str | None
    product: str
    purpose: str | None
    sentiment: float | None
    change: float | None
    rating: float | None
    intent: float | None
    intent_signal: str
    unhappy: bool | None
    happy: bool | None
    repeated: bool
    handover: bool
    abandoned: bool
    missing: bool
    failed_tools: tuple[str, ...]


async def profile(connection: Connection, scope: Scope, name: str) -> Profile | None:
    """The profile of the user whose conversations this scope holds, from the latest 500; None where none is analysed."""
    talks = await _talks(connection, scope)
    if not talks:
        return None
    last_of_all = await connection.fetchval("SELECT max(created_at) FROM conversation WHERE tenant_id = $1", scope.tenant_id)
    now = datetime.now(UTC)
    today = now if now - last_of_all < WINDOW else last_of_all
    quotes = await _said_in(connection, scope.tenant_id, [t.id for t in talks if t.unhappy][-12:])
    buying = await _said_in(connection, scope.tenant_id, [t.id for t in talks if (t.intent or 0) >= INTENT][-12:], "commercial ")
    wishes = await _said_in(connection, scope.tenant_id, [t.id for t in talks if t.missing][-12:], "wished capability")
    engagement = _engagement(talks, today)
    zone = ZoneInfo(scope.time_zone)
    return Profile(
        profile_summary=_summary(name, talks, engagement, quotes, today),
        engagement=engagement,
        behavioral_patterns=tuple(_patterns(talks, zone))[:6],
        signals=tuple(_signals(talks, engagement, _Words(quotes, buying, wishes)))[:6],
        product_alignment=_alignment(talks),
        methodology=(
            f"Read from {many(len(talks), 'analysed conversation')} between {talks[0].at.astimezone(zone):%Y-%m-%d} and"
            f" {talks[-1].at.astimezone(zone):%Y-%m-%d}, counted back from {today.astimezone(zone):%Y-%m-%d}."
            f" A conversation went badly when it was rated 2 or lower or, unrated, when its user was dissatisfied or highly frustrated."
        ),
    )


@dataclass(frozen=True, slots=True)
class _Words:
    """What the user said, by conversation: where it went badly, where buying was meant, where something was missing."""

    unhappy: dict[UUID, Example]
    buying: dict[UUID, Example]
    missing: dict[UUID, Example]


async def _said_in(connection: Connection, tenant_id: int, ids: list[UUID], signal: str = "") -> dict[UUID, Example]:
    return {example.id: example for example in await load(connection, tenant_id, ids, signal=signal)}


async def _talks(connection: Connection, scope: Scope) -> list[_Talk]:
    arguments = Arguments(scope.tenant_id)
    joins = "LEFT JOIN topic t ON t.tenant_id = $1 AND t.id = a.topic_id LEFT JOIN product p ON p.tenant_id = $1 AND p.id = c.product_id"
    rows = await connection.fetch(
        f"""
        SELECT c.id, coalesce(c.external_id, c.id::text) AS reference, c.created_at AS at, t.name AS topic,
               coalesce(p.name, '') AS product, p.description AS purpose, a.sentiment,
               a.sentiment_change AS change, c.rating_score AS rating, a.commercial_intent AS intent, a.commercial_signal AS intent_signal,
               {PREDICATES["unhappy"].sql} AS unhappy, {PREDICATES["happy"].sql} AS happy, a.repeated_questions > 0 AS repeated,
               a.handover_requested AS handover, coalesce(a.abandoned, false) AS abandoned,
               'missing_capability_detected' = ANY (a.flags) AS missing,
               ARRAY(SELECT tool ->> 0 FROM jsonb_array_elements(a.tools) AS tool WHERE (tool ->> 2)::int > 0) AS failed_tools
        {relation(scope, arguments, joins=joins)} AND a.conversation_id IS NOT NULL
        ORDER BY c.created_at DESC, c.id DESC LIMIT {arguments.add(MOST_CONVERSATIONS)}
        """,
        *arguments,
    )
    return [_Talk(**{**row, "failed_tools": tuple(row["failed_tools"])}) for row in reversed(rows)]


# Engagement -----------------------------------------------------------------------------------------------------------


def _engagement(talks: Sequence[_Talk], today: datetime) -> Engagement:
    recent = sum(today - talk.at <= WINDOW for talk in talks)
    before = sum(WINDOW < today - talk.at <= 2 * WINDOW for talk in talks)
    silence = today - talks[-1].at
    pauses = [later.at - earlier.at for earlier, later in pairwise(talks)]
    usual = timedelta(seconds=median(pause.total_seconds() for pause in pauses)) if pauses else timedelta(0)
    level = _level(recent, silence, usual, talks)
    trajectory = _trajectory(recent, before, known=today - talks[0].at)
    days = max(silence.days, 0)
    begun = today - talks[0].at
    earlier = f"the first {many(begun.days, 'day')} ago" if begun <= WINDOW else f"{before or 'none'} in the 30 days before"
    description = (
        f"{many(recent, 'conversation')} in the last 30 days, {earlier}; the latest {'today' if days == 0 else many(days, 'day') + ' ago'}."
    )
    if len(pauses) >= 2:
        description += f" The usual pause is {_span(usual)}."
    return Engagement(level, trajectory, description)


def _level(recent: int, silence: timedelta, usual: timedelta, talks: Sequence[_Talk]) -> str:
    if len(talks) > 1 and silence > max(CHURNING, CHURNING_PAUSES * usual):
        return "churning"
    latest = [talk.unhappy for talk in talks[-3:]]
    if (len(talks) > 1 and silence > max(AT_RISK, AT_RISK_PAUSES * usual)) or (len(latest) == 3 and latest.count(True) >= 2 and latest[-1]):
        return "at_risk"
    return "power_user" if recent >= POWER_USER else "regular" if recent >= REGULAR else "casual"


def _trajectory(recent: int, before: int, *, known: timedelta) -> str:
    """Growing or declining where the two months differ by half and by at least two conversations; a first month is stable."""
    if known <= WINDOW or abs(recent - before) < 2:
        return "stable"
    if recent >= 1.5 * before:
        return "growing"
    return "declining" if recent <= before / 1.5 else "stable"


def _span(span: timedelta) -> str:
    return many(round(span.total_seconds() / 86400), "day") if span >= timedelta(days=1) else "less than a day"


# Patterns -------------------------------------------------------------------------------------------------------------


def _patterns(talks: Sequence[_Talk], zone: ZoneInfo) -> Iterator[Pattern]:
    for topic, n in Counter(talk.topic for talk in talks if talk.topic).most_common(3):
        if n >= 2:
            yield _pattern(f'Comes back to "{about(topic)}"', [t for t in talks if t.topic == topic], talks)
    for pattern, found in (
        ("Asks the same question again within a conversation", [t for t in talks if t.repeated]),
        ("Asks for a human", [t for t in talks if t.handover]),
        ("Leaves before the end", [t for t in talks if t.abandoned]),
        ("Ends conversations in a worse mood than at the start", [t for t in talks if t.change is not None and t.change <= -0.2]),
    ):
        if found:
            yield _pattern(pattern, found, talks)
    for tool, _n in Counter(name for talk in talks for name in talk.failed_tools).most_common(2):
        yield _pattern(f"Meets failures of {quoted(tool)}", [t for t in talks if tool in t.failed_tools], talks)
    hours = Counter(talk.at.astimezone(zone).hour // 4 for talk in talks)
    block, n = hours.most_common(1)[0]
    if n >= 5 and n >= 0.7 * len(talks):
        yield Pattern(
            f"Writes between {4 * block:02}:00 and {4 * block + 4:02}:00", "recurring", f"{n} of {many(len(talks), 'conversation')}."
        )


def _pattern(pattern: str, found: Sequence[_Talk], talks: Sequence[_Talk]) -> Pattern:
    frequency = "recurring" if len(found) >= 3 else "occasional" if len(found) == 2 else "rare"
    bad = sum(bool(talk.unhappy) for talk in found)
    fate = f", {bad} of which went badly" if bad else ""
    return Pattern(
        pattern,
        frequency,
        f"{len(found)} of {many(len(talks), 'conversation')}{fate}; the latest on {found[-1].at:%Y-%m-%d} ({found[-1].reference}).",
    )


# Signals --------------------------------------------------------------------------------------------------------------


def _signals(talks: Sequence[_Talk], engagement: Engagement, words: _Words) -> Iterator[Signal]:
    unhappy = [talk for talk in talks if talk.unhappy]
    by_topic: dict[str, list[_Talk]] = defaultdict(list)
    for talk in unhappy:
        by_topic[talk.topic or ""].append(talk)
    if unhappy:
        topic, worst = max(by_topic.items(), key=lambda item: len(item[1]))
        fresh = unhappy[-1] in talks[-3:]
        priority = "high" if fresh and len(unhappy) >= 2 else "medium" if fresh or len(unhappy) >= 3 else "low"
        yield Signal(
            "risk", priority, f"{len(unhappy)} of {len(talks)} conversations went badly",
            f"{_share_about(topic, len(worst), len(unhappy))} Latest: {_said(unhappy[-1], words.unhappy)}",
        )  # fmt: skip
    if engagement.level in ("churning", "at_risk") and engagement.trajectory == "declining":
        yield Signal("risk", "high" if engagement.level == "churning" else "medium", "Activity is falling", engagement.description)
    buying = [talk for talk in talks if (talk.intent or 0) >= INTENT]
    if buying:
        kinds = listed(
            [kind.replace("_", " ") for kind, _ in Counter(t.intent_signal for t in buying if t.intent_signal != "none").most_common(2)]
        )
        yield Signal(
            "opportunity", "high" if buying[-1] in talks[-3:] else "medium",
            f"Commercial intent in {many(len(buying), 'conversation')}" + (f" ({kinds})" if kinds else ""),
            f"Strongest {max(t.intent or 0 for t in buying):.2f}. Latest: {_said(buying[-1], words.buying)}",
        )  # fmt: skip
    missing = [talk for talk in talks if talk.missing]
    if missing:
        yield Signal(
            "insight", "medium" if len(missing) > 1 else "low",
            f"Asked for something that is missing in {many(len(missing), 'conversation')}",
            f"About {listed([about(name) for name, _ in Counter(t.topic or 'an unnamed topic' for t in missing).most_common(2)])}."
            f" Latest: {_said(missing[-1], words.missing)}",
        )  # fmt: skip
    rated = [talk.rating for talk in talks if talk.rating is not None]
    if len(rated) >= 3 and sum(rated) / len(rated) >= 4.5:
        yield Signal(
            "insight", "low", "A satisfied user", f"Mean rating {sum(rated) / len(rated):.1f} of 5 over {len(rated)} rated conversations."
        )


def _share_about(topic: str, n: int, bad: int) -> str:
    if not topic:
        return "They have no topic in common." if bad > 1 else "It has no topic."
    return f'{n} of them about "{about(topic)}".' if bad > 1 else f'About "{about(topic)}".'


def _said(talk: _Talk, quotes: dict[UUID, Example]) -> str:
    quote = quotes[talk.id].quote if talk.id in quotes else ""
    return f"{quoted(quote) if quote else 'no words kept'} ({talk.at:%Y-%m-%d}, {talk.reference})."


# In words -------------------------------------------------------------------------------------------------------------


def _summary(name: str, talks: Sequence[_Talk], engagement: Engagement, quotes: dict[UUID, Example], today: datetime) -> str:
    sentences = [
        f"{name} had {many(len(talks), 'conversation')}{_subjects(talks)}; {engagement.level.replace('_', ' ')}, {engagement.trajectory}."
    ]
    scored = [talk.sentiment for talk in talks if talk.sentiment is not None]
    if scored:
        early, late = scored[: len(scored) // 2], scored[len(scored) // 2 :]
        moved = sum(late) / len(late) - sum(early) / len(early) if len(early) >= 3 else 0.0
        trend = f", {'up' if moved > 0 else 'down'} by {abs(moved):.2f} from the first half to the second" if abs(moved) >= 0.2 else ""
        sentences.append(f"Sentiment averages {signed(sum(scored) / len(scored))} (n = {len(scored)}){trend}.")
    unhappy = [talk for talk in talks if talk.unhappy]
    if unhappy:
        latest = ", the latest" if len(unhappy) > 1 else ""
        sentences.append(f"{many(len(unhappy), 'conversation')} went badly{latest}: {_said(unhappy[-1], quotes)}")
    elif all(talk.unhappy is False for talk in talks):
        sentences.append("None of them went badly.")
    return " ".join(sentences)


def _subjects(talks: Sequence[_Talk]) -> str:
    """What they were about: topics that came up again with their counts; where none did, how many there were."""
    topics = Counter(talk.topic for talk in talks if talk.topic)
    again = [f'"{about(topic)}" ({n})' for topic, n in topics.most_common(2) if n > 1]
    if again:
        return f", {'mostly' if topics.most_common(1)[0][1] > len(talks) / 2 else 'most often'} about {listed(again)}"
    named = [f'"{about(topic)}"' for topic, _ in topics.most_common(3)]
    return f", each about something else: {listed(named)}{' and more' if len(topics) > 3 else ''}" if len(named) > 1 else "".join(
        f", about {name}" for name in named
    )  # fmt: skip


def _alignment(talks: Sequence[_Talk]) -> Alignment | None:
    described = [talk for talk in talks if talk.purpose]
    if not described:
        return None
    product, n = Counter(talk.product for talk in described).most_common(1)[0]
    mine = [talk for talk in described if talk.product == product]
    topics: dict[str, list[_Talk]] = defaultdict(list)
    for talk in mine:
        if talk.topic:
            topics[talk.topic].append(talk)
    strengths = [
        f"{about(topic).capitalize()}: {sum(bool(t.happy) for t in found)} of {len(found)} went well"
        for topic, found in topics.items() if sum(bool(t.happy) for t in found) > len(found) / 2
    ]  # fmt: skip
    gaps = [
        f"{about(topic).capitalize()}: {sum(bool(t.unhappy) for t in found)} of {len(found)} went badly"
        + (f", {sum(t.missing for t in found)} asked for something missing" if any(t.missing for t in found) else "")
        for topic, found in topics.items() if any(t.missing for t in found) or sum(bool(t.unhappy) for t in found) > len(found) / 2
    ]  # fmt: skip
    well, badly = sum(bool(t.happy) for t in mine), sum(bool(t.unhappy) for t in mine)
    purpose = quoted(" ".join((mine[-1].purpose or "").split())[:160])
    return Alignment(
        f"{product} describes itself as {purpose}. Of this user's {many(n, 'conversation')} with it {well} went well and {badly} badly.",
        tuple(strengths[:3]), tuple(gaps[:3]),
    )  # fmt: skip
