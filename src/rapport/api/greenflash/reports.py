"""The seven analytics endpoints: `mode=simple` gives numbers and is never limited, `mode=insights` (the default) adds what was
found in them, cached and counted per hour. Both are for the Growth plan and up.

Extra query parameters on all of them: `from` and `to` (days in the tenant's time zone, both included, or times) and `period`
(`7d`, `30d`, `90d`: so many days up to today).
"""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, Query, Response

from rapport import __version__
from rapport.analytics import comparisons, insights, profiles, segment_reports, simple, versions
from rapport.analytics.queries import asking
from rapport.analytics.simple import DIGITS, Entity, Terms, Totals
from rapport.api import ratelimit
from rapport.api.auth import Analytics, Parts
from rapport.api.greenflash import judging
from rapport.api.greenflash import report_shapes as shapes
from rapport.api.greenflash.interactions import visible
from rapport.domain.analysis import Analysis, change_label, level_label, sentiment_label
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal, Scope
from rapport.errors import Invalid, NotFound
from rapport.store import analyses, cache, catalog, people, prompts, segments
from rapport.store.database import Connection

router = APIRouter(prefix="/api/v1", tags=["analytics"])

Mode = Annotated[Literal["simple", "insights"] | None, Query(description="simple: numbers only; insights (the default): findings too.")]
ProductId = Annotated[str | None, Query(alias="productId", description="Only conversations with this product.")]
VersionId = Annotated[str | None, Query(alias="versionId", description="Only conversations under this product version.")]


@dataclass(frozen=True, slots=True)
class Period:
    """Days in the tenant's time zone, both included; None is open."""

    since: date | None
    until: date | None


def period(
    caller: Analytics,
    since: Annotated[str | None, Query(alias="from", description="First day, as 2026-03-01, or a time.")] = None,
    until: Annotated[str | None, Query(alias="to", description="Last day, as 2026-03-31, or a time.")] = None,
    span: Annotated[str | None, Query(alias="period", description="So many days up to today: 7d, 30d, 90d.")] = None,
) -> Period:
    """Dependency: the days that are asked about. Raises Invalid."""
    found = Period(_day(since, "from", caller.time_zone), _day(until, "to", caller.time_zone))
    if span is not None:
        matched = re.fullmatch(r"([1-9]\d{0,3})d", span)
        if not matched:
            raise Invalid("period: use a number of days such as 7d, 30d or 90d.")
        today = datetime.now(ZoneInfo(caller.time_zone)).date()
        found = Period(found.since or today - timedelta(days=int(matched[1]) - 1), found.until or today)
    if found.since and found.until and found.since > found.until:
        raise Invalid("from: must not be after `to`.")
    return found


def _day(text: str | None, name: str, time_zone: str) -> date | None:
    if text is None:
        return None
    try:
        if len(text) == len("2026-03-01"):
            return date.fromisoformat(text)
        at = datetime.fromisoformat(text.replace(" ", "+"))  # a `+` that was not percent-encoded
    except ValueError as error:
        raise Invalid(f"{name}: use a day such as 2026-03-01 or a time such as 2026-03-01T00:00:00Z.") from error
    return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(ZoneInfo(time_zone)).date()


Days = Annotated[Period, Depends(period)]


# One conversation -----------------------------------------------------------------------------------------------------


@router.get("/interactions/{interaction_id}/analytics", response_model=shapes.InteractionAnalytics)
async def interaction_analytics(interaction_id: str, parts: Parts, caller: Analytics, response: Response, mode: Mode = None) -> dict:
    """What the analysis of one conversation found. 404 while it is not analysed yet, which takes seconds."""
    async with parts.database.connection() as connection:
        head = await visible(connection, caller, interaction_id)
        analysis = await analyses.get(connection, caller.tenant_id, head.id)
        rating = await analyses.rating_score(connection, caller.tenant_id, head.id)
        judged = await judging.of_conversation(connection, caller.tenant_id, head, judge=parts.judge)
    numbers = _interaction(analysis, rating) | judging.shown(judged, analysis)
    if mode == "simple":
        return numbers

    async def compute(_: Connection) -> dict[str, Any]:
        return numbers | {"keywords": list(analysis.keywords)} | _explained(analysis)

    asked = _Asked(parts, caller, response, "interaction", str(head.id), {})
    return await _answer(asked, cache.digest(numbers, list(analysis.keywords)), compute)


