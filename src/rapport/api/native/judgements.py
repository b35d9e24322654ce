"""/api/admin/v1/products/{id}/judgements: how far a language model has judged a product's conversations, what that used of the daily
budget, and how well it agrees with the embedded analysis."""

from typing import Any

from fastapi import APIRouter

from rapport.analytics import agreement
from rapport.api.auth import Administrator, Parts
from rapport.api.native.custom_analyses import NO_MODEL, Existing, progress, start
from rapport.errors import Conflict, ModelNeeded
from rapport.store import catalog, judgements

router = APIRouter(prefix="/api/admin/v1", tags=["admin"])


@router.get("/products/{product_id}/judgements")
async def get_judgements(product_id: str, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """How a product is judged by a language model: mode, today's budget, conversations by status, agreement with the embedded
    analysis (labels: n, share of exact agreement, Cohen's kappa; scores: n, mean absolute difference, Spearman)."""
    async with parts.database.connection() as connection:
        product = await catalog.get_product(
            connection, caller.tenant_id, await catalog.resolve_product(connection, caller.tenant_id, product_id)
        )
        use = await judgements.used_today(connection, caller.tenant_id, product.id)
        counts = await judgements.counts(connection, caller.tenant_id, product.id)
        compared = await agreement.of_product(connection, caller.tenant_id, product.id)
        run = await progress(connection, caller.tenant_id, str(product.id))
    mode = product.settings.get("analysis_mode", "embedded")
    own = product.settings.get("analysis_tokens_per_day")
    limit = parts.settings.analysis_tokens_per_day if own is None else own
    status = "off" if mode == "embedded" else "active" if parts.judge else "needs_model"
    return {
        "productId": product.id, "mode": mode, "model": parts.judge, "status": status,
        "reason": NO_MODEL if status == "needs_model" else None,
        "budget": {
            "day": use.day, "tokensPerDay": limit, "tokens": use.tokens, "left": max(0, limit - use.tokens), "calls": use.calls,
            "refusedCalls": use.refused,
        },
        "conversations": counts, "agreement": compared, "run": run,
    }  # fmt: skip


@router.post("/products/{product_id}/judgements/run", status_code=202)
async def judge_existing(product_id: str, body: Existing, caller: Administrator, parts: Parts) -> dict[str, Any]:
    """Have conversations judged that are there already, the newest first, in the product's mode. 409 `needs_model` without a model."""
    async with parts.database.transaction() as connection:
        product = await catalog.get_product(
            connection, caller.tenant_id, await catalog.resolve_product(connection, caller.tenant_id, product_id)
        )
        if parts.judge is None:
            raise ModelNeeded
        if product.settings.get("analysis_mode", "embedded") == "embedded":
            raise Conflict("This product's analysisMode is embedded; set it to compare or model first.")
        return await start(connection, caller.tenant_id, product.id, body.limit)
