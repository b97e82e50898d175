"""People: who is in the photos that a viewer sees, and what users decide about it."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, get_args

from facetd.config import Config
from facetd.db import faces as db_faces
from facetd.db import people as db_people
from facetd.db.connection import Database
from facetd.db.faces import shown_name
from facetd.db.folding import plain
from facetd.db.people import PersonRow
from facetd.db.revision import Part
from facetd.errors import Conflict, FieldError, InvalidInput, NotFound
from facetd.i18n import _
from facetd.ingest.people import Distances
from facetd.library.decision import KIND, Decision, take_back
from facetd.library.undoing import Undoing
from facetd.records.sightings import FacePlace
from facetd.records.viewer import Viewer

PersonSort = Literal["count_desc", "count_asc", "name_asc", "name_desc", "quality_asc", "quality_desc"]
Shown = Literal["without", "with", "only"]
SORTS: tuple[str, ...] = get_args(PersonSort)
LONGEST_NAME = 200
SEEN_BY: tuple[Part, ...] = ("people", "gates")  # what persons and their numbers of photos depend on
TURNING = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"  # they have a text run the other way


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two persons that may be one; `similarity` 0..1 is one minus the mean distance of their faces (see Distances.unit)."""

    first: PersonRow
    second: PersonRow
    similarity: float


@dataclass(frozen=True, slots=True)
class Split:
    """The person that some faces went to, and how many."""

    person_id: int
    moved: int


