"""Users of the customer's product, and the organizations that they belong to."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Organization:
    id: UUID
    external_id: str | None
    name: str | None
    properties: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """An end user. Name, e-mail and phone are None where the user is anonymized."""

    id: UUID
    external_id: str
    organization_id: UUID | None
    external_organization_id: str | None
    name: str | None
    email: str | None
    phone: str | None
    anonymized: bool
    properties: Mapping[str, Any]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PersonChange:
    """What a caller says about a user or an organization; None leaves a field as it is. `properties` are merged key by key,
    and a key whose value is None is removed."""

    name: str | None = None
    email: str | None = None
    phone: str | None = None
    anonymized: bool | None = None
    organization_id: UUID | None = None
    properties: Mapping[str, Any] = field(default_factory=dict)
