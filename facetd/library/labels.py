"""Colour labels: one word for each photo, which programs that read sidecars show as a colour."""

from __future__ import annotations

from facetd.db import labels as db_labels
from facetd.db.connection import Database
from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _
from facetd.library.targets import target
from facetd.records.viewer import Viewer

LONGEST = 60


class Labels:
    """Giving photos labels."""

    def __init__(self, db: Database) -> None:
        self._db = db

    async def give(self, viewer: Viewer, photo_id: int | None, path: str | None, label: str) -> tuple[int, str]:
        """Make `label` that of a photo, '' for none; returns its id and the label as it is kept. Raises InvalidInput, NotFound."""
        clean = " ".join("".join(c if c.isprintable() else " " for c in label).split())
        if len(clean) > LONGEST:
            limit = _("expected at most {limit} characters").format(limit=LONGEST)
            raise InvalidInput(_("the label is too long"), errors=[FieldError("label", limit)])
        number = await target(self._db, viewer, photo_id, path)
        await db_labels.give_label(self._db, number, clean)
        return number, clean
