"""Persons: lists, names, merging, splitting, hiding, and who may be the same."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, Field

from facetd.errors import Forbidden, NotFound
from facetd.http.api.models import PLAIN, PhotoId, Strict, Undo
from facetd.http.caching import versioned
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of
from facetd.i18n import _
from facetd.library.people import LONGEST_NAME, PersonSort, display_name

operations = Operations("persons")
LARGEST_ID = 2**63 - 1
Ids = Annotated[list[PhotoId], Field(min_length=1, max_length=10_000)]
Name = Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra={"pattern": PLAIN})]


class PersonOut(BaseModel):
    """A person; counts and faces are those of the photos that you may see."""

    id: int
    name: str | None
    display_name: str = Field(description="The name, or what somebody without one is called.")
    is_named: bool
    hidden: bool
    representative_face_id: int
    face_count: int
    photo_count: int
    face_thumbnail: int = Field(description="Always 1: /person_thumbnail/{id} answers.")
    rep_quality: float = Field(description="How well the representative face can be recognised, 0..10.")


class PersonsQuery(Strict):
    """Which persons."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int = Field(default=48, ge=1, le=200, description="Persons on a page.")
    search: str = Field(default="", max_length=200, description="Part of the name, or an id.")
    sort: PersonSort = Field(default="count_desc", description="By number of faces, name or quality of the best face.")
    hidden: Literal["without", "with", "only"] = Field(default="without", description="Whether hidden persons are listed.")


class PersonsReply(BaseModel):
    """One page of persons."""

    persons: list[PersonOut]
    total: int
    page: int
    per_page: int
    total_pages: int
    sort: str


class Rename(Strict):
    """A name; empty takes it away."""

    name: Name


class Renamed(BaseModel):
    """The name as it is kept."""

    success: bool
    name: str | None


class Merge(Strict):
    """Who becomes part of whom."""

    source_id: PhotoId
    target_id: PhotoId


class Merged(BaseModel):
    """The target's number of faces."""

    success: bool
    target_id: int
    merged_count: int
    new_count: int
    undo: Undo


class MergeBatch(Strict):
    """Several persons that become part of one."""

    source_ids: Ids
    target_id: PhotoId


class PersonIds(Strict):
    """Several persons."""

    person_ids: Ids


class Deleted(BaseModel):
    """How many persons were forgotten."""

    success: bool
    deleted_count: int
    not_found: list[int]
    undo: Undo


class Hide(Strict):
    """Whether the person is hidden from lists, filters and photos."""

    hidden: bool = True


class HideBatch(PersonIds, Hide):
    """Several persons, hidden or shown."""


class Hidden(BaseModel):
    """How many persons changed."""

    success: bool
    hidden: bool
    changed_count: int
    not_found: list[int]
    undo: Undo


class SplitBody(Strict):
    """The faces that are somebody else."""

    face_ids: Ids
    name: Name = Field(default="", description="The new person's name.")


class SplitReply(BaseModel):
    """The new person."""

    success: bool
    person_id: int
    moved_count: int


class Avatar(Strict):
    """The face that stands for the person."""

    face_id: PhotoId


class Done(BaseModel):
    """It is done."""

    success: bool


class SuggestionsQuery(Strict):
    """How alike."""

    threshold: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="Least similarity: one minus the mean distance of the faces. Absent: as configured. Below 0.5 nothing is kept.",
    )
    limit: int = Field(default=100, ge=1, le=500, description="At most so many pairs.")


class SuggestionOut(BaseModel):
    """Two persons that may be one."""

    person1: PersonOut
    person2: PersonOut
    similarity: float


class SuggestionsReply(BaseModel):
    """Most similar first."""

    suggestions: list[SuggestionOut]
    threshold: float = Field(description="The least similarity in force.")


class Dismiss(Strict):
    """Two persons that are different people."""

    person1_id: PhotoId
    person2_id: PhotoId


class Dismissed(BaseModel):
    """Whether that was new."""

    success: bool
    changed: bool


class PersonOptionsQuery(Strict):
    """Persons that are wanted in any case."""

    ids: str = Field(default="", max_length=4096, pattern=r"^\s*(\d{1,18}(\s*,\s*\d{1,18})*)?\s*$", description="Ids separated by commas.")


class PersonOptionsReply(BaseModel):
    """Triples of id, name and number of photos."""

    persons: list[tuple[int, str | None, int]]
    cached: bool


