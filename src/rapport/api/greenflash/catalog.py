"""/products and /models: what conversations are about, and which language models they named."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Response
from pydantic import Field

from rapport.api import pagination
from rapport.api.auth import Caller, Parts, Writer
from rapport.api.greenflash.wire import Wire
from rapport.api.pagination import Page
from rapport.domain.analysis import DEFAULT_WEIGHTS
from rapport.domain.catalog import Model, Product
from rapport.store import catalog

router = APIRouter(prefix="/api/v1")

PILLAR_TEXTS = {
    "satisfaction": ("Satisfaction", "How content the user sounds, and what ratings say."),
    "safety": ("Safety", "Absence of toxicity, bias, jailbreaks, leaked secrets and unsupported claims."),
    "friction": ("Friction", "Absence of frustration, struggle, repeated questions and failing tools."),
    "growth": ("Growth", "Signs that the user goes on to do or buy more."),
}


class ProductListed(Wire):
    id: UUID
    color: str | None
    created_at: datetime
    icon: str | None
    name: str
    updated_at: datetime


class Member(Wire):
    id: str
    avatar_url: str | None
    role: str
    user_id: str


class MetricWeight(Wire):
    description: str
    key: str
    name: str
    weight: float


class ProductDetail(ProductListed):
    description: str | None
    members: list[Member]
    optimization_notes: str | None
    quality_index_metric_weights: list[MetricWeight]
    user_privacy: str


def product_listed(product: Product) -> dict[str, Any]:
    return {
        "id": product.id, "color": product.color, "createdAt": product.created_at, "icon": product.icon, "name": product.name,
        "updatedAt": product.updated_at,
    }  # fmt: skip


@router.get("/products", tags=["products"], response_model=list[ProductListed])
async def list_products(response: Response, page: Annotated[Page, Depends(pagination.page)]) -> list[dict]:
    """Products by name."""
    async with page.parts.database.connection() as connection:
        found, total = await catalog.list_products(
            connection, page.principal.tenant_id, limit=page.limit, offset=page.offset, after=page.after
        )
    last = (found[-1].name, found[-1].id) if found else None
    await pagination.finish(response, page, count=len(found), total=total, last_key=last)
    return [product_listed(product) for product in found]


@router.get("/products/{product_id}", tags=["products"], response_model=ProductDetail)
async def get_product(product_id: str, parts: Parts, caller: Caller) -> dict:
    """One product with its metric weights."""
    async with parts.database.connection() as connection:
        known = await catalog.resolve_product(connection, caller.tenant_id, product_id)
        product = await catalog.get_product(connection, caller.tenant_id, known)
        members = await catalog.members(connection, caller.tenant_id, known)
    weights = product.metric_weights or DEFAULT_WEIGHTS
    return product_listed(product) | {
        "description": product.description,
        "members": members,
        "optimizationNotes": product.optimization_notes,
        "qualityIndexMetricWeights": [
            {"key": key, "name": name, "description": description, "weight": weights.get(key, 0.0)}
            for key, (name, description) in PILLAR_TEXTS.items()
        ],
        "userPrivacy": product.user_privacy,
    }


class ModelListed(Wire):
    id: UUID
    canonical_id: str
    display_name: str
    family: str | None
    last_used_at: datetime | None
    provider: str
    usage_count: int


class ModelProduct(Wire):
    id: UUID
    conversation_count: int
    icon: str | None
    name: str


class ModelDetail(ModelListed):
    coding_index: float | None
    context_window: int | None
    created_at: datetime
    description: str | None
    expiration_date: datetime | None
    gpqa: float | None
    input_cost_per_1k: Annotated[float | None, Field(alias="inputCostPer1k")]
    input_modalities: list[str] | None
    intelligence_index: float | None
    math_index: float | None
    mmlu_pro: float | None
    output_cost_per_1k: Annotated[float | None, Field(alias="outputCostPer1k")]
    output_modalities: list[str] | None
    products: list[ModelProduct]
    source: str
    supported_parameters: list[str] | None


NOT_CATALOGUED = (
    "codingIndex", "expirationDate", "gpqa", "inputModalities", "intelligenceIndex", "mathIndex", "mmluPro", "outputModalities",
    "supportedParameters",
)  # fmt: skip
"""Benchmarks and capabilities that only a vendor's catalogue knows; always null here."""


def model_listed(model: Model) -> dict[str, Any]:
    return {
        "id": model.id, "canonicalId": model.canonical_id, "displayName": model.display_name, "family": model.family,
        "lastUsedAt": model.last_used_at, "provider": model.provider, "usageCount": model.usage_count,
    }  # fmt: skip


@router.get("/models", tags=["models"], response_model=list[ModelListed])
async def list_models(response: Response, page: Annotated[Page, Depends(pagination.page)], caller: Writer) -> list[dict]:
    """Language models that conversations named, the most used first."""
    async with page.parts.database.connection() as connection:
        found, total = await catalog.list_models(
            connection, page.principal.tenant_id, limit=page.limit, offset=page.offset, after=page.after
        )
    last = (found[-1].usage_count, found[-1].id) if found else None
    await pagination.finish(response, page, count=len(found), total=total, last_key=last)
    return [model_listed(model) for model in found]


@router.get("/models/{model_id}", tags=["models"], response_model=ModelDetail)
async def get_model(model_id: str, parts: Parts, caller: Writer) -> dict:
    """One model, by id or name, with its prices, context window and the products that use it."""
    async with parts.database.connection() as connection:
        known = await catalog.resolve_model(connection, caller.tenant_id, model_id)
        model = await catalog.get_model(connection, caller.tenant_id, known)
        products = await catalog.products_of_model(connection, caller.tenant_id, known)
    return model_listed(model) | dict.fromkeys(NOT_CATALOGUED) | {
        "contextWindow": model.context_window, "createdAt": model.created_at, "description": model.description,
        "inputCostPer1k": model.input_cost_per_1k, "outputCostPer1k": model.output_cost_per_1k, "source": model.source,
        "products": [{"id": i, "name": name, "icon": icon, "conversationCount": n} for i, name, icon, n in products],
    }  # fmt: skip