def _interaction(analysis: Analysis, rating: float | None) -> dict[str, Any]:
    return {
        "averageUserSentiment": _labelled(analysis.sentiment, sentiment_label),
        "changeInUserSentiment": _labelled(analysis.sentiment_change, change_label),
        "commercialIntent": {"primarySignal": analysis.commercial_signal, "score": _rounded(analysis.commercial_intent) or 0.0},
        "conversationQualityIndex": _rounded(analysis.quality_index),
        "frustration": _labelled(analysis.frustration, level_label),
        "messageCount": analysis.message_count,
        "mostCommonUserEmotion": analysis.emotion or "neutral",
        "rating": _rounded(rating),
        "struggle": _labelled(analysis.struggle, level_label),
        "summary": analysis.summary,
        "topic": analysis.topic or "",
    }


def _explained(analysis: Analysis) -> dict[str, Any]:
    """Beyond the documented shape: why the scores are what they are."""
    return {
        "pillarScores": {name: _rounded(score) for name, score in analysis.pillars.items()},
        "flags": sorted(analysis.flags),
        "rootCause": analysis.root_cause,
        "language": analysis.language,
        "evidence": [{"signal": e.signal, "quote": e.text[:200], "strength": _rounded(e.strength)} for e in analysis.evidence[:20]],
    }


# People ---------------------------------------------------------------------------------------------------------------


@router.get("/users/{user_id}/analytics", response_model=shapes.UserAnalytics)
async def user_analytics(
    user_id: str, parts: Parts, caller: Analytics, days: Days, response: Response,
    product: ProductId = None, version: VersionId = None, mode: Mode = None,
) -> dict:  # fmt: skip
    """One user's averages; with insights a profile, topics and keywords. 404 for a user without conversations."""
    async with parts.database.connection() as connection:
        found = await people.get_user(connection, caller.tenant_id, await people.resolve_user(connection, caller.tenant_id, user_id))
        if caller.user_id not in (None, found.id) or caller.organization_id not in (None, found.organization_id):
            raise NotFound(f"There is no user {user_id[:80]!r}; GET /users lists them.")
        scope = await _scope(connection, caller, days, product, version, user_ids=(found.id,))
        if not await simple.any_conversation(connection, replace(scope, since=None, until=None)):
            raise NotFound("This user has no conversations here yet.")
        totals = await simple.of_scope(connection, scope)
        spread = await simple.terms_of_scope(connection, scope, list(simple.DISTRIBUTIONS))
        terms = {} if mode == "simple" else await simple.terms_of_scope(connection, scope, ("topic", "keyword"))
    numbers = _averages(totals, spread) | {"summary": None}
    if mode == "simple":
        return numbers

    async def compute(connection: Connection) -> dict[str, Any]:
        name = found.name or found.email or found.external_id
        summary = await profiles.profile(connection, scope, name)
        return numbers | {"summary": _wire(summary), "topics": _counted(terms["topic"]), "keywords": _counted(terms["keyword"])}

    asked = _Asked(parts, caller, response, "user", str(found.id), _parameters(scope))
    return await _answer(asked, _fingerprint(caller, totals, terms), compute)


