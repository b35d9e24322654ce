"""What a plan allows in an hour, and the headers that say so. The windows are exact and shared by all processes (store.limits).

| bucket        | free      | growth  | enterprise | override in tenant.limits |
|---------------|-----------|---------|------------|---------------------------|
| `chat`        | (403)     | 20      | no limit   | `chat_per_hour`           |
| `insights`    | (403)     | 50      | no limit   | `insights_per_hour`       |
| `chat_tokens` | (403)     | 500,000 | no limit   | `chat_tokens_per_hour`    |
"""

from datetime import timedelta

from rapport.api.state import State
from rapport.domain.scope import Principal
from rapport.errors import RateLimited, TokenLimitExceeded
from rapport.store import limits
from rapport.store.limits import Use

GROWTH = {"chat": 20, "insights": 50}
CUSTOM_SEGMENTS = {"free": 3, "growth": 50, "enterprise": None}


def hourly_limit(parts: State, principal: Principal, bucket: str) -> int | None:
    """How much of this bucket the tenant has per rolling hour; None: no limit. The tenant's own number wins over its plan's."""
    own = principal.limits.get(f"{bucket}_per_hour")
    if own is not None:
        return own
    if principal.plan == "enterprise":
        return None
    return parts.settings.chat_tokens_per_hour if bucket == "chat_tokens" else GROWTH.get(bucket)


def custom_segments(principal: Principal) -> int | None:
    """How many custom segments the tenant may have; None: no limit."""
    return principal.limits.get("custom_segments", CUSTOM_SEGMENTS[principal.plan])


async def take(
    parts: State, principal: Principal, bucket: str, *, limit: int | None = None, cost: int = 1, key: bytes | None = None,
    window_s: int = 3600,
) -> dict[str, str]:  # fmt: skip
    """Count a request; the X-RateLimit-* headers for its answer ({} where there is no limit). `limit` is for buckets that no plan
    knows (a visitor, an agent). `key` names what is asked for: the same within the window is free. Raises RateLimited."""
    allowed = hourly_limit(parts, principal, bucket) if limit is None else limit
    if allowed is None:
        return {}
    async with parts.database.transaction() as connection:
        use = await limits.take(
            connection, principal.tenant_id, bucket, limit=allowed, cost=cost, key=key, window=timedelta(seconds=window_s)
        )
    if not use.granted:
        raise RateLimited(_message(bucket, use, window_s), retry_after_s=use.retry_after_s, headers=headers(use))
    return headers(use)


async def check_tokens(parts: State, principal: Principal) -> None:
    """Raises TokenLimitExceeded where the tenant's hourly budget of chat tokens is used up."""
    allowed = hourly_limit(parts, principal, "chat_tokens")
    if allowed is None:
        return
    async with parts.database.transaction() as connection:
        use = await limits.take(connection, principal.tenant_id, "chat_tokens", limit=allowed, cost=0)
    if not use.granted:
        raise TokenLimitExceeded(
            f"The hourly budget of {allowed:,} chat tokens is used up; ask again in {use.retry_after_s} s.", retry_after_s=use.retry_after_s
        )


async def spend_tokens(parts: State, principal: Principal, tokens: int) -> None:
    """Count the tokens of a chat that has ended. Costs nothing where there is no budget."""
    if hourly_limit(parts, principal, "chat_tokens") is not None:
        async with parts.database.connection() as connection:
            await limits.record(connection, principal.tenant_id, "chat_tokens", tokens)


def headers(use: Use) -> dict[str, str]:
    """X-RateLimit-Reset is in Unix seconds."""
    return {
        "X-RateLimit-Limit": str(use.limit), "X-RateLimit-Remaining": str(use.remaining),
        "X-RateLimit-Reset": str(int(use.frees_at.timestamp())),
    }  # fmt: skip


def _message(bucket: str, use: Use, window_s: int) -> str:
    kind = "Hourly limit" if window_s == 3600 else f"Limit for {window_s} s"
    return f"{kind} of {use.limit} {bucket.split(':')[0]} requests reached; try again in {use.retry_after_s} s."
