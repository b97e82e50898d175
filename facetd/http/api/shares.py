"""Links to albums, and the album that a link opens."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Literal

from aiohttp import web
from pydantic import AliasChoices, BaseModel, Field, create_model
from pydantic_core import to_json

from facetd.errors import FieldError, InvalidInput
from facetd.fields import DEFAULT_SORT, FIELDS, GROUPS, Filter
from facetd.filters import PhotoFilter
from facetd.http.api.albums import ALBUM, album_id
from facetd.http.api.models import Photo, PhotoId, Strict
from facetd.http.openapi import Access, Nothing, Operations, json_body
from facetd.http.services import require_feature, services, viewer_of
from facetd.http.sharing import LONGEST_TOKEN, opened_album
from facetd.i18n import _
from facetd.library.albumviews import OWN_ORDER, Album
from facetd.library.sharedphoto import shared_path
from facetd.library.shares import LONGEST_DAYS, NOT_SORTED_BY, Shared
from facetd.records.viewer import Viewer

operations = Operations("shares")
NO_STORE = {"Cache-Control": "no-store"}
CONDITIONS = (
    "tag", "hide_blinks", "hide_bursts", "hide_duplicates", "date_from", "date_to", "min_aggregate",
    *(entry.param for entry in FIELDS if entry.filter in (Filter.EXACT, Filter.PREFIX, Filter.FLAG)),
    *(f"{end}_{entry.param}" for entry in FIELDS if entry.filter is Filter.RANGE and entry.table == "photo" for end in ("min", "max")),
)  # fmt: skip
SORTS: list[Any] = [OWN_ORDER, *(entry.key for entry in FIELDS if entry.sort and entry.key not in NOT_SORTED_BY)]


class ShareBody(Strict):
    """How long the link lasts."""

    expires_in_days: int | None = Field(
        default=None, ge=1, le=LONGEST_DAYS, description="The link ends by itself after so many days; absent: when somebody ends it."
    )


class ShareReply(BaseModel):
    """A new link. Its token is told here and nowhere else."""

    id: int
    share_url: str = Field(description="The page that the link opens, on this server.")
    share_token: str
    created_at: str
    expires_at: str | None
    links: int = Field(description="How many links to the album are in force, with this one.")


class LinkOut(BaseModel):
    """A link that is in force."""

    id: int
    created_at: str
    expires_at: str | None


class LinksReply(BaseModel):
    """The links to an album, newest first."""

    links: list[LinkOut]


class EndQuery(Strict):
    """Which links."""

    id: PhotoId | None = Field(default=None, description="Only this link; absent: all of them.")


class Ended(BaseModel):
    """How many links were ended."""

    ok: bool
    ended: int


class _SharedQuery(Strict):
    """The token, and which photos in which order. Filters are those of the gallery that tell nothing of the owner; manual albums only."""

    token: str | None = Field(default=None, max_length=LONGEST_TOKEN, description="The link's token, or in the header X-Share-Token.")
    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int | None = Field(
        default=None, ge=1, le=200, description="Photos on a page; viewer.pagination.default_per_page when absent."
    )
    sort: str = Field(
        default=DEFAULT_SORT, description="position for the album's own order, or a sort key.", json_schema_extra={"enum": SORTS}
    )
    sort_direction: Literal["ASC", "DESC"] | None = Field(
        default=None,
        validation_alias=AliasChoices("sort_direction", "dir"),
        description="ASC or DESC. Absent: ASC by position, DESC by anything else.",
    )


def _conditions() -> dict[str, Any]:
    fields = PhotoFilter.model_fields
    return {name: (fields[name].annotation, fields[name]) for name in CONDITIONS}


SharedQuery: type[_SharedQuery] = create_model("SharedQuery", __base__=_SharedQuery, **_conditions())


class SharedAlbum(BaseModel):
    """What a visitor is told of an album."""

    id: int
    name: str
    description: str
    is_smart: bool
    photo_count: int
    cover_photo_id: int | None
    cover_photo_path: str | None
    cover_photo_v: str | None
    updated_at: str


class FilterValue(BaseModel):
    """A value, and how many photos of the album have it."""

    value: str
    count: int


class SharedReply(BaseModel):
    """One page of a shared album. Of photos it tells neither where, nor who, nor what people wrote or think; paths are the album's own."""

    album: SharedAlbum
    photos: list[Photo]
    total: int
    page: int
    per_page: int
    total_pages: int
    has_more: bool
    effective_sort: str
    effective_sort_direction: Literal["ASC", "DESC"]
    sort_options_grouped: dict[str, list[dict[str, str]]]
    filter_options: dict[str, list[FilterValue]] | None = Field(description="Of manual albums, with page 1.")


