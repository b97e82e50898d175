"""Faces: those of a photo or a person, whose they are, and what they look like."""

from __future__ import annotations

from typing import Annotated, Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from facetd.errors import FieldError, InvalidInput, NotFound, Unavailable
from facetd.http.api.images import FOREVER, REVALIDATE
from facetd.http.api.models import PLAIN_NAME, OnePhoto, PhotoBody, PhotoId, Strict
from facetd.http.api.persons import id_in
from facetd.http.files import is_known
from facetd.http.openapi import Access, Nothing, Operations
from facetd.http.services import services, viewer_of
from facetd.i18n import _
from facetd.library.people import LONGEST_NAME
from facetd.records.sightings import FacePlace
from facetd.together import Rule, Together, together

operations = Operations("faces")


class FaceOut(BaseModel):
    """A face in a photo."""

    id: int
    photo_id: int
    photo_path: str
    face_index: int = Field(description="Among the photo's faces, from 0.")
    bbox_x1: int = Field(description="Pixels of the upright picture.")
    bbox_y1: int
    bbox_x2: int
    bbox_y2: int
    box: list[float] = Field(description="Left, top, width, height as fractions of the upright picture.")
    score: float | None = Field(description="How sure the detector is, 0..1.")
    quality: float | None = Field(description="How well it can be recognised, 0..10.")
    eyes_closed: bool = Field(description="A hint.")
    source: str = Field(description="model, or region: drawn in another program.")
    assigned_by: str | None = Field(description="cluster, region or user.")
    person_id: int | None
    person_name: str | None = Field(description="The name, or what a person without one is called.")
    person_is_named: bool


class FacesReply(BaseModel):
    """The faces of a photo."""

    faces: list[FaceOut]


class PersonFacesQuery(Strict):
    """Which page."""

    page: int = Field(default=1, ge=1, le=2**31, description="The page, from 1.")
    per_page: int = Field(default=36, ge=1, le=200, description="Faces on a page.")


class PersonFacesReply(BaseModel):
    """The faces of a person, those in the best photos first."""

    faces: list[FaceOut]
    total: int
    page: int
    per_page: int


class Assign(Strict):
    """Whose the face is: a person's, or a new person's of this name."""

    model_config = ConfigDict(json_schema_extra=together(Together("whose", ("person_id", "name"), Rule.ONE)))

    person_id: PhotoId | None = None
    name: Annotated[str, Field(max_length=LONGEST_NAME, json_schema_extra={"pattern": PLAIN_NAME})] | None = None


class Assigned(BaseModel):
    """Whose the face is now."""

    success: bool
    person_id: int


class Unassigned(BaseModel):
    """How many faces changed; `person_deleted` when the person lost the last one."""

    success: bool
    unassigned_count: int
    person_deleted: bool


class PersonInPhoto(PhotoBody):
    """A photo, by id or path, and a person."""

    person_id: PhotoId


class AllAssigned(BaseModel):
    """How many faces were given to the person."""

    success: bool
    assigned_count: int


class FaceImageQuery(Strict):
    """Nothing but a version."""

    v: str | None = Field(default=None, max_length=64, description="The ETag without quotes: with it the answer may be kept for ever.")


@operations.add(
    "GET", r"/api/person/{id:[0-9]+}/faces", summary="The faces of a person", query=PersonFacesQuery, reply=PersonFacesReply,
    access=Access.RATE, errors=(404,),
)  # fmt: skip
async def person_faces(request: web.Request, query: PersonFacesQuery) -> Any:
    """Faces in photos that you may see, those in the best photos first."""
    people, viewer = services(request).people, await viewer_of(request)
    faces, total = await people.faces_of_person(viewer, id_in(request), page=query.page, per_page=query.per_page)
    return {"faces": faces, "total": total, "page": query.page, "per_page": query.per_page}


@operations.add(
    "GET", "/api/photo/faces", summary="The faces in a photo", query=OnePhoto, reply=FacesReply, access=Access.RATE, errors=(404,)
)
async def photo_faces(request: web.Request, query: OnePhoto) -> Any:
    """Every face that was found or drawn, with its person."""
    house, viewer = services(request), await viewer_of(request)
    photo_id = await house.gallery.find(viewer, photo_id=query.id, path=query.path)
    await house.gallery.content(viewer, photo_id)
    return {"faces": await house.people.faces_of_photo(viewer, photo_id)}