class People:
    """What the web side and the command line ask about people. `decided` is told whenever a user decided something.

    With `undoing`, merging, forgetting and hiding can be taken back.
    """

    def __init__(
        self, db: Database, config: Config, decided: Callable[[], None] = lambda: None, undoing: Undoing | None = None
    ) -> None:  # fmt: skip
        self._db = db
        self._config = config
        self._decided = decided
        self._undoing = undoing
        if undoing is not None:
            undoing.register(KIND, take_back, editing=True, done=lambda _viewer, _restored: decided())

    async def persons(
        self,
        viewer: Viewer,
        *,
        page: int = 1,
        per_page: int = 48,
        search: str = "",
        sort: PersonSort = "count_desc",
        hidden: Shown = "without",
    ) -> tuple[list[PersonRow], int]:
        """One page of the persons that `viewer` sees, and how many there are; `search` is part of a name, or an id."""
        found = [row for row in (await self._seen(viewer)).values() if hidden == "with" or row.hidden == (hidden == "only")]
        if wanted := plain(search.strip()):
            found = [row for row in found if wanted == str(row.id) or (row.name is not None and wanted in plain(row.name))]
        found = _sorted(found, sort)
        return found[(page - 1) * per_page : page * per_page], len(found)

    async def person(self, viewer: Viewer, person: int) -> PersonRow:
        """One person. Raises NotFound."""
        found = (await self._seen(viewer)).get(person)
        if found is None:
            raise _no_person()
        return found

    async def rename(self, viewer: Viewer, person: int, name: str) -> str | None:
        """Give a person a name, or none when it is empty; returns it as it is kept. Raises NotFound, InvalidInput."""
        clean = clean_name(name)
        await self._require(viewer, [person])
        await db_people.rename(self._db, person, clean)
        self._decided()
        return clean

    async def merge(self, viewer: Viewer, sources: Sequence[int], target: int) -> tuple[int, int, str | None]:
        """Make `sources` one with `target`, which keeps its name if it has one; returns how many persons were merged, how many faces the
        target has now, and the token that takes it back.

        Raises InvalidInput without sources, Conflict with the target among them, and NotFound.
        """
        if not sources:
            raise InvalidInput(_("there is nobody to merge"), errors=[FieldError("source_ids", _("expected at least one person"))])
        if target in sources:
            raise Conflict(_("a person cannot be merged with itself"), errors=[FieldError("target_id", _("expected another person"))])
        wanted = list(dict.fromkeys(sources))
        await self._require(viewer, [*wanted, target])
        change = self._change(viewer, [*wanted, target])
        await db_people.merge(self._db, viewer, wanted, target, change.around)
        self._decided()
        return len(wanted), await self._face_count(viewer, target), change.token

    async def delete(self, viewer: Viewer, persons: Sequence[int]) -> tuple[int, list[int], str | None]:
        """Forget persons; their faces stay without one. Returns how many, the ids that were not found, and the token that takes it back.

        Raises InvalidInput.
        """
        known, unknown = await self._known(viewer, persons)
        change = self._change(viewer, known)
        if known:
            await db_people.delete(self._db, viewer, known, change.around)
            self._decided()
        return len(known), unknown, change.token

    async def hide(self, viewer: Viewer, persons: Sequence[int], *, hidden: bool) -> tuple[int, list[int], str | None]:
        """Hide persons or show them again. Returns how many changed, the ids that were not found, and the token that takes it back.

        Raises InvalidInput.
        """
        known, unknown = await self._known(viewer, persons)
        change = self._change(viewer, known)
        changed = await db_people.hide(self._db, known, hidden=hidden, around=change.around) if known else 0
        return changed, unknown, change.token

    async def split(self, viewer: Viewer, person: int, faces: Sequence[int], name: str = "") -> Split:
        """Move some of a person's faces to a new person. Raises NotFound, and Conflict for faces that are not this person's or all."""
        clean = clean_name(name)
        await self._require(viewer, [person])
        places = await db_faces.places(self._db, viewer, faces)
        foreign = [face for face in faces if face not in places or places[face].person_id != person]
        if foreign or not faces:
            shown = ", ".join(map(str, foreign[:5]))
            raise Conflict(_("these are not faces of this person"), errors=[FieldError("face_ids", shown or _("expected at least one"))])
        if len(places) >= (await db_people.face_totals(self._db, viewer, [person]))[person]:
            raise Conflict(_("some faces must stay"), errors=[FieldError("face_ids", _("expected not all faces of the person"))])
        new, moved = await db_people.split(self._db, person, list(places), clean)
        self._decided()
        return Split(new, moved)

    async def set_avatar(self, viewer: Viewer, person: int, face: int) -> None:
        """Choose the face that stands for a person. Raises NotFound, also for a face of somebody else."""
        await self._require(viewer, [person])
        place = (await db_faces.places(self._db, viewer, [face])).get(face)
        if place is None or place.person_id != person:
            raise NotFound(_("the person has no such face"))
        await db_people.set_avatar(self._db, person, face)

    async def faces_of_person(self, viewer: Viewer, person: int, *, page: int, per_page: int) -> tuple[list[dict[str, Any]], int]:
        """A person's faces, those in the best photos first, and how many there are. Raises NotFound."""
        row = await self.person(viewer, person)
        found = await db_faces.of_person(self._db, viewer, person, offset=(page - 1) * per_page, limit=per_page)
        return found, row.face_count

    async def faces_of_photo(self, viewer: Viewer, photo_id: int) -> list[dict[str, Any]]:
        """The faces in a photo; none for a photo that `viewer` may not see."""
        return await db_faces.of_photo(self._db, viewer, photo_id)

    async def assign(self, viewer: Viewer, face: int, *, person: int | None = None, name: str | None = None) -> int:
        """Say whose a face is: a person's, or a new person's of this name. Returns the person. Raises NotFound, InvalidInput."""
        if (person is None) == (name is None):
            raise InvalidInput(
                _("say whose the face is"), errors=[FieldError("person_id", _("expected exactly one of person_id and name"))]
            )
        clean = clean_name(name) if name is not None else None
        if person is None and clean is None:
            raise InvalidInput(_("the name is empty"), errors=[FieldError("name", _("expected a name"))])
        if face not in await db_faces.places(self._db, viewer, [face]):
            raise _no_face()
        if person is not None:
            await self._require(viewer, [person])
        target = person if person is not None else await db_people.make(self._db, clean or "")
        await db_faces.assign(self._db, [face], target)
        self._decided()
        return target

    async def unassign(self, viewer: Viewer, face: int) -> tuple[int, bool]:
        """Say that a face is not whose it was. Returns how many faces changed (0 or 1), and whether the person lost the last one.

        Raises NotFound.
        """
        place = (await db_faces.places(self._db, viewer, [face])).get(face)
        if place is None:
            raise _no_face()
        return await self._take_out(viewer, [face], place.person_id)

    async def assign_all(self, viewer: Viewer, photo_id: int, person: int) -> int:
        """Give every face of a photo that is nobody's to a person; returns how many. Raises NotFound, also when there are none."""
        await self._require(viewer, [person])
        faces = [face["id"] for face in await self.faces_of_photo(viewer, photo_id) if face["person_id"] is None]
        if not faces:
            raise NotFound(_("the photo has no unassigned faces"))
        assigned = await db_faces.assign(self._db, faces, person)
        self._decided()
        return assigned

    async def unassign_person(self, viewer: Viewer, photo_id: int, person: int) -> tuple[int, bool]:
        """Say that a person is not in a photo; returns how many faces that were, and whether the person lost the last one.

        Raises NotFound.
        """
        faces = [face["id"] for face in await self.faces_of_photo(viewer, photo_id) if face["person_id"] == person]
        if not faces:
            raise NotFound(_("the person is not in this photo"))
        return await self._take_out(viewer, faces, person)

    async def _take_out(self, viewer: Viewer, faces: Sequence[int], person: int | None) -> tuple[int, bool]:
        """How many of the person's faces were taken out, and whether that was the last one that the viewer sees."""
        changed = await db_faces.take_out(self._db, faces)
        self._decided()
        return changed, person is not None and not await db_people.visible(self._db, viewer, [person])

    async def suggestions(self, viewer: Viewer, *, threshold: float | None = None, limit: int = 100) -> list[Suggestion]:
        """Persons that may be one, most similar first. `threshold` is the least similarity; None: what is configured."""
        distance = 1 - (await self.suggest_threshold() if threshold is None else threshold)
        seen = await self._seen(viewer)
        found = []
        for pair in await db_people.likenesses(self._db, distance):
            first, second = seen.get(pair.first_id), seen.get(pair.second_id)
            if first and second and not (first.hidden or second.hidden):
                found.append(Suggestion(first, second, round(1 - pair.distance, 4)))
                if len(found) == limit:
                    break
        return found

    async def suggest_threshold(self) -> float:
        """The similarity from which persons are suggested as one, as configured."""
        near = await Distances.in_use(self._db, self._config.people)
        return round(1 - near.suggest / near.unit, 4)

    async def dismiss(self, viewer: Viewer, one: int, other: int) -> bool:
        """Say that two persons are different people; whether that was new. Raises NotFound, Conflict."""
        if one == other:
            raise Conflict(_("a person is not different from itself"), errors=[FieldError("person2_id", _("expected another person"))])
        await self._require(viewer, [one, other])
        return await db_people.distinguish(self._db, one, other)

    async def options(self, viewer: Viewer, ids: Sequence[int] = ()) -> tuple[list[tuple[int, str | None, int]], bool]:
        """(id, name, number of photos) for the filters: those with enough photos, most photos first, and `ids` in any case.

        And whether the counts were known already.
        """
        cached = self._db.remembers(SEEN_BY, ("persons", viewer.root_ids))
        dropdowns = self._config.viewer.dropdowns
        rows = sorted((row for row in (await self._seen(viewer)).values()), key=lambda row: (-row.photo_count, row.id))
        usual = [row for row in rows if not row.hidden and row.photo_count >= dropdowns.min_photos_for_person][: dropdowns.max_persons]
        known = {row.id for row in usual}
        others = set(ids) - known
        return [(row.id, row.name, row.photo_count) for row in (*usual, *(row for row in rows if row.id in others))], cached

    async def face(self, viewer: Viewer, face: int) -> FacePlace:
        """Where a face is, for cutting it out. Raises NotFound."""
        found = (await db_faces.places(self._db, viewer, [face])).get(face)
        if found is None:
            raise _no_face()
        return found

    async def face_of_person(self, viewer: Viewer, person: int) -> FacePlace:
        """Where the face is that stands for a person. Raises NotFound."""
        face = await db_faces.representative(self._db, viewer, person)
        if face is None:
            raise _no_person()
        return await self.face(viewer, face)

    async def _seen(self, viewer: Viewer) -> dict[int, PersonRow]:
        async def read() -> dict[int, PersonRow]:
            return {row.id: row for row in await db_people.seen_persons(self._db, viewer)}

        return await self._db.per_change(SEEN_BY, ("persons", viewer.root_ids), read)

    def _change(self, viewer: Viewer, persons: Sequence[int]) -> Decision:
        return Decision(self._undoing, viewer, persons)

    async def _require(self, viewer: Viewer, persons: Sequence[int]) -> None:
        if len(await db_people.visible(self._db, viewer, persons)) < len(set(persons)):
            raise _no_person()

    async def _known(self, viewer: Viewer, persons: Sequence[int]) -> tuple[list[int], list[int]]:
        if not persons:
            raise InvalidInput(_("nobody is named"), errors=[FieldError("person_ids", _("expected at least one person"))])
        seen = await db_people.visible(self._db, viewer, persons)
        return sorted(seen), sorted(set(persons) - seen)

    async def _face_count(self, viewer: Viewer, person: int) -> int:
        row = (await self._seen(viewer)).get(person)
        return row.face_count if row else 0


