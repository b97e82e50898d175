"""What an import did: how much of each kind came, was there, stays as a user decided here, or has no photo here, and which."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from facetd.db.importing import BROUGHT, KEPT, SAME


@dataclass(slots=True)
class Tally:
    """Of one kind of thing: `brought` now, the `same` already, `kept` as a user decided here, `left` out (no photo, or no use)."""

    brought: int = 0
    same: int = 0
    kept: int = 0
    left: int = 0

    def add(self, counts: Mapping[str, int]) -> None:
        """Count what db.importing did."""
        self.brought += counts.get(BROUGHT, 0)
        self.same += counts.get(SAME, 0)
        self.kept += counts.get(KEPT, 0)


@dataclass(frozen=True, slots=True)
class Left:
    """A photo of Facet that is none of ours: its path there, where that would be here, and why."""

    path: str
    place: str
    reason: str


@dataclass(frozen=True, slots=True)
class Note:
    """Something that was not taken over as it was: what kind of thing, which one, and why."""

    kind: str
    name: str
    reason: str


KINDS = ("ratings", "captions", "translations", "tags", "persons", "faces", "albums", "comparisons", "snapshots", "users", "weights")


@dataclass(slots=True)
class Report:
    """The whole import. `matched` photos, `moved` of them found by their content; `left` are the others."""

    dry_run: bool
    photos: int = 0
    matched: int = 0
    moved: int = 0
    left: list[Left] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=lambda: {kind: Tally() for kind in KINDS})
    notes: list[Note] = field(default_factory=list)

    @property
    def changes(self) -> int:
        """How much came; 0 when an import is done again."""
        return sum(tally.brought for tally in self.tallies.values())

    def note(self, kind: str, name: str, reason: str) -> None:
        """Remember something that was not taken over as it was."""
        self.notes.append(Note(kind, name, reason))

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return {
            "dry_run": self.dry_run,
            "changes": self.changes,
            "photos": {
                "total": self.photos,
                "matched": self.matched,
                "moved": self.moved,
                "left": dict(sorted(Counter(each.reason for each in self.left).items())),
            },
            **{kind: asdict(tally) for kind, tally in self.tallies.items()},
            "left": [asdict(each) for each in self.left],
            "notes": [asdict(note) for note in self.notes],
        }

    @classmethod
    def from_dict(cls, raw: Mapping[str, Any]) -> Report:
        """What `as_dict` made."""
        return cls(
            raw["dry_run"],
            raw["photos"]["total"],
            raw["photos"]["matched"],
            raw["photos"]["moved"],
            [Left(**each) for each in raw["left"]],
            {kind: Tally(**raw[kind]) for kind in KINDS},
            [Note(**each) for each in raw["notes"]],
        )