def id_in(request: web.Request, name: str = "id") -> int:
    """An id in the address. Raises NotFound for one that cannot exist."""
    digits = request.match_info[name].lstrip("0")
    if not digits or len(digits) > len(str(LARGEST_ID)) or int(digits) > LARGEST_ID:
        raise NotFound(_("there is no such thing"))
    return int(digits)


def _person(row: Any) -> dict[str, Any]:
    return {
        "id": row.id,
        "name": row.name,
        "display_name": display_name(row),
        "is_named": row.name is not None,
        "hidden": row.hidden,
        "representative_face_id": row.face_id,
        "face_count": row.face_count,
        "photo_count": row.photo_count,
        "face_thumbnail": 1,
        "rep_quality": row.quality,
    }


@operations.add("GET", "/api/persons", summary="List persons", query=PersonsQuery, reply=PersonsReply, access=Access.LOGIN, others=(304,))
@versioned
async def list_persons(request: web.Request, query: PersonsQuery) -> Any:
    """Everybody with a face in a photo that you may see. Persons without a name come last when sorted by name."""
    rows, total = await services(request).people.persons(
        await viewer_of(request), page=query.page, per_page=query.per_page, search=query.search, sort=query.sort, hidden=query.hidden
    )
    return {
        "persons": [_person(row) for row in rows],
        "total": total,
        "page": query.page,
        "per_page": query.per_page,
        "total_pages": max(1, -(-total // query.per_page)),
        "sort": query.sort,
    }


@operations.add("GET", r"/api/person/{id:[0-9]+}", summary="One person", reply=PersonOut, access=Access.LOGIN, errors=(404,))
async def get_person(request: web.Request, _parameters: Nothing) -> Any:
    """A person with what you may see of it."""
    return _person(await services(request).people.person(await viewer_of(request), id_in(request)))


@operations.add(
    "POST", r"/api/persons/{id:[0-9]+}/rename", summary="Name a person", body=Rename, reply=Renamed, access=Access.EDITION, errors=(404,)
)
async def rename_person(request: web.Request, body: Rename) -> Any:
    """Give a name; an empty one takes it away. A name stays also when faces are grouped anew."""
    return {"success": True, "name": await services(request).people.rename(await viewer_of(request), id_in(request), body.name)}


@operations.add(
    "POST", "/api/persons/merge", summary="Merge two persons", body=Merge, reply=Merged, access=Access.EDITION, errors=(404, 409)
)
async def merge_persons(request: web.Request, body: Merge) -> Any:
    """The source becomes part of the target, which keeps its name if it has one."""
    return await _merge(request, [body.source_id], body.target_id)


@operations.add(
    "POST",
    r"/api/persons/merge/{source:[0-9]+}/{target:[0-9]+}",
    summary="Merge two persons",
    reply=Merged,
    access=Access.EDITION,
    errors=(404, 409),
)
async def merge_two_persons(request: web.Request, _parameters: Nothing) -> Any:
    """The same, with both in the address."""
    return await _merge(request, [id_in(request, "source")], id_in(request, "target"))


@operations.add(
    "POST",
    "/api/persons/merge_batch",
    summary="Merge several persons",
    body=MergeBatch,
    reply=Merged,
    access=Access.EDITION,
    errors=(404, 409),
)
async def merge_many_persons(request: web.Request, body: MergeBatch) -> Any:
    """All sources become part of the target, or none when one of them is not there."""
    return await _merge(request, body.source_ids, body.target_id)


async def _merge(request: web.Request, sources: Sequence[int], target: int) -> dict[str, Any]:
    merged, count, undo = await services(request).people.merge(await viewer_of(request), sources, target)
    return {"success": True, "target_id": target, "merged_count": merged, "new_count": count, "undo": undo}


@operations.add("POST", r"/api/persons/{id:[0-9]+}/delete", summary="Forget a person", reply=Deleted, access=Access.EDITION, errors=(404,))
async def delete_person(request: web.Request, _parameters: Nothing) -> Any:
    """The faces belong to nobody afterwards, and are not put together again."""
    deleted, unknown, undo = await services(request).people.delete(await viewer_of(request), [id_in(request)])
    if unknown:
        raise NotFound(_("there is no such person"))
    return {"success": True, "deleted_count": deleted, "not_found": [], "undo": undo}


@operations.add("POST", "/api/persons/delete_batch", summary="Forget several persons", body=PersonIds, reply=Deleted, access=Access.EDITION)
async def delete_persons(request: web.Request, body: PersonIds) -> Any:
    """The faces belong to nobody afterwards; ids that are not there are told."""
    deleted, unknown, undo = await services(request).people.delete(await viewer_of(request), body.person_ids)
    return {"success": True, "deleted_count": deleted, "not_found": unknown, "undo": undo}


@operations.add(
    "POST", r"/api/persons/{id:[0-9]+}/hide", summary="Hide a person", body=Hide, reply=Hidden, access=Access.EDITION, errors=(404,)
)
async def hide_person(request: web.Request, body: Hide) -> Any:
    """A hidden person is in no list, filter or photo, and takes up new faces all the same. `hidden: false` shows it again."""
    changed, unknown, undo = await services(request).people.hide(await viewer_of(request), [id_in(request)], hidden=body.hidden)
    if unknown:
        raise NotFound(_("there is no such person"))
    return {"success": True, "hidden": body.hidden, "changed_count": changed, "not_found": [], "undo": undo}


@operations.add("POST", "/api/persons/hide_batch", summary="Hide several persons", body=HideBatch, reply=Hidden, access=Access.EDITION)
async def hide_persons(request: web.Request, body: HideBatch) -> Any:
    """Hide, or show again; ids that are not there are told."""
    changed, unknown, undo = await services(request).people.hide(await viewer_of(request), body.person_ids, hidden=body.hidden)
    return {"success": True, "hidden": body.hidden, "changed_count": changed, "not_found": unknown, "undo": undo}


@operations.add(
    "POST",
    r"/api/persons/{id:[0-9]+}/split",
    summary="Split a person",
    body=SplitBody,
    reply=SplitReply,
    access=Access.EDITION,
    errors=(404, 409),
)
async def split_person(request: web.Request, body: SplitBody) -> Any:
    """Some of the faces become a new person; the two are never put together again by themselves."""
    found = await services(request).people.split(await viewer_of(request), id_in(request), body.face_ids, body.name)
    return {"success": True, "person_id": found.person_id, "moved_count": found.moved}


@operations.add(
    "POST", r"/api/person/{id:[0-9]+}/avatar", summary="Choose the avatar", body=Avatar, reply=Done, access=Access.EDITION, errors=(404,)
)
async def set_avatar(request: web.Request, body: Avatar) -> Any:
    """The face that stands for the person."""
    await services(request).people.set_avatar(await viewer_of(request), id_in(request), body.face_id)
    return {"success": True}


@operations.add(
    "GET", "/api/merge_suggestions", summary="Who may be the same", query=SuggestionsQuery, reply=SuggestionsReply, access=Access.LOGIN,
    errors=(403,),
)  # fmt: skip
async def merge_suggestions(request: web.Request, query: SuggestionsQuery) -> Any:
    """Pairs of persons whose faces are alike; without those in one photo, and those that somebody called different people."""
    house = services(request)
    if not house.config.viewer.features.show_merge_suggestions:
        raise Forbidden(_("merge suggestions are switched off (viewer.features.show_merge_suggestions)"))
    threshold = await house.people.suggest_threshold() if query.threshold is None else query.threshold
    found = await house.people.suggestions(await viewer_of(request), threshold=threshold, limit=query.limit)
    pairs = [{"person1": _person(each.first), "person2": _person(each.second), "similarity": each.similarity} for each in found]
    return {"suggestions": pairs, "threshold": threshold}


@operations.add(
    "POST", "/api/merge_suggestions/dismiss", summary="They are different people", body=Dismiss, reply=Dismissed, access=Access.EDITION,
    errors=(404, 409),
)  # fmt: skip
async def dismiss_suggestion(request: web.Request, body: Dismiss) -> Any:
    """The two are never suggested again, and never put together by themselves."""
    changed = await services(request).people.dismiss(await viewer_of(request), body.person1_id, body.person2_id)
    return {"success": True, "changed": changed}


@operations.add(
    "GET", "/api/filter_options/persons", summary="Persons, most photos first", query=PersonOptionsQuery, reply=PersonOptionsReply
)
async def persons_options(request: web.Request, query: PersonOptionsQuery) -> Any:
    """Persons in enough photos, as triples of id, name and number of photos; those of `ids` in any case."""
    wanted = [int(part) for part in query.ids.split(",") if part.strip()]
    persons, cached = await services(request).people.options(await viewer_of(request), wanted)
    return {"persons": persons, "cached": cached}