def display_name(row: PersonRow) -> str:
    """The name, or what somebody without one is called."""
    return row.name or shown_name(row.id)


def _sorted(rows: list[PersonRow], sort: PersonSort) -> list[PersonRow]:
    """By what `sort` says, ties by id; persons without a name come after those with one in both directions."""
    what, _, way = sort.partition("_")
    if what == "name":
        named = sorted((row for row in rows if row.name), key=lambda row: (plain(row.name or ""), row.id), reverse=way == "desc")
        return named + [row for row in rows if not row.name]
    sign = -1 if way == "desc" else 1
    return sorted(rows, key=lambda row: (sign * (row.face_count if what == "count" else row.quality), row.id))


def clean_name(name: str) -> str | None:
    """The name with single spaces, None when nothing is left. Raises InvalidInput."""
    clean = " ".join(name.split())
    if len(clean) > LONGEST_NAME or any(unicodedata.category(sign) in ("Cc", "Cs") or sign in TURNING for sign in clean):
        limit = _("expected at most {limit} printable characters").format(limit=LONGEST_NAME)
        raise InvalidInput(_("the name does not fit"), errors=[FieldError("name", limit)])
    return clean or None


def _no_person() -> NotFound:
    return NotFound(_("there is no such person"))


def _no_face() -> NotFound:
    return NotFound(_("there is no such face"))