@router.get("/organizations/{organization_id}/analytics", response_model=shapes.OrganizationAnalytics)
async def organization_analytics(
    organization_id: str, parts: Parts, caller: Analytics, days: Days, response: Response,
    product: ProductId = None, version: VersionId = None, mode: Mode = None,
) -> dict:  # fmt: skip
    """One organization's averages; with insights what sets it apart from the others. 404 for one without conversations."""
    async with parts.database.connection() as connection:
        found_id = await people.resolve_organization(connection, caller.tenant_id, organization_id)
        if caller.user_id is not None or caller.organization_id not in (None, found_id):
            raise NotFound(f"There is no organization {organization_id[:80]!r}; GET /organizations lists them.")
        found = await people.get_organization(connection, caller.tenant_id, found_id)
        scope = await _scope(connection, caller, days, product, version, organization_ids=(found_id,))
        if not await simple.any_conversation(connection, replace(scope, since=None, until=None)):
            raise NotFound("This organization has no conversations here yet.")
        subject = Subject(scope, _entity(caller, days, "organization", found_id) if not (product or version) else None)
        totals, spread = await _numbers(connection, subject)
    numbers = _averages(totals, spread) | {"summary": None}
    if mode == "simple":
        return numbers

    async def compute(connection: Connection) -> dict[str, Any]:
        terms = await _terms(connection, subject, ("topic", "keyword"))
        summary = await insights.organization(connection, scope, found.name or found.external_id or "This organization")
        return numbers | {"summary": _wire(summary), "topics": _counted(terms["topic"]), "keywords": _counted(terms["keyword"])}

    asked = _Asked(parts, caller, response, "organization", str(found_id), _parameters(scope))
    return await _answer(asked, await _fingerprint_beside(parts, caller, totals), compute)


# Products -------------------------------------------------------------------------------------------------------------


@router.get("/products/{product_id}/analytics", response_model=shapes.ProductAnalytics)
async def product_analytics(
    product_id: str, parts: Parts, caller: Analytics, days: Days, response: Response, version: VersionId = None, mode: Mode = None
) -> dict:
    """One product's numbers; with insights what is talked about, what goes badly and why."""
    async with parts.database.connection() as connection:
        found_id = await catalog.resolve_product(connection, caller.tenant_id, product_id)
        scope = await _scope(connection, caller, days, None, version, product_ids=(found_id,))
        subject = Subject(scope, _entity(caller, days, "product", found_id) if not version else None)
        totals, spread = await _numbers(connection, subject)
        terms = {} if mode == "simple" else await _terms(connection, subject, ("topic", "topic_group", "keyword"))
    numbers = _averages(totals, spread) | _flag_counts(totals) | {
        "productQualityIndex": totals.quality, "pillarScores": totals.pillars, "ratingCount": totals.rating_n,
        "topics": [], "topicGroups": [], "keywords": [], "keywordCounts": [], "dissatisfactionThemes": [], "rootCauseMix": [],
        "topFailingTools": [], "insights": None,
    }  # fmt: skip
    if mode == "simple":
        return numbers

    async def compute(connection: Connection) -> dict[str, Any]:
        return numbers | {
            "topics": _counted(terms["topic"]), "topicGroups": _counted(terms["topic_group"]), "keywordCounts": _counted(terms["keyword"]),
            "dissatisfactionThemes": _wire(await insights.themes(connection, scope)),
            "rootCauseMix": _wire(await insights.root_causes(connection, scope)),
            "topFailingTools": _wire(await insights.failing_tools(connection, scope)),
            "insights": _wire(await insights.product(connection, scope)),
        }  # fmt: skip

    asked = _Asked(parts, caller, response, "product", str(found_id), _parameters(scope))
    body = await _answer(asked, _fingerprint(caller, totals, terms), compute)
    # The SDKs, which send no mode here, read strings; the public guide's example, which names the mode, reads objects.
    return body | {"keywords": body["keywordCounts"] if mode else [term["name"] for term in body["keywordCounts"]]}


