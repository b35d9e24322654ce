"""GET /api/v1/runs/{id}, GET /api/v1/runs/{id}/events and POST /api/v1/runs/{id}/stop: look at, resume and stop any run."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Header, Query, Response

from rapport.api.auth import Parts, Talker
from rapport.api.state import State
from rapport.api.streaming import RunStream
from rapport.domain.ids import parse_id
from rapport.domain.scope import Principal
from rapport.errors import Invalid, NotFound
from rapport.store import runs, sessions

router = APIRouter(prefix="/api/v1/runs", tags=["runs"])


def _run_id(text: str) -> UUID:
    if found := parse_id(text):
        return found
    raise NotFound("There is no such run.")


async def _own_run(parts: State, caller: Principal, run_id: str) -> UUID:
    """The run that the path names, if the caller may see it: a visitor sees those of its own sessions, a key of one agent those of
    the agent's. Raises NotFound."""
    run = _run_id(run_id)
    if not (caller.visitor or caller.agent_id):
        return run
    async with parts.database.connection() as connection:
        row = await runs.get(connection, caller.tenant_id, run)
        owner = await sessions.owner(connection, caller.tenant_id, row.conversation_id) if row.conversation_id else None
    if owner is None or (caller.visitor and owner[0] != f"visitor:{caller.visitor}") or caller.agent_id not in owner[1:]:
        raise NotFound("There is no such run.")
    return run


def _seen(last_event_id: str | None, after: str | None) -> int:
    """The sequence number that the client has seen last; 0 where it has seen none."""
    given = last_event_id if last_event_id is not None else after
    if given is None or given.strip() == "":
        return 0
    if not given.strip().isdecimal():
        raise Invalid("Last-Event-ID (or `after`) must be the number of an event, 0 or more.")
    return min(int(given), 2**31 - 1)


@router.get("/{run_id}/events")
async def run_events(
    run_id: str, caller: Talker, parts: Parts,
    after: Annotated[str | None, Query(description="Number of the last event that was seen; 0 replays all.")] = None,
    last_event_id: Annotated[str | None, Header(description="The same, as browsers send it; wins over `after`.")] = None,
) -> Response:  # fmt: skip
    """The run's events after the given one, in the dialect of the endpoint that started it, with `id:` lines; then it goes on
    live. 204 when there is nothing after it any more; 410 when the events are no longer kept."""
    seen = _seen(last_event_id, after)
    run = await _own_run(parts, caller, run_id)
    log = await parts.hub.log(caller.tenant_id, run)
    if log.ended and seen >= log.last_seq:
        return Response(status_code=204)
    return RunStream(parts.hub, log, run, after=seen, with_ids=True)


@router.post("/{run_id}/stop")
async def stop_run(run_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """End the run now. Its stream gets one terminal event; what was said is stored as interrupted. Safe to repeat."""
    return _shown(await parts.hub.stop(caller.tenant_id, await _own_run(parts, caller, run_id)))


@router.get("/{run_id}")
async def get_run(run_id: str, caller: Talker, parts: Parts) -> dict[str, Any]:
    """How the run is doing, or how it ended."""
    run = await _own_run(parts, caller, run_id)
    async with parts.database.connection() as connection:
        return _shown(await runs.get(connection, caller.tenant_id, run))


def _shown(run: runs.StoredRun) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": str(run.id), "kind": run.kind, "status": run.status, "dialect": run.dialect,
        "conversationId": str(run.conversation_id) if run.conversation_id else None, "errorCode": run.error_code,
        "startedAt": run.started_at, "endedAt": run.ended_at, "lastEventId": run.last_seq, "usage": run.usage, "metrics": run.metrics,
    }  # fmt: skip
    return shown
