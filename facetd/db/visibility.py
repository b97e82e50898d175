"""VISIBILITY: which photos a viewer may see, as SQL. The only place that turns a Viewer into a condition."""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntFlag
from operator import and_

from facetd.records.viewer import Viewer

HOUSEHOLD = "household"  # an album that everybody of the library may open


class Hide(IntFlag):
    """Why a photo is left out of a view; the bits of `gate.hide`."""

    BLINK = 1
    BURST = 2  # not the lead of its burst
    DUPLICATE = 4  # not the lead of its set
    MISSING = 8  # the file is gone
    COMPANION = 16  # the RAW of a RAW+JPEG pair
    UNREADABLE = 32  # the file could not be decoded


NEVER_LISTED = Hide.MISSING | Hide.UNREADABLE


def id_list(ids: Iterable[int]) -> str:
    """Integers for an IN list; an empty one matches nothing."""
    return ",".join(str(int(number)) for number in sorted(ids)) or "NULL"


def gate_join(viewer: Viewer, hide: Hide) -> str:
    """The join that limits `photo p` to what `viewer` may see and does not hide.

    `CROSS JOIN` keeps SQLite on the order that the caller chose (photos first, then their gate).
    """
    return f"CROSS JOIN gate g ON g.photo_id = p.id AND {gate_condition(viewer, hide)}"


def gate_condition(viewer: Viewer, hide: Hide) -> str:
    """The same limit as a condition on `gate g`."""
    return f"g.root_id IN ({id_list(viewer.root_ids)}) AND (g.hide & {int(hide)}) = 0"


def admitted(viewer: Viewer, hide: Hide, roots: Iterable[int], bits: bytes) -> Iterable[bool]:
    """What `gate_condition` says, for many photos that were read before, by their roots and their bits."""
    shown = bits.translate(bytes(not number & hide for number in range(256)))
    return map(and_, map(viewer.root_ids.__contains__, roots), shown)


def count_condition(viewer: Viewer, hide: Hide) -> str:
    """The same limit as a condition on `gate_count`."""
    return f"root_id IN ({id_list(viewer.root_ids)}) AND (hide & {int(hide)}) = 0"


def album_condition(viewer: Viewer) -> str:
    """The albums that `viewer` may open, as a condition on `album al`. What is in them is limited by the gate besides."""
    return f"(al.user_id = {int(viewer.user_id)} OR al.visibility = '{HOUSEHOLD}')"
