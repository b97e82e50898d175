"""Who comes by a link: the one place where a request that names a share is turned into what it may see."""

from __future__ import annotations

from dataclasses import dataclass

from aiohttp import web
from pydantic import ConfigDict, Field

from facetd.errors import FieldError, InvalidInput
from facetd.http.api.models import ONE_PHOTO, OnePhoto, PhotoId
from facetd.http.remote import network_of
from facetd.http.services import require_feature, services, viewer_of
from facetd.i18n import _
from facetd.library.shares import Shared
from facetd.records.viewer import Viewer
from facetd.together import Rule, Together, together

HEADER = "X-Share-Token"
LONGEST_TOKEN = 200


class PhotoOrShared(OnePhoto):
    """A photo of the library, or of an album that a link opens."""

    model_config = ConfigDict(json_schema_extra=together(ONE_PHOTO, Together("link", ("share", "token"), Rule.WITH_FIRST)))

    share: PhotoId | None = Field(default=None, description="The album that a link opens; the photo is then looked for in it.")
    token: str | None = Field(default=None, max_length=LONGEST_TOKEN, description="The link's token, or in the header X-Share-Token.")


@dataclass(frozen=True, slots=True)
class Asked:
    """A photo, who asks for it, and the shared album that it was found in; None for somebody of the household."""

    viewer: Viewer
    photo_id: int
    shared: Shared | None = None


async def asked_photo(request: web.Request, query: PhotoOrShared) -> Asked:
    """The photo that is asked for, by somebody of the household or by a visitor with a link. Raises InvalidInput, NotFound."""
    house = services(request)
    if query.share is None:
        if query.token is not None:
            raise InvalidInput(_("a token is of a shared album"), errors=[FieldError("share", _("expected the id of the album"))])
        viewer = await viewer_of(request)
        return Asked(viewer, await house.gallery.find(viewer, photo_id=query.id, path=query.path))
    shared = await opened_album(request, query.share, query.token)
    return Asked(shared.eyes, await house.shares.find(shared, photo_id=query.id, path=query.path), shared)


async def opened_album(request: web.Request, album: int, token: str | None) -> Shared:
    """The album that the request's token opens. Raises Forbidden where albums are switched off, NotFound, TooManyRequests."""
    require_feature(request, "show_albums")
    given = token if token is not None else request.headers.get(HEADER, "")
    house = services(request)
    return await house.shares.open(album, given, network_of(request, house.config.server.trusted_proxies))
