"""The folder tree, and the files that could not be read."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.api.models import HideAnyQuery, Strict
from facetd.http.caching import versioned
from facetd.http.openapi import Operations
from facetd.http.services import require_feature, services, viewer_of

operations = Operations("folders")


class FoldersQuery(HideAnyQuery):
    """Which folder, and what is hidden while counting."""

    prefix: str = Field(default="", max_length=4096, description="A virtual folder path; empty for the roots.")


class Folder(BaseModel):
    """A folder that holds photos at or below it."""

    name: str
    path: str = Field(description="Its virtual path, with slashes at both ends: the `prefix` of what is in it.")
    photo_count: int
    cover_photo_id: int | None = Field(description="The best photo at or below it.")
    cover_photo_path: str | None
    cover_photo_v: str | None = Field(description="Its `v`: with it /thumbnail may be kept for ever.")


class FoldersReply(BaseModel):
    """The children of a folder."""

    folders: list[Folder]
    has_direct_photos: bool


class FailuresQuery(Strict):
    """Which page."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int = Field(default=50, ge=1, le=500, description="Files on a page.")


class FailedFile(BaseModel):
    """A file that could not be read, and why."""

    id: int
    path: str
    size: int
    reason: str
    message: str
    at: str
    attempts: int


class FailuresReply(BaseModel):
    """One page of files that could not be read."""

    failures: list[FailedFile]
    total: int
    page: int
    per_page: int


@operations.add("GET", "/api/folders", summary="Folders", query=FoldersQuery, reply=FoldersReply, errors=(403, 404), others=(304,))
@versioned
async def list_folders(request: web.Request, query: FoldersQuery) -> Any:
    """The folders directly below `prefix` with counts and covers, in the order of their names, ignoring case."""
    require_feature(request, "show_folders")
    branches, direct = await services(request).browse.folders(await viewer_of(request), query.prefix, query.chosen())
    folders = [
        {
            "name": branch.name,
            "path": branch.path,
            "photo_count": branch.photo_count,
            "cover_photo_id": branch.cover.id if branch.cover else None,
            "cover_photo_path": branch.cover.path if branch.cover else None,
            "cover_photo_v": branch.cover.content_hash if branch.cover else None,
        }
        for branch in branches
    ]
    return {"folders": folders, "has_direct_photos": direct}


@operations.add("GET", "/api/failures", summary="Files that could not be read", query=FailuresQuery, reply=FailuresReply)
async def list_failures(request: web.Request, query: FailuresQuery) -> Any:
    """Photo files that could not be read, with the reason, newest first. They are tried again when they change, or on request."""
    total, failures = await services(request).browse.failures(await viewer_of(request), page=query.page, per_page=query.per_page)
    return {"failures": failures, "total": total, "page": query.page, "per_page": query.per_page}
