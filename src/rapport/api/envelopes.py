"""Errors as each documented API writes them. Insights and native routes: {"success": false, "error", "code", "details"}
with 400 for validation; the two agent APIs: {"detail"} with 422 for validation."""

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from rapport.errors import Invalid, RapportError, RateLimited, Unauthorized

log = structlog.get_logger()

DETAIL_PREFIXES = (
    "/api/agents", "/api/teams", "/api/skills", "/api/keys", "/api/webhook", "/api/v1/chat/", "/api/v1/public/",
    "/api/v1/profiles", "/api/v1/contacts",
)  # fmt: skip


def _writes_detail(path: str) -> bool:
    return path.startswith(DETAIL_PREFIXES)


def _response(request: Request, *, status: int, code: str, message: str, details: list[dict], headers: dict[str, str]) -> JSONResponse:
    if _writes_detail(request.url.path):
        problems = [{"loc": d["path"].split("."), "msg": d["message"], "type": d.get("type", "value_error")} for d in details]
        body = {"detail": problems if problems and status == 422 else message, "code": code}
    else:
        body = {"success": False, "error": message, "code": code} | ({"details": details} if details else {})
    return JSONResponse(body, status_code=status, headers=headers)


async def on_rapport_error(request: Request, error: RapportError) -> JSONResponse:
    headers = dict(error.headers)
    if isinstance(error, Unauthorized):
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, RateLimited):
        headers["Retry-After"] = str(error.retry_after_s or 60)
    if error.status in (409, 429):
        headers["x-should-retry"] = "false"  # official clients would repeat the request two more times
    message = error.message
    if isinstance(error, Invalid) and not message.startswith("Validation error"):
        message = f"Validation error: {message}"
    status = 422 if isinstance(error, Invalid) and _writes_detail(request.url.path) else error.status
    if error.status >= 500:
        log.error("request failed", path=request.url.path, code=error.code, error=str(error), exc_info=error)
    return _response(request, status=status, code=error.code, message=message, details=list(error.details), headers=headers)


async def on_validation_error(request: Request, error: RequestValidationError) -> JSONResponse:
    details = [
        {"path": ".".join(str(part) for part in problem["loc"]), "message": problem["msg"], "type": problem["type"]}
        for problem in error.errors()[:20]
    ]
    named = "; ".join(f"{d['path'].removeprefix('body.')}: {d['message']}" for d in details[:5])
    status = 422 if _writes_detail(request.url.path) else 400
    return _response(request, status=status, code=Invalid.code, message=f"Validation error: {named}", details=details, headers={})


async def on_http_error(request: Request, error: HTTPException) -> JSONResponse:
    codes = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}
    code = codes.get(error.status_code, "http_error")
    headers = dict(error.headers or {})
    return _response(request, status=error.status_code, code=code, message=str(error.detail), details=[], headers=headers)


async def on_unexpected_error(request: Request, error: Exception) -> JSONResponse:
    log.error("request failed unexpectedly", path=request.url.path, exc_info=error)
    message = "Something went wrong in the server; its log has the details. Trying again is safe."
    return _response(request, status=500, code="internal_error", message=message, details=[], headers={})


def install(app: FastAPI) -> None:
    """Make every failure of this app answer in its API's documented envelope."""
    app.add_exception_handler(RapportError, on_rapport_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, on_validation_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, on_http_error)  # type: ignore[arg-type]
    app.add_exception_handler(Exception, on_unexpected_error)
