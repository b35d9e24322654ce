"""Representatives: profiles that can be published, found in the directory, and asked by anyone."""

import base64
import json
import re
from typing import Annotated, Any

from fastapi import APIRouter, File, Form, Query, Request, Response, UploadFile
from pydantic import Field

from rapport.api.auth import Caller, Parts
from rapport.api.brands import only_tenant
from rapport.api.pingrep.wire import Body, time
from rapport.api.visitors import mint
from rapport.domain.agent import Agent
from rapport.domain.scope import Principal
from rapport.errors import Conflict, Forbidden, Invalid, TooLarge
from rapport.store import agents, catalog, deletion, leads
from rapport.store.database import Connection

router = APIRouter(prefix="/api/v1", tags=["representatives"])

PRODUCT = "Agents"
PHOTO_BYTES = 5 * 1024 * 1024
PHOTO_TYPES = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg"}
FACE = (
    "company", "bio", "location", "vertical", "contact_email", "contact_phone", "show_email", "show_phone", "social_links",
    "work_experience", "education", "mcp_discoverable", "photo_url",
)  # fmt: skip
COLUMNS = ("name", "title", "slug", "greeting", "suggested_questions", "interface", "origins", "system_prompt", "description", "is_public")

SLUG = r"^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$"


class ProfileChange(Body):
    """What a profile can be changed to; absent fields stay."""

    name: Annotated[str | None, Field(min_length=1, max_length=100)] = None
    title: Annotated[str | None, Field(max_length=200)] = None
    slug: Annotated[str | None, Field(pattern=SLUG)] = None
    company: Annotated[str | None, Field(max_length=200)] = None
    bio: Annotated[str | None, Field(max_length=5_000)] = None
    location: Annotated[str | None, Field(max_length=200)] = None
    vertical: Annotated[str | None, Field(max_length=100)] = None
    contact_email: Annotated[str | None, Field(max_length=320)] = None
    contact_phone: Annotated[str | None, Field(max_length=50)] = None
    show_email: bool | None = None
    show_phone: bool | None = None
    photo_url: Annotated[str | None, Field(max_length=2_048)] = None
    is_public: bool | None = None
    mcp_discoverable: bool | None = None
    social_links: Annotated[list[dict[str, Any]] | None, Field(max_length=30)] = None
    work_experience: Annotated[list[dict[str, Any]] | None, Field(max_length=50)] = None
    education: Annotated[list[dict[str, Any]] | None, Field(max_length=50)] = None
    skills: Annotated[list[dict[str, Any] | str] | None, Field(max_length=100)] = None
    greeting: Annotated[str | None, Field(max_length=2_000)] = None
    suggested_questions: Annotated[list[str] | None, Field(max_length=10)] = None
    interface: Annotated[dict[str, Any] | None, Field(description="Pages, modals and hosts that UI commands may name.")] = None
    origins: Annotated[list[str] | None, Field(max_length=50, description="Browser origins that may use visitor tokens.")] = None
    system_prompt: Annotated[str | None, Field(max_length=100_000)] = None
    description: Annotated[str | None, Field(max_length=2_000)] = None
    messages_per_hour: Annotated[int | None, Field(ge=1, le=1_000_000)] = None
    asks_per_hour: Annotated[int | None, Field(ge=1, le=1_000_000)] = None


class VisitorToken(Body):
    visitor: Annotated[str, Field(min_length=1, max_length=128, description="Fingerprint or id of the visitor.")]
    seconds: Annotated[int, Field(ge=60, le=86_400)] = 3_600


