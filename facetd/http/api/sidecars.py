"""XMP sidecars: what is written where, what failed, and what both sides changed."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from facetd.http.api.models import PhotoBody, Strict
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of
from facetd.library.labels import LONGEST

operations = Operations("sidecars")


class SidecarPage(Strict):
    """A page of a list."""

    page: int = Field(default=1, ge=1, le=1_000_000)
    per_page: int = Field(default=100, ge=1, le=500)


class SidecarRootOut(BaseModel):
    """A photo folder whose sidecars are written."""

    root: str
    mode: str = Field(description="beside or tree.")
    user: str = Field(description="Whose ratings are written; empty in single-user mode.")
    fields: list[str]
    waiting: int = Field(description="Photos whose sidecar is still to be written.")
    unread: int = Field(description="Photos that a scan is to read before anything is written for them.")
    written: int = Field(description="Sidecars written since the start.")
    problem: str = Field(description="Why nothing can be written now; empty when it can.")


class SidecarStatus(BaseModel):
    """How it stands."""

    roots: list[SidecarRootOut]
    problems: list[str] = Field(description="What is wrong with the section `sidecars` of the configuration.")


class SidecarConflict(BaseModel):
    """A value that the library and another program both changed."""

    id: int
    photo_id: int
    photo_path: str
    field: str = Field(description="rating, label or caption. A rating is -1 (rejected) to 5.")
    kept: str = Field(description="Whose value counts now: library or sidecar.")
    library_value: str
    library_at: str
    sidecar_value: str
    sidecar_at: str
    noticed_at: str


class ConflictsReply(BaseModel):
    """A page of conflicts, the last first."""

    conflicts: list[SidecarConflict]
    total: int


class SidecarFailure(BaseModel):
    """A sidecar that could not be written."""

    photo_id: int
    photo_path: str
    message: str
    at: str


class FailuresPage(BaseModel):
    """A page of failures, the last first."""

    failures: list[SidecarFailure]
    total: int


class SidecarWrite(BaseModel):
    """What is to be written."""

    model_config = ConfigDict(extra="forbid")

    root: str | None = Field(default=None, max_length=255, description="One photo folder by its name; all where it is absent.")
    dry_run: bool = Field(default=False, description="Only count what would be written.")


class SidecarsWritten(BaseModel):
    """What was written, or would be."""

    written: int
    planned: int = Field(description="Sidecars that would be written, with `dry_run`.")
    failed: int
    unread: int = Field(description="Photos that a scan is to read before anything is written for them.")
    problems: dict[str, str] = Field(description="Photo folders where nothing can be written, and why.")


class LabelBody(PhotoBody):
    """A photo and its label."""

    label: str = Field(max_length=LONGEST, description="A word for a colour; empty for none.")


class LabelReply(BaseModel):
    """The label of a photo."""

    success: bool
    id: int
    label: str


@operations.add("GET", "/api/sidecars/status", summary="How sidecars stand", access=Access.SUPERADMIN, reply=SidecarStatus, errors=(403,))
async def sidecar_status(request: web.Request, _parameters: Nothing) -> Any:
    """The photo folders whose sidecars are written, as the configuration has it."""
    return await services(request).ingest.sidecars.status(await viewer_of(request))


@operations.add(
    "GET", "/api/sidecars/conflicts", summary="What both sides changed", access=Access.LOGIN, query=SidecarPage, reply=ConflictsReply,
    errors=(403,),
)  # fmt: skip
async def sidecar_conflicts(request: web.Request, query: SidecarPage) -> Any:
    """Values that you or the household changed here and another program in the sidecar; the later change counts, the other one is here."""
    total, found = await services(request).sidecars.conflicts(await viewer_of(request), page=query.page, per_page=query.per_page)
    return {"conflicts": found, "total": total}


@operations.add(
    "GET", "/api/sidecars/failures", summary="Sidecars that could not be written", access=Access.LOGIN, query=SidecarPage,
    reply=FailuresPage, errors=(403,),
)  # fmt: skip
async def sidecar_failures(request: web.Request, query: SidecarPage) -> Any:
    """Sidecars that were left alone, with the reason. Each is tried again when it changes, or with POST /api/sidecars/write."""
    total, found = await services(request).sidecars.failures(await viewer_of(request), page=query.page, per_page=query.per_page)
    return {"failures": found, "total": total}


@operations.add(
    "POST", "/api/sidecars/write", summary="Write sidecars now", access=Access.SUPERADMIN, body=SidecarWrite, reply=SidecarsWritten,
    errors=(403, 404),
)  # fmt: skip
async def sidecar_write(request: web.Request, body: SidecarWrite) -> Any:
    """Write at once what is due, and try again what failed."""
    viewer = await viewer_of(request)
    return (await services(request).ingest.sidecars.write(body.root, dry=body.dry_run, read_first=False, viewer=viewer)).counts()


@operations.add(
    "PUT", "/api/photo/label", summary="Label a photo", access=Access.EDITION, body=LabelBody, reply=LabelReply, errors=(403, 404)
)
async def put_label(request: web.Request, body: LabelBody) -> Any:
    """Give a photo a colour label, as Lightroom and digiKam do: a word, for the whole household."""
    number, label = await services(request).labels.give(await viewer_of(request), body.photo_id, body.photo_path, body.label)
    return {"success": True, "id": number, "label": label}
