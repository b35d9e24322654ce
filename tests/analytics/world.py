"""A small world whose truths a test knows: rows written as the store writes them, measures as the analysis would give them."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from rapport.domain.ids import new_id
from rapport.domain.scope import Scope
from rapport.store import keys
from rapport.store.database import Connection, Database

MEASURES = (
    "sentiment", "sentiment_change", "frustration", "struggle", "dissatisfied", "resolution", "abandoned", "handover_requested",
    "commercial_intent", "quality_index", "topic_id", "topic_group_id", "language", "flags", "tools", "messages", "embedding", "keywords",
    "root_cause", "root_cause_confidence", "commercial_signal", "evidence",
)  # fmt: skip


@dataclass
class World:
    """Adds things to one tenant; the same name gives the same id."""

    connection: Connection
    tenant_id: int
    start: datetime = datetime(2026, 9, 7, 12, tzinfo=UTC)  # a Monday
    ids: dict[tuple[str, str], UUID] = field(default_factory=dict)
    count: int = 0

    @property
    def scope(self) -> Scope:
        return Scope(self.tenant_id)

    async def thing(self, table: str, called: str, /, **columns: Any) -> UUID:
        """A product, organization, app_user, model, topic ... of this name."""
        if (table, called) not in self.ids:
            self.ids[table, called] = new_id()
            names = ["tenant_id", "id", *columns]
            values = [self.tenant_id, self.ids[table, called], *columns.values()]
            marks = ", ".join(f"${i + 1}" for i in range(len(values)))
            await self.connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({marks})", *values)
        return self.ids[table, called]

    async def product(self, name: str) -> UUID:
        return await self.thing("product", name, name=name)

    async def organization(self, name: str, **properties: Any) -> UUID:
        return await self.thing("organization", name, name=name, external_id=name.lower(), properties=properties)

    async def user(self, name: str, organization: str | None = None, **properties: Any) -> UUID:
        owner = await self.organization(organization) if organization else None
        return await self.thing(
            "app_user", name, name=name, external_id=f"u-{name.lower()}", email=f"{name.lower().replace(' ', '.')}@example.com",
            organization_id=owner, properties=properties,
        )  # fmt: skip

    async def model(self, name: str) -> UUID:
        return await self.thing("model", name, canonical_id=name, display_name=name)

    async def topic(self, name: str) -> UUID:
        group = await self.thing("topic_group", "all", name="everything")
        return await self.thing("topic", name, name=name, group_id=group)

    async def prompt(self, name: str, number: int) -> UUID:
        lineage = self.ids.setdefault(("lineage", name), new_id())
        return await self.thing(
            "prompt", f"{name} v{number}", lineage_id=lineage, number=number, product_id=await self.product("Pilot"), external_id=name,
            fingerprint=f"{name}{number}".encode(),
        )  # fmt: skip

    async def conversation(
        self, *, product: str = "Pilot", user: str = "Ann", organization: str | None = None, model: str | None = None,
        prompt: tuple[str, int] | None = None, topic: str | None = None, day: float = 0, rating: float | None = None,
        says: tuple[str, ...] = ("How do I do this?",), external_id: str | None = None, analysed: bool = True, kind: str = "conversation",
        properties: dict | None = None, **measures: Any,
    ) -> UUID:  # fmt: skip
        """One conversation, `day` days after the start, each thing said answered with "Let me see."."""
        self.count += 1
        id, at = new_id(), self.start + timedelta(days=day)
        product_id, user_id = await self.product(product), await self.user(user, organization)
        organization_id = await self.organization(organization) if organization else None
        model_id = await self.model(model) if model else None
        prompt_id = await self.prompt(*prompt) if prompt else None
        await self.connection.execute(
            "INSERT INTO conversation (tenant_id, id, kind, external_id, product_id, version_id, prompt_id, user_id, organization_id,"
            " model_id, message_count, chat_message_count, created_at, last_message_at, rating, rating_min, rating_max, rating_score,"
            " properties)"
            " VALUES ($1, $2, $3, $4, $5, $5, $6, $7, $8, $9, $10, $10, $11, $11, $12, 1, 5, $12, $13)",
            self.tenant_id, id, kind, external_id or f"c-{self.count}", product_id, prompt_id, user_id, organization_id, model_id,
            2 * len(says), at, rating, properties or {},
        )  # fmt: skip
        await self._messages(id, says, at, measures.get("tools", []))
        if analysed:
            measures["topic_id"] = await self.topic(topic) if topic else None
            given = {name: value for name, value in measures.items() if name in MEASURES}
            columns = ["product_id", "prompt_id", "user_id", "organization_id", "model_id", "created_at", "day", "rating_score"]
            values = [product_id, prompt_id, user_id, organization_id, model_id, at, at.date(), rating, *given.values()]
            marks = ", ".join(f"${i + 4}" for i in range(len(values)))
            await self.connection.execute(
                "INSERT INTO analysis (tenant_id, conversation_id, message_count, user_message_count, method, revision,"
                f" {', '.join([*columns, *given])}) VALUES ($1, $2, 2 * $3, $3, 'lexical', 1, {marks})",
                self.tenant_id, id, len(says), *values,
            )  # fmt: skip
        return id

    async def _messages(self, id: UUID, says: tuple[str, ...], at: datetime, tools: list) -> None:
        turns = [turn for text in says for turn in (("user_message", text, None), ("assistant_message", "Let me see.", None))]
        turns += [("tool_call", None, name) for name, *_ in tools]
        rows = [
            (self.tenant_id, id, seq, new_id(), type, content, tool, at + timedelta(seconds=seq))
            for seq, (type, content, tool) in enumerate(turns)
        ]  # fmt: skip
        await self.connection.executemany(
            "INSERT INTO message (tenant_id, conversation_id, seq, id, type, content, tool_name, created_at)"
            " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
            rows,
        )

    async def event(self, type: str, value: str = "1", *, user: str | None = None, day: float = 0, **columns: Any) -> UUID:
        """A business event of a user."""
        id = new_id()
        number = float(value) if value.replace(".", "").isdigit() else None
        return await self.thing(
            "event", f"{type} {id}", product_id=await self.product("Pilot"), event_type=type, value=value, value_number=number,
            event_at=self.start + timedelta(days=day), user_id=await self.user(user) if user else None, **columns,
        )  # fmt: skip


async def new_world(connection: Connection, tenant: str = "default") -> World:
    """An empty world in the tenant of this name."""
    return World(connection, await keys.ensure_tenant(connection, tenant))


def as_numbers(output: dict) -> dict[str, float | None]:
    """Metric -> value of a tool's `figures`."""
    return {figure["metric"]: figure["value"] for figure in output["figures"]}


__all__ = ["Database", "World", "as_numbers", "new_world"]