@router.get("/segments/{segment_id}/analytics", response_model=shapes.SegmentAnalytics)
async def segment_analytics(
    segment_id: str, parts: Parts, caller: Analytics, days: Days, response: Response,
    product: ProductId = None, version: VersionId = None, mode: Mode = None,
) -> dict:  # fmt: skip
    """The numbers of a segment's users; with insights what sets them apart from everyone else."""
    async with parts.database.connection() as connection:
        segment = await segments.get(connection, caller.tenant_id, segment_id)
        scope = await _scope(connection, caller, days, product, version, segment_ids=(segment.id,))
        subject = Subject(scope, None)
        totals, spread = await _numbers(connection, subject)
        numbers = _averages(totals, spread) | _flag_counts(totals) | {
            "participantCount": segment.member_count, "summary": None, "topics": [], "topicGroups": [], "keywords": [],
        }  # fmt: skip
        if mode == "simple":
            return numbers
        whole = None if product or version else _entity(caller, days, "tenant", simple.WHOLE_TENANT)
        everyone = await (simple.of_entity(connection, whole) if whole else simple.of_scope(connection, replace(scope, segment_ids=())))

    async def compute(connection: Connection) -> dict[str, Any]:
        terms = await _terms(connection, subject, ("topic", "topic_group", "keyword"))
        summary = await segment_reports.against_everyone_else(connection, scope, segment.name, totals, everyone)
        return numbers | {
            "summary": _wire(summary), "topics": _counted(terms["topic"]), "topicGroups": _counted(terms["topic_group"]),
            "keywords": _counted(terms["keyword"]),
        }  # fmt: skip

    asked = _Asked(parts, caller, response, "segment", str(segment.id), _parameters(scope))
    return await _answer(asked, _fingerprint(caller, totals, everyone, segment.member_count), compute)


# Models and prompts ---------------------------------------------------------------------------------------------------


@router.get("/models/{model_id}/analytics", response_model=shapes.ModelAnalytics)
async def model_analytics(model_id: str, parts: Parts, caller: Analytics, days: Days, response: Response, mode: Mode = None) -> dict:
    """One model's numbers over a period (30 days where none is named), day by day; with insights a comparison with the others."""
    if not days.since and not days.until:
        days = period(caller, span="30d")
    async with parts.database.connection() as connection:
        found_id = await catalog.resolve_model(connection, caller.tenant_id, model_id)
        scope = await _scope(connection, caller, days, None, None, model_ids=(found_id,))
        subject = Subject(scope, _entity(caller, days, "model", found_id))
        totals, _ = await _numbers(connection, subject)
        daily = await simple.by_day(connection, subject.entity) if subject.entity else await simple.scope_by_day(connection, scope)
    numbers = _model(totals, daily, days, caller.time_zone)
    if mode == "simple":
        return numbers

    async def compute(connection: Connection) -> dict[str, Any]:
        return numbers | {"recommendations": _wire(await comparisons.model(connection, scope, found_id))}

    asked = _Asked(parts, caller, response, "model", str(found_id), _parameters(scope))
    return await _answer(asked, await _fingerprint_beside(parts, caller, totals), compute)


def _model(totals: Totals, daily: Mapping[date, Totals], days: Period, time_zone: str) -> dict[str, Any]:
    measured = bool(totals.conversations)
    averages = _averages(totals, {})
    named = ("averageChangeInUserSentiment", "averageCommercialIntent", "averageFrustration", "averageStruggle", "averageUserSentiment")
    first = days.since or (min(daily) if daily else None)
    last = days.until or (max(daily) if daily else None)
    count = min((last - first).days + 1, 1000) if first and last else 0
    return {
        **{name: averages[name] if measured else None for name in named},
        "averageConversationRating": totals.rating, "conversationCount": totals.conversations, "messageCount": totals.messages,
        **_quality(totals),
        **{name: share if measured else None for name, share in _flag_counts(totals).items()},
        "dataPoints": [
            _data_point(first + timedelta(days=i), daily.get(first + timedelta(days=i), Totals()), time_zone) for i in range(count) if first
        ],
        "recommendations": None,
    }  # fmt: skip


def _quality(totals: Totals) -> dict[str, float | None]:
    pillars = totals.pillars or {}
    return {"avgConversationQualityIndex": totals.quality} | {
        f"avg{name.capitalize()}Score": pillars.get(name) for name in ("friction", "growth", "safety", "satisfaction")
    }


def _data_point(day: date, totals: Totals, time_zone: str) -> dict[str, Any]:
    start = datetime.combine(day, time.min, ZoneInfo(time_zone)).astimezone(UTC)
    return {
        "date": start.strftime("%Y-%m-%dT%H:%M:%SZ"), "conversationCount": totals.conversations, "messageCount": totals.messages,
        **_quality(totals),
    }  # fmt: skip