@operations.add(
    "POST", f"{ALBUM}/share", summary="Share an album by a link", access=Access.EDITION, body=ShareBody, reply=ShareReply,
    errors=(403, 404, 409),
)  # fmt: skip
async def share_album(request: web.Request, body: ShareBody) -> Any:
    """One more link to your album. Earlier ones stay in force; their tokens cannot be told again, as only hashes of them are kept."""
    viewer, album = await _own(request)
    link, token = await services(request).shares.share(viewer, album, body.expires_in_days)
    return {
        "id": link.id,
        "share_url": f"/shared/album/{album}?token={token}",
        "share_token": token,
        "created_at": link.created_at,
        "expires_at": link.expires_at,
        "links": len(await services(request).shares.links(viewer, album)),
    }


@operations.add("GET", f"{ALBUM}/share", summary="The links to an album", access=Access.EDITION, reply=LinksReply, errors=(403, 404))
async def album_links(request: web.Request, _parameters: Nothing) -> Any:
    """Those that are in force, without their tokens."""
    viewer, album = await _own(request)
    links = await services(request).shares.links(viewer, album)
    return {"links": [{"id": link.id, "created_at": link.created_at, "expires_at": link.expires_at} for link in links]}


@operations.add(
    "DELETE", f"{ALBUM}/share", summary="End links to an album", access=Access.EDITION, query=EndQuery, reply=Ended, errors=(403, 404)
)
async def end_links(request: web.Request, query: EndQuery) -> Any:
    """All of them, or one. What they opened is closed at once."""
    viewer, album = await _own(request)
    return {"ok": True, "ended": await services(request).shares.end(viewer, album, query.id)}


@operations.add(
    "GET", "/api/shared/album/{id:[0-9]+}", summary="An album that a link opens", access=Access.PUBLIC, query=SharedQuery,
    reply=SharedReply, errors=(403, 404, 429),
)  # fmt: skip
async def shared_album(request: web.Request, query: _SharedQuery) -> Any:
    """Without login. A wrong token, an unknown album, a link that was ended or ran out: all answer the same."""
    house = services(request)
    shared = await opened_album(request, album_id(request), query.token)
    given = {name: getattr(query, name) for name in CONDITIONS if name in query.model_fields_set}
    if given and shared.row.smart_filter is not None:
        errors = [FieldError(name, _("expected no filter for a smart album")) for name in sorted(given)]
        raise InvalidInput(_("the photos of a smart album follow from its own filter"), errors=errors)
    per_page = query.per_page or min(house.config.viewer.pagination.default_per_page, 200)
    found = await house.shares.page(
        shared,
        PhotoFilter(**given),
        sort=query.sort,
        descending=None if query.sort_direction is None else query.sort_direction == "DESC",
        per_page=per_page,
        page=query.page,
    )
    album = await house.shares.album(shared)
    reply = {
        "album": _shared_out(album),
        "total": found.photos.total,
        "page": query.page,
        "per_page": per_page,
        "total_pages": max(1, -(-found.photos.total // per_page)),
        "has_more": found.photos.next is not None,
        "effective_sort": found.sort,
        "effective_sort_direction": "DESC" if found.descending else "ASC",
        "sort_options_grouped": await _sorts(request),
        "filter_options": await _offered(request, shared) if query.page == 1 and shared.row.smart_filter is None else None,
    }
    body = b'{"photos":' + found.photos.photos_json + b"," + to_json(reply)[1:]
    return json_body(body, headers=NO_STORE)


async def _own(request: web.Request) -> tuple[Viewer, int]:
    require_feature(request, "show_albums")
    return await viewer_of(request), album_id(request)


def _shared_out(album: Album) -> dict[str, Any]:
    row, cover = album.row, album.cover
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        "is_smart": row.smart_filter is not None,
        "photo_count": album.photo_count or 0,
        "cover_photo_id": cover.id if cover else None,
        "cover_photo_path": shared_path(row.id, cover.id, cover.path.rpartition("/")[2]) if cover else None,
        "cover_photo_v": cover.content_hash if cover else None,
        "updated_at": row.updated_at,
    }


async def _sorts(request: web.Request) -> dict[str, list[dict[str, str]]]:
    """What the album may be sorted by, as far as the library has values of it."""
    unfilled = await services(request).gallery.unfilled()
    own = _("Order of the album")
    groups: dict[str, list[dict[str, str]]] = {GROUPS["general"]: [{"column": OWN_ORDER, "label": own}]}
    for entry in FIELDS:
        if entry.sort and entry.key not in NOT_SORTED_BY and entry.key not in unfilled:
            groups.setdefault(GROUPS[entry.group], []).append({"column": entry.key, "label": entry.label})
    return groups


async def _offered(request: web.Request, shared: Shared) -> dict[str, list[dict[str, Any]]]:
    def pairs(values: Iterable[tuple[str, int]]) -> list[dict[str, Any]]:
        return [{"value": value, "count": count} for value, count in values]

    return {name: pairs(values) for name, values in (await services(request).shares.offered(shared)).items()}
