"""GET /healthz (and /health): what state each part is in. 200 when the server can do its work, 503 when it cannot."""

from fastapi import APIRouter, Response

from rapport import __version__
from rapport.api.auth import Parts
from rapport.errors import DatabaseUnavailable

router = APIRouter(tags=["health"])


@router.get("/healthz")
@router.get("/health", include_in_schema=False)
async def healthz(parts: Parts, response: Response) -> dict:
    """State of the database, the worker, the encoder and the language model. Needs no key."""
    try:
        await parts.database.ping()
        database = "ok"
    except DatabaseUnavailable as error:
        database = f"unavailable: {error.message}"
        response.status_code = 503
    return {"status": "ok" if database == "ok" else "unavailable", "version": __version__, "database": database}