@router.get("/prompts/{prompt_id}/analytics", response_model=shapes.PromptAnalytics)
async def prompt_analytics(prompt_id: str, parts: Parts, caller: Analytics, days: Days, response: Response, mode: Mode = None) -> dict:
    """How one version of a prompt does; with insights beside the other versions of its lineage, and what to change."""
    async with parts.database.connection() as connection:
        found_id = await prompts.resolve_prompt(connection, caller.tenant_id, prompt_id)
        scope = await _scope(connection, caller, days, None, None, prompt_ids=(found_id,))
        subject = Subject(scope, _entity(caller, days, "prompt", found_id))
        totals, _ = await _numbers(connection, subject)

    async def compute(connection: Connection) -> dict[str, Any]:
        report = await versions.report(connection, scope, found_id)
        return {
            "avgQualityIndex": totals.quality, "totalConversations": totals.conversations, "lastUsedAt": _time(report.last_used_at),
            "suggestionCount": len(report.suggestions), "effectiveSuggestionCount": len(report.suggestions) if report.active else 0,
            "needsReview": bool(report.active and report.suggestions), "versions": _wire(report.versions),
            "suggestions": _wire(report.suggestions), "summary": report.summary,
        }  # fmt: skip

    asked = _Asked(parts, caller, response, "prompt", str(found_id), _parameters(scope))
    body = await _answer(asked, await _fingerprint_beside(parts, caller, totals), compute, free=mode == "simple")
    return {name: body[name] for name in PROMPT_NUMBERS} if mode == "simple" else body


PROMPT_NUMBERS = ("avgQualityIndex", "effectiveSuggestionCount", "lastUsedAt", "needsReview", "suggestionCount", "totalConversations")


def _time(at: datetime | None) -> str | None:
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ") if at else None


# What is asked about --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Subject:
    """Conversations as a scope, and as an entity where rollups hold exactly these."""

    scope: Scope
    entity: Entity | None


async def _scope(
    connection: Connection, caller: Principal, days: Period, product: str | None, version: str | None, **ids: tuple[UUID, ...]
) -> Scope:
    """The scope of these ids within what the key may see. Raises NotFound for an unknown product or version."""
    scope = Scope(caller.tenant_id, time_zone=caller.time_zone, since=days.since, until=days.until, **ids)  # type: ignore[arg-type]
    if product:
        scope = replace(scope, product_ids=(await catalog.resolve_product(connection, caller.tenant_id, product),))
    if version:
        version_id = parse_id(version)
        if version_id is None:
            raise NotFound(f"There is no product version {version[:80]!r}.")
        await catalog.resolve_version(connection, caller.tenant_id, version_id)
        scope = replace(scope, version_ids=(version_id,))
    if caller.organization_id:
        scope = replace(scope, organization_ids=(caller.organization_id,))
    if caller.user_id:
        scope = replace(scope, user_ids=(caller.user_id,))
    return scope


def _entity(caller: Principal, days: Period, kind: str, entity_id: UUID) -> Entity | None:
    """Rollups know whole products, organizations, models and prompts: nothing of them for a key that sees only a part."""
    if caller.user_id or (caller.organization_id and kind != "organization"):
        return None
    return Entity(caller.tenant_id, kind, entity_id, days.since, days.until)


async def _numbers(connection: Connection, subject: Subject) -> tuple[Totals, Terms]:
    kinds = list(simple.DISTRIBUTIONS)
    if subject.entity:
        return await simple.of_entity(connection, subject.entity), await simple.terms_of_entity(connection, subject.entity, kinds)
    return await simple.of_scope(connection, subject.scope), await simple.terms_of_scope(connection, subject.scope, kinds)


async def _terms(connection: Connection, subject: Subject, kinds: tuple[str, ...]) -> Terms:
    if subject.entity:
        return await simple.terms_of_entity(connection, subject.entity, kinds)
    return await simple.terms_of_scope(connection, subject.scope, kinds)


# Cache and quota ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Asked:
    """One request for insights. `parameters` are normalised: two spellings of the same question share an answer and a charge."""

    parts: Parts
    caller: Principal
    response: Response
    kind: str
    id: str
    parameters: Mapping[str, Any]


