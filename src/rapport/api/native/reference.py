"""The API reference: /openapi.json, and /docs to read and try it (Swagger UI, from files of this server: it works offline).
Both carry the brand of the custom domain that they are read on. Neither needs a key."""

import importlib.util
import secrets
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
from fastapi import APIRouter, Request, Response
from starlette.responses import FileResponse, HTMLResponse

from rapport.api.brands import served
from rapport.api.pages import page
from rapport.domain.brand import OWN, Brand
from rapport.errors import NotFound

router = APIRouter(include_in_schema=False)

ASSETS = {"swagger-ui-bundle.js": "text/javascript", "swagger-ui.css": "text/css"}


@router.get("/openapi.json")
async def openapi(request: Request) -> Response:
    """The OpenAPI document of all operations."""
    return Response(msgspec.json.encode(document(request.app.openapi(), served(request) or OWN)), media_type="application/json")


def document(made: dict[str, Any], brand: Brand) -> dict[str, Any]:
    """The OpenAPI document under the name of this brand. Only what stands above the operations names anybody."""
    return made | {"info": made["info"] | {"title": brand.name}}


@router.get("/docs", response_class=HTMLResponse)
async def docs(request: Request) -> HTMLResponse:
    """The operations, to read and to try."""
    brand = served(request)
    nonce = secrets.token_urlsafe(16)
    body = (
        '<link rel="stylesheet" href="/docs/swagger-ui.css"><style>body{max-width:none;margin:1rem}</style><div id="reference"></div>'
        '<script src="/docs/swagger-ui-bundle.js"></script>'
        f'<script nonce="{nonce}">SwaggerUIBundle({{url:"/openapi.json",dom_id:"#reference",deepLinking:true,docExpansion:"none",'
        "validatorUrl:null,persistAuthorization:false})</script>"
    )
    allowed = f"; script-src 'self' 'nonce-{nonce}'; connect-src 'self'; font-src data:"
    return page("API reference", body, brand or OWN, policy=allowed)


@router.get("/docs/{name}")
async def asset(name: str) -> FileResponse:
    """A file of Swagger UI."""
    if name not in ASSETS:
        raise NotFound("There is no such file; the reference is at /docs.")
    return FileResponse(_folder() / name, media_type=ASSETS[name], headers={"Cache-Control": "public, max-age=86400"})


@cache
def _folder() -> Path:
    """Where the package fastapi-offline keeps its files: found, not imported, as nothing of its code is needed."""
    found = importlib.util.find_spec("fastapi_offline")
    if found is None or found.origin is None:
        raise NotFound("The files of Swagger UI are not installed (package fastapi-offline); read /openapi.json instead.")
    return Path(found.origin).parent / "static"
