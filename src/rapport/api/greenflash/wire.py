"""Types that several Insights routes share: identifiers, dates and metadata as they arrive."""

from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

EARLIEST, LATEST = 1970, 2100


class Wire(BaseModel):
    """Fields are camelCase on the wire; unknown ones are ignored."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="ignore")


def _in_range(value: datetime) -> datetime:
    aware = value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)
    if not EARLIEST <= aware.year <= LATEST:
        raise ValueError(f"must lie between the years {EARLIEST} and {LATEST}")
    return aware


def _absent(value: Any) -> Any:
    return None if value == "" else value


ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=512)]
"""The customer's own id: any text of 1 to 512 characters. Longer ones do not fit into an index."""

When = Annotated[datetime, AfterValidator(_in_range)]
"""A timestamp or a bare date, from 1970 to 2100; without an offset it is UTC."""

Number = Annotated[float, Field(allow_inf_nan=False)]
Share = Annotated[float, Field(ge=0, le=1, allow_inf_nan=False)]
Properties = dict[str, Any]
OptionalId = Annotated[UUID | None, BeforeValidator(_absent)]
OptionalExternalId = Annotated[ExternalId | None, BeforeValidator(_absent)]