async def _answer(
    asked: _Asked, fingerprint: bytes, compute: Callable[[Connection], Awaitable[dict[str, Any]]], *, free: bool = False
) -> dict[str, Any]:
    """The cached body, free; else charge the hourly quota (once per question and hour, unless `free`), compute, and keep it."""
    tenant_id, database = asked.caller.tenant_id, asked.parts.database
    key = cache.digest(__version__, asked.kind, asked.id, asked.parameters)
    async with database.connection() as connection:
        body = await cache.find(connection, tenant_id, key, fingerprint)
    asked.response.headers["X-Cache"] = "MISS" if body is None else "HIT"
    if body is not None:
        return body
    if not free:
        asked.response.headers.update(await ratelimit.take(asked.parts, asked.caller, "insights", key=key))
    async with asking(database) as connection:
        body = await compute(connection)
    async with database.connection() as connection:
        await cache.put(connection, tenant_id, key, fingerprint, body, scope_kind=asked.kind, scope_id=asked.id)
    return body


def _parameters(scope: Scope) -> dict[str, Any]:
    """What of a scope changes its answer."""
    named = {field.name: getattr(scope, field.name) for field in fields(scope) if field.name != "tenant_id"}
    return {name: [str(part) for part in value] if isinstance(value, tuple) else value and str(value) for name, value in named.items()}


def _fingerprint(caller: Principal, *state: Any) -> bytes:
    """What the answer rests on: these numbers, and the day, as texts say how long ago something was."""
    today = datetime.now(ZoneInfo(caller.time_zone)).date()
    return cache.digest(today.isoformat(), *(_wire(part) for part in state))


async def _fingerprint_beside(parts: Parts, caller: Principal, totals: Totals) -> bytes:
    """Of an answer that compares with everyone else: it changes when anything of the tenant does."""
    whole = Entity(caller.tenant_id, "tenant", simple.WHOLE_TENANT)
    async with parts.database.connection() as connection:
        terms = await simple.terms_of_entity(connection, whole, ("topic", "keyword"), limit=400)
        return _fingerprint(caller, totals, await simple.of_entity(connection, whole), terms)


# Rendering ------------------------------------------------------------------------------------------------------------


def _averages(totals: Totals, spread: Terms) -> dict[str, Any]:
    return {
        "averageChangeInUserSentiment": _labelled(totals.change, change_label),
        "averageCommercialIntent": _labelled(totals.commercial, level_label),
        "averageFrustration": _labelled(totals.frustration, level_label),
        "averageStruggle": _labelled(totals.struggle, level_label),
        "averageUserSentiment": _labelled(totals.sentiment, sentiment_label),
        "averageConversationQualityIndex": totals.quality,
        "averageConversationRating": totals.rating,
        "totalConversations": totals.conversations,
        "distributions": simple.distributions(spread),
    }


def _flag_counts(totals: Totals) -> dict[str, Any]:
    named = {
        "hallucinationCount": totals.hallucination, "jailbreakCount": totals.jailbreak, "modelBiasCount": totals.model_bias,
        "modelToxicityCount": totals.model_toxicity, "userBiasCount": totals.user_bias, "userToxicityCount": totals.user_toxicity,
    }  # fmt: skip
    whole = totals.conversations
    return {name: {"total": n, "percentage": round(100 * n / whole, 4) if whole else 0.0} for name, n in named.items()}


def _labelled(score: float | None, label: Callable[[float], str]) -> dict[str, Any]:
    return {"label": "unknown", "score": 0.0} if score is None else {"label": label(score), "score": _rounded(score)}


def _rounded(score: float | None) -> float | None:
    return None if score is None else round(score, DIGITS)


def _counted(terms: Any) -> list[dict[str, Any]]:
    return [{"name": name, "count": n} for name, n in terms]


def _wire(value: Any) -> Any:
    """A frozen dataclass as JSON with camelCase keys."""
    if is_dataclass(value) and not isinstance(value, type):
        return {_camel(field.name): _wire(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple | list):
        return [_wire(part) for part in value]
    return str(value) if isinstance(value, UUID | date) else value


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part.capitalize() for part in rest)