class Contact(Body):
    profile_id: Annotated[str, Field(max_length=128)]
    name: Annotated[str, Field(min_length=1, max_length=200)]
    email: Annotated[str, Field(max_length=320, pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$")]
    tos_consent: bool = False
    phone: Annotated[str | None, Field(max_length=50)] = None
    notes: Annotated[str | None, Field(max_length=5_000)] = None


def shown(agent: Agent, *, public: bool = False) -> dict[str, Any]:
    """A profile as this API writes it; `public` leaves out what its owner does not show."""
    face = agent.profile
    email = face.get("contact_email") if not public or face.get("show_email") else None
    phone = face.get("contact_phone") if not public or face.get("show_phone") else None
    profile = {
        "id": str(agent.id), "slug": agent.slug, "name": agent.name, "title": agent.title, "company": face.get("company"),
        "bio": face.get("bio"), "location": face.get("location"), "contactEmail": email, "contactPhone": phone,
        "showEmail": bool(face.get("show_email")), "showPhone": bool(face.get("show_phone")), "photoUrl": face.get("photo_url"),
        "isPublic": agent.is_public, "mcpDiscoverable": bool(face.get("mcp_discoverable")), "socialLinks": face.get("social_links") or [],
        "workExperience": face.get("work_experience") or [], "education": face.get("education") or [],
        "skills": [{"name": skill} for skill in agent.skills], "greeting": agent.greeting,
        "suggestedQuestions": list(agent.suggested_questions),
    }  # fmt: skip
    if public:
        return profile
    return profile | {
        "interface": agent.interface, "origins": list(agent.origins), "systemPrompt": agent.system_prompt, "description": agent.description,
        "limits": agent.limits, "createdAt": time(agent.created_at), "updatedAt": time(agent.updated_at),
    }  # fmt: skip


def _columns(change: dict[str, Any], before: Agent | None) -> dict[str, Any]:
    """A change as columns of the agent: its public face is one column."""
    columns = {name: change[name] for name in COLUMNS if name in change}
    face = {name: change[name] for name in FACE if name in change}
    if face:
        columns["profile"] = {**(before.profile if before else {}), **face}
    if "skills" in change:
        columns["skills"] = [s if isinstance(s, str) else str(s.get("name", "")) for s in change["skills"] or []]
    limits = {name: change[name] for name in ("messages_per_hour", "asks_per_hour") if change.get(name)}
    if limits:
        columns["limits"] = {**(before.limits if before else {}), **limits}
    return columns


async def _own(connection: Connection, caller: Principal, reference: str) -> Agent:
    if caller.agent_id or caller.visitor:
        raise Forbidden("This key may only chat with its representative; use a key without such a limit.")
    return await agents.resolve(connection, caller.tenant_id, reference)


async def _free_slug(connection: Connection, name: str) -> str:
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:50] or "representative"
    number = 1
    slug = stem
    while await agents.find_handle(connection, kind="slug", handle=slug):
        number += 1
        slug = f"{stem}-{number}"
    return slug


@router.post("/profiles", status_code=201)
async def create_profile(
    caller: Caller, parts: Parts, name: Annotated[str, Form(min_length=1, max_length=100)],
    title: Annotated[str | None, Form(max_length=200)] = None, company: Annotated[str | None, Form(max_length=200)] = None,
    bio: Annotated[str | None, Form(max_length=5_000)] = None, location: Annotated[str | None, Form(max_length=200)] = None,
    vertical: Annotated[str | None, Form(max_length=100)] = None, slug: Annotated[str | None, Form(pattern=SLUG)] = None,
    greeting: Annotated[str | None, Form(max_length=2_000)] = None,
    photo: Annotated[UploadFile | None, File(description="JPEG or PNG, at most 5 MB.")] = None,
) -> dict[str, Any]:  # fmt: skip
    """Make a representative, as a draft: it can be talked to with your key, and by nobody else until it is published."""
    if caller.agent_id or caller.visitor:
        raise Forbidden("This key may only chat with its representative.")
    given = {"company": company, "bio": bio, "location": location, "vertical": vertical, "photo_url": await _photo(photo)}
    change = ProfileChange(name=name, title=title, slug=slug, greeting=greeting).model_dump(exclude_none=True)
    change |= {key: value for key, value in given.items() if value is not None}
    async with parts.database.transaction() as connection:
        product_id = await catalog.ensure_product(connection, caller.tenant_id, PRODUCT)
        change["slug"] = slug or await _free_slug(connection, name)
        agent = await agents.create(connection, caller.tenant_id, product_id=product_id, **_columns(change, None))
    return shown(agent)


async def _photo(photo: UploadFile | None) -> str | None:
    """The picture as a data URL; small enough to live with the profile."""
    if photo is None or not photo.filename:
        return None
    content = await photo.read(PHOTO_BYTES + 1)
    if len(content) > PHOTO_BYTES:
        raise TooLarge("The photo may have 5 MB; make it smaller.")
    kind = next((kind for start, kind in PHOTO_TYPES.items() if content.startswith(start)), None)
    if kind is None:
        raise Invalid("The photo must be a JPEG or PNG.", details=[{"path": "body.photo", "message": "is neither JPEG nor PNG"}])
    return f"data:{kind};base64,{base64.b64encode(content).decode()}"


@router.get("/profiles/all")
async def list_profiles(caller: Caller, parts: Parts) -> list[dict[str, Any]]:
    """All representatives of the tenant, newest first; at most 500."""
    async with parts.database.connection() as connection:
        return [shown(agent) for agent in await agents.list_(connection, caller.tenant_id, limit=500, offset=0) if agent.slug]


@router.get("/profiles/me")
async def primary_profile(caller: Caller, parts: Parts) -> dict[str, Any]:
    """The tenant's first representative."""
    async with parts.database.connection() as connection:
        agent = await agents.oldest(connection, caller.tenant_id)
    if agent is None:
        raise Conflict("There is no representative yet; make one with POST /api/v1/profiles.")
    return shown(agent)


@router.get("/profiles/p/{reference}")
async def public_profile(reference: str, request: Request, parts: Parts) -> dict[str, Any]:
    """A published representative, by slug or id. Needs no key."""
    async with parts.database.connection() as connection:
        return shown(await agents.find_public(connection, reference, of=only_tenant(request)), public=True)


@router.get("/profiles/{profile_id}")
async def get_profile(profile_id: str, caller: Caller, parts: Parts) -> dict[str, Any]:
    """One representative of the tenant."""
    async with parts.database.connection() as connection:
        return shown(await _own(connection, caller, profile_id))


@router.patch("/profiles/{profile_id}")
@router.put("/profiles/{profile_id}", include_in_schema=False)
async def change_profile(profile_id: str, body: ProfileChange, caller: Caller, parts: Parts) -> dict[str, Any]:
    """Change what is given. `isPublic: false` takes it back from the public."""
    change = body.model_dump(exclude_unset=True)
    for name in ("name", "slug", "is_public"):
        if change.get(name, "") is None:
            change.pop(name)
    async with parts.database.transaction() as connection:
        agent = await _own(connection, caller, profile_id)
        return shown(await agents.update(connection, caller.tenant_id, agent.id, _columns(change, agent)))


@router.delete("/profiles/{profile_id}", status_code=204)
async def delete_profile(profile_id: str, caller: Caller, parts: Parts) -> Response:
    """Remove a representative with its documents and sessions, for good."""
    async with parts.database.transaction() as connection:
        agent = await _own(connection, caller, profile_id)
        gone = await agents.delete(connection, caller.tenant_id, agent.id)
        await deletion.delete_conversations(connection, caller.tenant_id, gone)
    return Response(status_code=204)


@router.post("/profiles/{profile_id}/publish")
async def publish_profile(profile_id: str, caller: Caller, parts: Parts) -> dict[str, Any]:
    """Make a representative public: listed in the directory, and open to questions from anyone."""
    async with parts.database.transaction() as connection:
        agent = await _own(connection, caller, profile_id)
        slug = agent.slug or await _free_slug(connection, agent.name)
        return shown(await agents.update(connection, caller.tenant_id, agent.id, {"is_public": True, "slug": slug}))


@router.post("/profiles/{profile_id}/greeting/generate")
async def generate_greeting(profile_id: str, caller: Caller, parts: Parts) -> dict[str, Any]:
    """Write a greeting from the profile and keep it."""
    async with parts.database.transaction() as connection:
        agent = await _own(connection, caller, profile_id)
        role = ", ".join(part for part in (agent.title, agent.profile.get("company")) if part)
        greeting = f"Hello, I am {agent.name}{f' ({role})' if role else ''}. What can I tell you?"
        await agents.update(connection, caller.tenant_id, agent.id, {"greeting": greeting})
    return {"greeting": greeting}


@router.post("/profiles/{profile_id}/visitor-tokens")
async def create_visitor_token(profile_id: str, body: VisitorToken, caller: Caller, parts: Parts) -> dict[str, Any]:
    """A short-lived token for one visitor of one representative: it may chat, read its own sessions and rate an answer, from the
    representative's allowed origins. Give it to a page instead of a server key."""
    async with parts.database.connection() as connection:
        agent = await _own(connection, caller, profile_id)
    token, expires_at = await mint(parts, caller.tenant_id, agent, body.visitor, body.seconds)
    return {"token": token, "expiresAt": time(expires_at), "profileId": str(agent.id), "visitor": body.visitor}


# For everyone -----------------------------------------------------------------------------------------------------------------


@router.get("/public/directory/search")
@router.post("/public/directory/search", include_in_schema=False)
async def search_directory(
    request: Request, parts: Parts, query: Annotated[str | None, Query(max_length=200)] = None,
    role: Annotated[str | None, Query(max_length=200)] = None, location: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=20)] = 10,
) -> dict[str, Any]:  # fmt: skip
    """Published representatives by words, role and place. Needs no key."""
    async with parts.database.connection() as connection:
        found = await agents.search_public(connection, only_tenant(request), query=query, role=role, location=location, limit=limit)
    results = [
        {
            "name": a.name, "slug": a.slug, "title": a.title, "company": a.profile.get("company"), "photoUrl": a.profile.get("photo_url"),
            "location": a.profile.get("location"), "activeIdentities": [],
        }
        for a in found
    ]  # fmt: skip
    return {"results": results, "total": len(results)}


