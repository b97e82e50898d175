"""The photos that something is done to, named by ids or virtual paths: those that the viewer may see, and what was not found."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facetd.db.connection import Connection, Database
from facetd.db.photos import id_at, visible_ids
from facetd.errors import FieldError, InvalidInput, NotFound
from facetd.i18n import _
from facetd.records.viewer import Viewer


@dataclass(frozen=True, slots=True)
class Targets:
    """`ids` in the order they were named, each once; `not_found` are the ids or paths that name no photo the viewer may see."""

    ids: tuple[int, ...]
    not_found: tuple[int | str, ...]


async def targets(db: Database, viewer: Viewer, ids: Sequence[int] | None, paths: Sequence[str] | None) -> Targets:
    """The photos named by exactly one of `ids` and `paths`. Raises InvalidInput when both or neither are given, or none is named."""
    if (ids is None) == (paths is None):
        raise InvalidInput(_("name the photos"), errors=[FieldError("photo_ids", _("expected exactly one of photo_ids and photo_paths"))])
    if not ids and not paths:
        field = "photo_ids" if ids is not None else "photo_paths"
        raise InvalidInput(_("no photo is named"), errors=[FieldError(field, _("expected at least one photo"))])

    def find(connection: Connection) -> Targets:
        named: list[tuple[int | str, int | None]]
        if ids is not None:
            seen = visible_ids(connection, viewer, ids)
            named = [(number, number if number in seen else None) for number in ids]
        else:
            named = [(path, id_at(connection, viewer, path)) for path in paths or ()]
        found = dict.fromkeys(number for _, number in named if number is not None)
        return Targets(tuple(found), tuple(dict.fromkeys(name for name, number in named if number is None)))

    return await db.read(find)


async def target(db: Database, viewer: Viewer, photo_id: int | None, path: str | None) -> int:
    """The photo named by exactly one of its id and its virtual path. Raises InvalidInput when both or neither are given, and NotFound."""
    if (photo_id is None) == (path is None):
        raise InvalidInput(_("name one photo"), errors=[FieldError("photo_id", _("expected exactly one of photo_id and photo_path"))])
    found = await targets(db, viewer, None if photo_id is None else [photo_id], None if path is None else [path])
    if not found.ids:
        raise NotFound(_("there is no such photo"))
    return found.ids[0]