@operations.add(
    "POST",
    r"/api/face/{id:[0-9]+}/assign",
    summary="Say whose a face is",
    body=Assign,
    reply=Assigned,
    access=Access.EDITION,
    errors=(404,),
)
async def assign_face(request: web.Request, body: Assign) -> Any:
    """Give a face to a person, or to a new one by `name`."""
    person = await services(request).people.assign(await viewer_of(request), id_in(request), person=body.person_id, name=body.name)
    return {"success": True, "person_id": person}


@operations.add(
    "POST", r"/api/face/{id:[0-9]+}/unassign", summary="A face is not whose it was", reply=Unassigned, access=Access.EDITION, errors=(404,)
)
async def unassign_face(request: web.Request, _parameters: Nothing) -> Any:
    """The face belongs to nobody, and stays so until you say whose it is."""
    count, deleted = await services(request).people.unassign(await viewer_of(request), id_in(request))
    return {"success": True, "unassigned_count": count, "person_deleted": deleted}


@operations.add(
    "POST", "/api/photo/assign_all_faces", summary="Give a photo's faces to a person", body=PersonInPhoto, reply=AllAssigned,
    access=Access.EDITION, errors=(404,),
)  # fmt: skip
async def assign_all_faces(request: web.Request, body: PersonInPhoto) -> Any:
    """Every face of the photo that is nobody's."""
    viewer, photo_id = await viewer_of(request), await _photo(request, body)
    return {"success": True, "assigned_count": await services(request).people.assign_all(viewer, photo_id, body.person_id)}


@operations.add(
    "POST", "/api/photo/unassign_person", summary="A person is not in a photo", body=PersonInPhoto, reply=Unassigned,
    access=Access.EDITION, errors=(404,),
)  # fmt: skip
async def unassign_person(request: web.Request, body: PersonInPhoto) -> Any:
    """The person's faces in the photo belong to nobody afterwards."""
    viewer, photo_id = await viewer_of(request), await _photo(request, body)
    count, deleted = await services(request).people.unassign_person(viewer, photo_id, body.person_id)
    return {"success": True, "unassigned_count": count, "person_deleted": deleted}


@operations.add(
    "GET", r"/face_thumbnail/{id:[0-9]+}", summary="A face", query=FaceImageQuery, reply="image/jpeg", errors=(404, 503), others=(304,)
)
async def face_thumbnail(request: web.Request, query: FaceImageQuery) -> Any:
    """A square JPEG of at most 160 px, cut out of the photo's thumbnail."""
    return await _picture(request, await services(request).people.face(await viewer_of(request), id_in(request)), query.v)


@operations.add(
    "GET",
    r"/person_thumbnail/{id:[0-9]+}",
    summary="A person's face",
    query=FaceImageQuery,
    reply="image/jpeg",
    errors=(404, 503),
    others=(304,),
)
async def person_thumbnail(request: web.Request, query: FaceImageQuery) -> Any:
    """The face that stands for a person: the avatar where you may see it, else the best one."""
    return await _picture(request, await services(request).people.face_of_person(await viewer_of(request), id_in(request)), query.v)


async def _picture(request: web.Request, place: FacePlace, version: str | None) -> web.Response:
    house = services(request)
    etag = house.face_crops.name(place)
    headers = {"ETag": f'"{etag}"', "Cache-Control": FOREVER if version == etag else REVALIDATE}
    if is_known(request, etag):
        return web.Response(status=304, headers=headers)
    try:
        pixels = await house.face_crops.jpeg_of(place)
    except OSError as error:
        file = await house.gallery.place(await viewer_of(request), place.photo_id)
        if not file.readable:
            raise NotFound(_("the photo could not be read, so it has no thumbnail")) from error
        house.ingest.look_at_soon(file.path)
        raise Unavailable(_("the photo's thumbnail is being made again")) from error
    return web.Response(body=pixels, content_type="image/jpeg", headers=headers)


async def _photo(request: web.Request, body: PersonInPhoto) -> int:
    """The id of the photo that a body names. Raises InvalidInput, NotFound."""
    if (body.photo_id is None) == (body.photo_path is None):
        raise InvalidInput(_("name one photo"), errors=[FieldError("photo_id", _("expected exactly one of photo_id and photo_path"))])
    return await services(request).gallery.find(await viewer_of(request), photo_id=body.photo_id, path=body.photo_path)
