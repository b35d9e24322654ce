"""How questions reach the database: read-only, bounded in time, planned for the values that were asked about."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import asyncpg

from rapport.errors import Invalid
from rapport.store.database import Connection, Database

QUESTION_SECONDS = 10
"""A question that takes longer is ended: at 100 k conversations each takes tens of milliseconds."""


@contextlib.asynccontextmanager
async def asking(database: Database) -> AsyncIterator[Connection]:
    """A connection on which nothing can be written, inside one transaction, so that all figures of an answer agree.

    Plans are made for the values at hand: a generic plan does not know whether a filter leaves ten conversations or all.
    Raises Invalid where the question takes longer than QUESTION_SECONDS.
    """
    async with database.transaction() as connection:
        await connection.execute(
            f"SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY; SET LOCAL statement_timeout = '{QUESTION_SECONDS}s';"
            " SET LOCAL plan_cache_mode = force_custom_plan; SET LOCAL work_mem = '64MB'"
        )
        try:
            yield connection
        except asyncpg.QueryCanceledError as error:
            raise Invalid("That question reads too much at once; ask about a shorter period or one product.") from error


class Arguments(list[Any]):
    """The parameters of one statement, in order. $1 is always the tenant."""

    def __init__(self, tenant_id: int):
        super().__init__([tenant_id])

    def add(self, value: Any) -> str:
        """The placeholder of a further parameter."""
        self.append(value)
        return f"${len(self)}"


def lines(*parts: str) -> str:
    """A statement of the parts that are not empty."""
    return "\n".join(part for part in parts if part)
