"""GET /healthz (and /health): what state each part is in. 200 when the server can do its work, 503 when it cannot."""

from typing import Any

from fastapi import APIRouter, Response

from rapport import __version__
from rapport.api.auth import Parts
from rapport.errors import DatabaseUnavailable
from rapport.store import jobs

router = APIRouter(tags=["health"])


@router.get("/healthz")
@router.get("/health", include_in_schema=False)
async def healthz(parts: Parts, response: Response) -> dict[str, Any]:
    """State of the database, the worker, the encoder and the language model. Needs no key. `failed` counts analyses and jobs that were
    given up after several attempts."""
    model = parts.model.name if parts.model else "builtin"
    encoder = parts.encoder.name if parts.encoder.semantic else "lexical"
    try:
        await parts.database.ping()
    except DatabaseUnavailable as error:
        response.status_code = 503
        return {
            "status": "unavailable",
            "version": __version__,
            "database": f"unavailable: {error.message}",
            "encoder": encoder,
            "model": model,
        }
    async with parts.database.connection() as connection:
        counts = await jobs.counts(connection)
    worker = {
        "state": "off" if parts.worker is None else "failing" if parts.worker.last_error else "running",
        "lastError": parts.worker.last_error if parts.worker else None,
        "pending": counts["pending_analyses"], "backlog": counts["backlog_analyses"], "jobs": counts["pending_jobs"],
        "failed": counts["failed_analyses"] + counts["failed_jobs"],
    }  # fmt: skip
    return {"status": "ok", "version": __version__, "database": "ok", "worker": worker, "encoder": encoder, "model": model}
