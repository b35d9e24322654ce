"""What conversations are grouped by. A dimension is a key over `conversation c` and `analysis a`, and how a key is named for people."""

from collections.abc import Mapping
from dataclasses import dataclass

from rapport.analytics.filters import local_time
from rapport.analytics.queries import Arguments
from rapport.domain.scope import Scope
from rapport.errors import Invalid


@dataclass(frozen=True, slots=True)
class Dimension:
    """`label` and `reference` are SQL over `g.key` (of SQL type `type`): the name that people use, and the id that the tenant uses."""

    name: str
    title: str
    plural: str
    key: str
    label: str = "g.key::text"
    reference: str = "NULL::text"
    joins: str = ""
    type: str = "text"


def _name(table: str, columns: str, *, also: str = "") -> str:
    return f"(SELECT {columns} FROM {table} WHERE {table}.tenant_id = $1 AND {table}.id = g.key{also})"


_PROMPT = "coalesce(external_id, name, 'prompt ' || left(id::text, 8))"
_SENT = "JOIN prompt p ON p.tenant_id = c.tenant_id AND p.id = c.prompt_id AND p.fingerprint <> ''"
"""Conversations that came with a prompt; the others share an empty one."""
_TABLE = (
    Dimension("product", "product", "products", "c.product_id", _name("product", "name")),
    Dimension("user", "user", "users", "c.user_id",
              _name("app_user", "coalesce(name, email, external_id)"), _name("app_user", "external_id")),
    Dimension("organization", "organization", "organizations", "c.organization_id",
              _name("organization", "coalesce(name, external_id)"), _name("organization", "external_id")),
    Dimension("model", "model", "models", "c.model_id", _name("model", "display_name"), _name("model", "canonical_id")),
    Dimension("prompt", "prompt", "prompts", "p.lineage_id",
              f"(SELECT {_PROMPT} FROM prompt WHERE tenant_id = $1 AND lineage_id = g.key ORDER BY number DESC LIMIT 1)",
              joins=_SENT),
    Dimension("prompt_version", "prompt version", "prompt versions", "c.prompt_id",
              _name("prompt", f"{_PROMPT} || ' v' || number"), _name("prompt", "external_id"), _SENT),
    Dimension("product_version", "product version", "product versions", "c.version_id", _name("product_version", "'v' || number")),
    Dimension("topic", "topic", "topics", "a.topic_id", _name("topic", "name")),
    Dimension("topic_group", "topic group", "topic groups", "a.topic_group_id", _name("topic_group", "name")),
    Dimension("language", "language", "languages", "a.language"),
    Dimension("emotion", "emotion", "emotions", "a.emotion"),
    Dimension("root_cause", "root cause", "root causes", "a.root_cause"),
    Dimension("commercial_signal", "buying signal", "buying signals", "nullif(a.commercial_signal, 'none')"),
    Dimension("sentiment", "sentiment", "sentiments", "CASE WHEN a.sentiment <= -0.2 THEN 'negative'"
              " WHEN a.sentiment >= 0.2 THEN 'positive' WHEN a.sentiment IS NOT NULL THEN 'neutral' END"),
    Dimension("rating", "rating", "ratings", "round(c.rating_score)::int"),
    Dimension("source", "source", "sources", "c.source"),
    Dimension("tool", "tool", "tools", "t.use ->> 0", joins="JOIN LATERAL jsonb_array_elements(a.tools) t(use) ON a.tool_calls > 0"),
    Dimension("failed_tool", "failing tool", "failing tools", "t.use ->> 0",
              joins="JOIN LATERAL jsonb_array_elements(a.tools) t(use) ON a.tool_failures > 0 AND (t.use ->> 2)::int > 0"),
    Dimension("flag", "safety flag", "safety flags", "f.flag", joins="CROSS JOIN LATERAL unnest(a.flags) f(flag)"),
    Dimension("keyword", "keyword", "keywords", "k.keyword", joins="CROSS JOIN LATERAL unnest(a.keywords) k(keyword)"),
)  # fmt: skip
DIMENSIONS: Mapping[str, Dimension] = {dimension.name: dimension for dimension in _TABLE}

TIMES: Mapping[str, tuple[str, str]] = {
    "day": ("{}::date", "days"), "week": ("date_trunc('week', {})::date", "weeks"), "month": ("date_trunc('month', {})::date", "months"),
    "weekday": ("extract(isodow FROM {})::int", "weekdays"), "hour": ("extract(hour FROM {})::int", "hours"),
}  # fmt: skip
"""Groupings by the tenant's clock. Weeks begin on Monday; weekday 1 is Monday."""

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


def find(name: str, scope: Scope, arguments: Arguments) -> Dimension:
    """The dimension of that name: one of DIMENSIONS, one of TIMES, or `property:KEY` of conversations, users or organizations.
    Raises Invalid where there is none."""
    if name in DIMENSIONS:
        return DIMENSIONS[name]
    if name in TIMES:
        key, plural = TIMES[name]
        label = f"('{{{','.join(WEEKDAYS)}}}'::text[])[g.key]" if name == "weekday" else "g.key::text"
        return Dimension(name, name, plural, key.format(local_time(scope, arguments)), label)
    if name.startswith("property:"):
        return _property(name.removeprefix("property:"), arguments)
    raise Invalid(f"Conversations are not grouped by {name}; use one of {', '.join([*DIMENSIONS, *TIMES, 'property:KEY'])}.")


def _property(key: str, arguments: Arguments) -> Dimension:
    wanted = arguments.add(key)
    joins = (
        "LEFT JOIN app_user u ON u.tenant_id = c.tenant_id AND u.id = c.user_id"
        " LEFT JOIN organization o ON o.tenant_id = c.tenant_id AND o.id = c.organization_id"
    )
    value = f"coalesce(c.properties ->> {wanted}::text, u.properties ->> {wanted}::text, o.properties ->> {wanted}::text)"
    return Dimension(f"property:{key}", key, f"values of {key}", value, joins=joins)
