"""What is true in the demo tenant, counted from the story itself: what a right answer must find."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from rapport.demo.story import (
    BATCH_BROKE,
    LOGIN_BROKE,
    MODELS,
    PRODUCTS,
    PROMPT_WORSE,
    SEED,
    SPIKE_DAYS,
    TOOL_BROKE,
    UNHAPPY,
    Dialogue,
    dialogues,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rated:
    """How many conversations, how many of them rated, and the mean on 1..5 (None where none is)."""

    conversations: int
    rated: int
    mean: float | None


@dataclass(frozen=True, slots=True)
class Period:
    """Days, both ends included, in UTC."""

    since: date
    until: date


@dataclass(frozen=True, slots=True)
class Truths:
    """The exact figures of one telling. Ratings are on 1..5; dates are UTC days."""

    conversations: int
    users: int  # with at least one conversation
    most_active: str  # name of the user with the most conversations
    by_product: dict[str, Rated]
    by_model: dict[str, Rated]
    best_model: str
    worst_model: str
    spike: tuple[str, str, Period]  # product, subject, when
    spike_conversations: int
    spike_usual: float  # conversations on that subject in an ordinary week
    unhappy_organization: str
    unhappy_cause: str
    unhappy_since: date
    unhappy: Rated  # the organization's conversations with Docsmith since then
    failing_tool: str
    failing_since: date
    tool_calls: tuple[int, int]  # before, since
    tool_failures: tuple[int, int]
    worse_prompt: tuple[str, int]  # external prompt id, version
    worse_since: date
    prompt_versions: dict[int, Rated]
    enterprise_period: Period
    enterprise_cause: str
    enterprise: Rated  # conversations of organizations on the enterprise plan in that period
    enterprise_about_cause: int
    churn_event: str
    churn_subject: str
    churn_events: int
    churn_users: int
    upgrade_value: float  # sum over upgrade_purchased


def _rated(found: Iterable[Dialogue]) -> Rated:
    chosen = tuple(found)
    stars = [dialogue.stars for dialogue in chosen if dialogue.stars is not None]
    return Rated(len(chosen), len(stars), sum(stars) / len(stars) if stars else None)


def _tool(found: Iterable[Dialogue], kind: str, tool: str) -> int:
    return sum(turn.kind == kind and turn.tool == tool for dialogue in found for turn in dialogue.turns)


def truths(now: datetime, seed: int = SEED) -> Truths:
    """The truths of `demo.requests(now, seed)`."""
    now = now.astimezone(UTC)
    told = dialogues(now, seed)
    today = now.date()
    spike = Period(today - timedelta(days=SPIKE_DAYS[-1]), today - timedelta(days=SPIKE_DAYS[0]))
    late = [d for d in told if d.subject == "late delivery"]
    in_spike = [d for d in late if spike.since <= d.at.date() <= spike.until]
    before = [d for d in told if d.days_ago >= TOOL_BROKE]
    since = [d for d in told if d.days_ago < TOOL_BROKE]
    by_model = {model: _rated(d for d in told if d.model == model) for model in MODELS}
    ranked = sorted(MODELS, key=lambda model: by_model[model].mean or 0)
    travel = [d for d in told if d.product.name == "Compass Desk"]
    week = Period(today - timedelta(days=BATCH_BROKE - 1), today)
    enterprise = [d for d in told if d.person.plan == "enterprise" and d.person.organization and d.days_ago < BATCH_BROKE]
    churn = [d for d in told if d.event and d.event.type == "cancellation_requested"]
    unhappy = [d for d in told if d.days_ago < LOGIN_BROKE and d.product.name == "Docsmith" and d.person.organization]
    return Truths(
        conversations=len(told),
        users=len({d.person.external_id for d in told}),
        most_active=Counter(d.person.name for d in told).most_common(1)[0][0],
        by_product={p.name: _rated(d for d in told if d.product.name == p.name) for p in PRODUCTS},
        by_model=by_model,
        best_model=ranked[-1],
        worst_model=ranked[0],
        spike=("Tally", "late delivery", spike),
        spike_conversations=len(in_spike),
        spike_usual=(len(late) - len(in_spike)) / (53 / 7),
        unhappy_organization=UNHAPPY,
        unhappy_cause="SSO login loop",
        unhappy_since=today - timedelta(days=LOGIN_BROKE - 1),
        unhappy=_rated(d for d in unhappy if d.person.organization and d.person.organization.name == UNHAPPY),
        failing_tool="track_order",
        failing_since=today - timedelta(days=TOOL_BROKE - 1),
        tool_calls=(_tool(before, "tool_call", "track_order"), _tool(since, "tool_call", "track_order")),
        tool_failures=(_tool(before, "tool_error", "track_order"), _tool(since, "tool_error", "track_order")),
        worse_prompt=("compass-desk-core", 3),
        worse_since=today - timedelta(days=PROMPT_WORSE),
        prompt_versions={version: _rated(d for d in travel if d.version == version) for version in (1, 2, 3)},
        enterprise_period=week,
        enterprise_cause="batch payment rejected",
        enterprise=_rated(enterprise),
        enterprise_about_cause=sum(d.subject == "batch payment rejected" for d in enterprise),
        churn_event="cancellation_requested",
        churn_subject="membership renewal",
        churn_events=len(churn),
        churn_users=len({d.person.external_id for d in churn}),
        upgrade_value=sum(float(d.event.value) for d in told if d.event and d.event.type == "upgrade_purchased"),
    )
