"""Albums: lists of them, making and changing them."""

from __future__ import annotations

import json
from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema

from facetd.errors import Conflict, FieldError, InvalidInput, NotFound
from facetd.http.api.models import PLAIN_NAME, PLAIN_TEXT, PhotoId, PhotosBody, Strict, Undo
from facetd.http.api.photos import OrderedQuery
from facetd.http.caching import list_headers, unchanged
from facetd.http.openapi import Access, Nothing, Operations, json_response, read_strictly, unfit
from facetd.http.services import Services, require_feature, services, viewer_of
from facetd.i18n import _
from facetd.library.albums import Visibility
from facetd.library.albumviews import Album, AlbumSort, Named
from facetd.library.smartfilter import LONGEST
from facetd.records.viewer import Viewer
from facetd.together import Rule, Together, together

operations = Operations("albums")
ALBUM = r"/api/albums/{id:[0-9]+}"
MOST_DIGITS = 18
Name = Annotated[str, Field(min_length=1, max_length=200, description="The name.", json_schema_extra={"pattern": PLAIN_NAME})]
Description = Annotated[str, Field(max_length=10_000, description="A text about the album.", json_schema_extra={"pattern": PLAIN_TEXT})]


class _Filter:
    """Describes the filter of a smart album as an object; the text of one is taken, too."""

    @classmethod
    def __get_pydantic_json_schema__(cls, _schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        return {"anyOf": [handler(OrderedQuery.__pydantic_core_schema__), {"type": "null"}]}


SmartJson = Annotated[
    str | dict[str, Any] | None,
    _Filter,
    Field(description="The filter of a smart album: gallery parameters as a JSON object, or the text of one; sort and sort_direction too."),
]
Shown = Annotated[Visibility, Field(description="private: yours alone; household: everybody sees of it what they may see of the library.")]


class AlbumOut(BaseModel):
    """An album as you see it: photos that you may not see are not counted, and never the cover."""

    id: int
    name: str
    description: str
    cover_photo_id: int | None = Field(description="The cover that was chosen, else the first photo.")
    cover_photo_path: str | None
    cover_photo_v: str | None = Field(description="The cover's `v`: with it /thumbnail may be kept for ever.")
    first_photo_id: int | None
    first_photo_path: str | None
    photo_count: int | None = Field(description="Null while the photos of a smart album are counted for the first time.")
    is_smart: bool
    smart_filter_json: str | None = Field(description="The filter of a smart album that is yours.")
    error: str | None = Field(description="Why a smart album shows nothing; null if all is well.")
    visibility: Visibility
    is_mine: bool = Field(description="Whether it is yours.")
    is_shared: bool = Field(description="Whether a link to it is in force; of your own albums only.")
    created_at: str
    updated_at: str


class AlbumsQuery(Strict):
    """Which albums."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int = Field(default=48, ge=1, le=200, description="Albums on a page.")
    search: str = Field(default="", max_length=200, description="Part of the name or the description.")
    type: Literal["", "smart", "manual"] = Field(default="", description="smart, manual, or all.")
    sort: AlbumSort = Field(default="updated_at", description="Changed last first, by name, or most photos first.")


class AlbumsReply(BaseModel):
    """One page of albums."""

    albums: list[AlbumOut]
    total: int
    page: int
    per_page: int
    total_pages: int
    has_more: bool


def _kinds(schema: dict[str, Any]) -> None:
    """Say in the description that a smart album has a filter, and a manual one photos named in one way at most."""
    nothing = {"type": "null"}
    filtered = {"is_smart": {"const": True}, "smart_filter_json": {"type": "object"}, "photo_ids": nothing, "photo_paths": nothing}
    manual = {"is_smart": {"const": False}, "smart_filter_json": nothing}
    schema["oneOf"] = [
        {"properties": filtered, "required": ["is_smart", "smart_filter_json"]},
        {"properties": {**manual, "photo_ids": nothing}},
        {"properties": {**manual, "photo_ids": {"type": "array"}, "photo_paths": nothing}, "required": ["photo_ids"]},
    ]


class NewAlbum(PhotosBody):
    """An album to make, with photos if any are named."""

    model_config = ConfigDict(json_schema_extra=_kinds)

    name: Name
    description: Description = ""
    visibility: Shown = "private"
    is_smart: bool = Field(default=False, description="Whether its photos follow from a filter.")
    smart_filter_json: SmartJson = None


class AlbumChange(Strict):
    """What is to be otherwise; what is not named stays."""

    model_config = ConfigDict(json_schema_extra=together(Together("cover", ("cover_photo_id", "cover_photo_path"), Rule.AT_MOST_ONE)))

    name: Name | None = None
    description: Description | None = None
    visibility: Shown | None = None
    cover_photo_id: PhotoId | None = Field(default=None, description="A photo of the album; null for the first one.")
    cover_photo_path: str | None = Field(default=None, max_length=4096, description="The same by virtual path.")
    is_smart: bool | None = None
    smart_filter_json: SmartJson = None


class Gone(BaseModel):
    """The album is deleted."""

    ok: bool
    undo: Undo


@operations.add("GET", "/api/albums", summary="Albums", query=AlbumsQuery, reply=AlbumsReply, errors=(403,), others=(304,))
async def list_albums(request: web.Request, query: AlbumsQuery) -> Any:
    """Your albums, and those that others show to the household."""
    house, viewer = await asked(request)
    headers = list_headers(request, await house.albums.revision(viewer))
    if same := unchanged(request, headers):
        return same
    found, total = await house.albums.albums(
        viewer, page=query.page, per_page=query.per_page, search=query.search, kind=query.type, sort=query.sort
    )
    total_pages = max(1, -(-total // query.per_page))
    reply = {
        "albums": [album_out(album) for album in found],
        "total": total,
        "page": query.page,
        "per_page": query.per_page,
        "total_pages": total_pages,
        "has_more": query.page < total_pages,
    }
    return json_response(reply, headers=headers if all(album.exact for album in found) else {"Cache-Control": "no-store"})


@operations.add("POST", "/api/albums", summary="Make an album", access=Access.EDITION, body=NewAlbum, reply=AlbumOut, errors=(403, 409))
async def make_album(request: web.Request, body: NewAlbum) -> Any:
    """It is yours. A smart one is given by its filter, a manual one may begin with photos; those that you may not see are left out."""
    house, viewer = await asked(request)
    smart = _smart_filter(body.smart_filter_json)
    if body.is_smart != (smart is not None):
        wanted = _("expected the filter of the smart album") if body.is_smart else _("expected is_smart to be true with it")
        raise InvalidInput(_("a smart album has a filter, a manual one has none"), errors=[FieldError("smart_filter_json", wanted)])
    if body.is_smart and (body.photo_ids is not None or body.photo_paths is not None):
        errors = [FieldError("photo_ids", _("expected none for a smart album"))]
        raise InvalidInput(_("the photos of a smart album follow from its filter"), errors=errors)
    album = await house.albums.make(
        viewer,
        body.name,
        description=body.description,
        visibility=body.visibility,
        smart_filter=smart,
        ids=body.photo_ids,
        paths=body.photo_paths,
    )
    return album_out(album)


@operations.add("GET", ALBUM, summary="An album", reply=AlbumOut, errors=(403, 404))
async def get_album(request: web.Request, _parameters: Nothing) -> Any:
    """One of your albums, or one that is shown to the household."""
    house, viewer = await asked(request)
    return album_out(await house.albums.album(viewer, album_id(request)))


@operations.add("PUT", ALBUM, summary="Change an album", access=Access.EDITION, body=AlbumChange, reply=AlbumOut, errors=(403, 404, 409))
async def change_album(request: web.Request, body: AlbumChange) -> Any:
    """Name, description, who sees it, cover, or its filter. A manual album that becomes smart keeps its photos for the way back."""
    house, viewer = await asked(request)
    number = album_id(request)
    before = await house.albums.album(viewer, number)
    given = body.model_fields_set
    values: dict[str, object] = {
        name: getattr(body, name) for name in ("name", "description", "visibility") if getattr(body, name) is not None
    }
    values |= _changed_filter(body, smart_before=before.row.smart_filter is not None)
    if "cover_photo_path" in given and body.cover_photo_path is not None:
        values["cover_photo_id"] = await house.gallery.find(viewer, photo_id=body.cover_photo_id, path=body.cover_photo_path)
    elif given & {"cover_photo_id", "cover_photo_path"}:
        values["cover_photo_id"] = body.cover_photo_id
    return album_out(await house.albums.change(viewer, number, values))


@operations.add("DELETE", ALBUM, summary="Delete an album", access=Access.EDITION, reply=Gone, errors=(403, 404))
async def delete_album(request: web.Request, _parameters: Nothing) -> Any:
    """The photos stay in the library; links to the album end, also when the album is taken back."""
    house, viewer = await asked(request)
    return {"ok": True, "undo": await house.albums.delete(viewer, album_id(request))}


def album_out(album: Album) -> dict[str, Any]:
    """An album as the API shows it; what is the owner's business only to the owner."""
    row = album.row
    return {
        "id": row.id,
        "name": row.name,
        "description": row.description,
        **_named("cover_photo", album.cover),
        "cover_photo_v": album.cover.content_hash if album.cover else None,
        **_named("first_photo", album.first),
        "photo_count": album.photo_count,
        "is_smart": row.smart_filter is not None,
        "smart_filter_json": row.smart_filter if album.is_mine else None,
        "error": album.error,
        "visibility": row.visibility,
        "is_mine": album.is_mine,
        "is_shared": row.is_shared and album.is_mine,
        "created_at": row.created_at,
        "updated_at": row.updated_at,
    }


def _named(name: str, photo: Named | None) -> dict[str, Any]:
    return {f"{name}_id": photo.id if photo else None, f"{name}_path": photo.path if photo else None}


async def asked(request: web.Request) -> tuple[Services, Viewer]:
    """The services, and who asks. Raises Forbidden where albums are switched off."""
    require_feature(request, "show_albums")
    return services(request), await viewer_of(request)


def album_id(request: web.Request) -> int:
    """The album in the address. Raises NotFound for a number that none can have."""
    digits = request.match_info["id"]
    if len(digits) > MOST_DIGITS:
        raise NotFound(_("there is no such album"))
    return int(digits)


def _smart_filter(given: str | dict[str, Any] | None) -> str | None:
    """The filter as text. Raises InvalidInput for one that is too long, and for an object that is not as described."""
    text = json.dumps(given, ensure_ascii=False) if isinstance(given, dict) else given
    if text is not None and len(text) > LONGEST:
        errors = [FieldError("smart_filter_json", _("expected at most {count} characters").format(count=LONGEST))]
        raise InvalidInput(_("the filter is too long"), errors=errors)
    if text is not None and isinstance(given, dict):
        try:
            read_strictly(OrderedQuery, text.encode())
        except ValidationError as error:
            raise unfit(error, "smart_filter_json") from error
    return text or None


def _changed_filter(body: AlbumChange, *, smart_before: bool) -> dict[str, object]:
    """What becomes of the filter. Raises Conflict when the album would be smart without one, or manual with one."""
    smart = body.is_smart if body.is_smart is not None else smart_before
    text = _smart_filter(body.smart_filter_json)
    if smart and text is None and not smart_before:
        errors = [FieldError("smart_filter_json", _("expected the filter of the smart album"))]
        raise Conflict(_("a smart album has a filter"), errors=errors)
    if not smart and text is not None:
        errors = [FieldError("smart_filter_json", _("expected is_smart to be true with it"))]
        raise Conflict(_("a manual album has no filter"), errors=errors)
    if not smart:
        return {"smart_filter": None} if smart_before else {}
    return {} if text is None else {"smart_filter": text}
