"""Taking back what was just done."""

from __future__ import annotations

from typing import Any

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of

operations = Operations("undo")


class UndoReply(BaseModel):
    """What is as it was before."""

    success: bool
    kind: str = Field(description="What was taken back: ratings, persons, ...")
    restored: int = Field(description="How many photos or persons are as they were.")
    kept: list[int] = Field(description="Those that were changed since, and stay so.")
    not_found: list[int] = Field(description="Those that are not there any more.")
    undo: str | None = Field(description="Takes this back in turn, where that can be done.")


@operations.add("POST", "/api/undo/{token:[A-Za-z0-9_-]+}", summary="Take back", access=Access.RATE, reply=UndoReply, errors=(403, 404))
async def undo(request: web.Request, _parameters: Nothing) -> Any:
    """Put everything back as it was before the write that answered with this token: once, within ten minutes, for whoever wrote."""
    found = await services(request).undoing.undo(await viewer_of(request), request.match_info["token"])
    restored = found.restored
    return {
        "success": True,
        "kind": found.kind,
        "restored": len(restored.ids),
        "kept": list(restored.kept),
        "not_found": list(restored.not_found),
        "undo": found.token,
    }
