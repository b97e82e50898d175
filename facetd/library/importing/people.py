"""Persons with a name and their faces, brought over from Facet."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping, Set

from facetd.db import importedpeople
from facetd.db.connection import Database
from facetd.db.facetvalues import ForeignFace
from facetd.db.importedpeople import NamedPerson
from facetd.db.importing import KEPT, Writes
from facetd.errors import InvalidInput
from facetd.library.importing.faces import place_faces
from facetd.library.importing.harvest import Harvest
from facetd.library.importing.report import Report
from facetd.library.people import clean_name
from facetd.records.sightings import Box


async def place_people(db: Database, harvest: Harvest, report: Report) -> People:
    """Who has a name in Facet, and which faces here are theirs."""
    boxes = await db.read(lambda connection: importedpeople.boxes_of(connection, harvest.faces))
    looked = await db.read(importedpeople.looked_at)
    return await asyncio.to_thread(_place, harvest, boxes, looked, report)  # a daemon goes on answering meanwhile


async def bring_people(writes: Writes, people: People, report: Report) -> None:
    """Bring over persons with their faces. What came of it is in `report`."""
    tally, face_tally = report.tallies["persons"], report.tallies["faces"]
    for person in sorted(people.named.values(), key=lambda each: each.name.casefold()):
        if not person.faces and not person.drawn:
            tally.left += 1
            report.note("persons", person.name, "none of the faces is here")
            continue
        outcome = await importedpeople.save_person(writes, person, people.theirs, people.names)
        tally.add(Counter({outcome.person: 1}))
        face_tally.add(outcome.faces)
        if outcome.called:
            report.note("persons", person.name, f"is called {outcome.called} here")
        elif outcome.faces[KEPT]:
            report.note("persons", person.name, f"{outcome.faces[KEPT]} faces are somebody else's or nobody's here, as a user decided")


def _place(harvest: Harvest, boxes: Mapping[int, Mapping[int, Box]], looked: Set[int], report: Report) -> People:
    """Find out whose each face is."""
    people = People(harvest, report)
    for photo, (faces, sizes) in harvest.faces.items():
        usable = [face for face in faces if face.corners[0] < face.corners[2] and face.corners[1] < face.corners[3]]
        placed = place_faces(usable, sizes, boxes.get(photo, {}))
        people.unplaced(faces if placed is None else [face for face in faces if face not in usable])
        # A photo that models will look at shows its faces then; where none ever looked, the boxes of Facet are all there is.
        people.take(photo, usable, *(placed or ([], [])), drawing=not looked or photo in looked)
    people.close()
    return people


class People:
    """Whose each face is: persons of one name are one. `theirs` has the name, or None, of each face here that Facet knows."""

    def __init__(self, harvest: Harvest, report: Report) -> None:
        self.named: dict[str, NamedPerson] = {}
        self.theirs: dict[int, str | None] = {}
        self._report = report
        self._by_id: dict[int, NamedPerson] = {}
        self._avatars: dict[int, NamedPerson] = {}
        self._waiting = 0
        self._unplaced = 0
        for person in harvest.persons.values():
            try:
                name = clean_name(person.name)
            except InvalidInput as error:
                report.tallies["persons"].left += 1
                report.note("persons", person.name[:80], f"{error.message}: {error.errors[0].message}")
                continue
            if name is not None:
                mine = self.named.setdefault(name.casefold(), NamedPerson(name))
                mine.hidden = mine.hidden or person.hidden
                self._by_id[person.id] = mine
                if person.avatar is not None:
                    self._avatars[person.avatar] = mine

    @property
    def names(self) -> Mapping[str, NamedPerson]:
        """The names of everybody."""
        return self.named

    def take(self, photo: int, faces: list[ForeignFace], boxes: list[Box], matched: list[int | None], *, drawing: bool) -> None:
        """The faces of one photo, with their boxes and the faces here that they are."""
        for face, box, number in zip(faces, boxes, matched, strict=False):
            person = self._by_id.get(face.person) if face.person is not None else None
            if number is not None:
                self.theirs[number] = person.name if person is not None else None
            if person is None:
                continue
            if number is not None:
                person.faces.add(number)
                if self._avatars.get(face.id) is person:
                    person.avatar = number
            elif drawing:
                person.drawn.append((photo, box))
            else:
                self._waiting += 1

    def unplaced(self, faces: list[ForeignFace]) -> None:
        """Faces whose boxes fit into no picture."""
        self._unplaced += sum(face.person in self._by_id for face in faces)

    def close(self) -> None:
        """Say what cannot be brought over."""
        self._report.tallies["faces"].left += self._waiting + self._unplaced
        if self._waiting:
            waiting = f"{self._waiting} are in photos that were not looked at for faces yet: import again after the scan"
            self._report.note("faces", "waiting", waiting)
        if self._unplaced:
            self._report.note("faces", "boxes", f"the boxes of {self._unplaced} lie outside their pictures")