@router.post("/public/save-contact")
async def save_contact(body: Contact, request: Request, parts: Parts) -> dict[str, Any]:
    """A visitor leaves a way to be reached. Needs no key, and the visitor's consent."""
    if not body.tos_consent:
        raise Invalid("tos_consent: the visitor has to agree before a contact is kept.")
    async with parts.database.transaction() as connection:
        agent = await agents.find_public(connection, body.profile_id, of=only_tenant(request))
        await leads.save(connection, agent.tenant_id, agent.id, name=body.name, email=body.email, phone=body.phone, notes=body.notes)
    return {"contactSaved": True}


@router.get("/profiles/{profile_id}/leads")
async def list_leads(profile_id: str, caller: Caller, parts: Parts) -> list[dict[str, Any]]:
    """Contacts that visitors left with this representative, newest first; at most 500."""
    async with parts.database.connection() as connection:
        agent = await _own(connection, caller, profile_id)
        return [
            {
                "id": str(lead.id), "name": lead.name, "email": lead.email, "phone": lead.phone, "notes": lead.notes,
                "createdAt": time(lead.created_at),
            }
            for lead in await leads.list_(connection, caller.tenant_id, agent.id)
        ]  # fmt: skip


@router.get("/contacts/{profile_id}/vcf")
async def vcard(profile_id: str, request: Request, parts: Parts) -> Response:
    """The contact card of a published representative (vCard 3.0). Needs no key."""
    async with parts.database.connection() as connection:
        agent = await agents.find_public(connection, profile_id, of=only_tenant(request))
    profile = shown(agent, public=True)
    fields = [
        ("FN", profile["name"]), ("N", f"{profile['name']};;;;"), ("TITLE", profile["title"]), ("ORG", profile["company"]),
        ("EMAIL", profile["contactEmail"]), ("TEL", profile["contactPhone"]), ("NOTE", profile["bio"]),
    ]  # fmt: skip
    lines = ["BEGIN:VCARD", "VERSION:3.0", *(f"{name}:{_vcard_text(text)}" for name, text in fields if text), "END:VCARD", ""]
    return Response("\r\n".join(lines), media_type="text/vcard")


def _vcard_text(text: str) -> str:
    """RFC 6350: backslash, comma and line ends are escaped; a semicolon of N is its own."""
    return json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace(",", "\\,")
