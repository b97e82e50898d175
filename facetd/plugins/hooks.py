"""The hooks that a plugin may implement. All of them tell of something that has happened; what they return is not used.

They are called in a thread of their own, one after the other, some seconds after the fact: a plugin that is slow or fails delays other
plugins and nothing else.
"""

from __future__ import annotations

from dataclasses import dataclass

import pluggy

PROJECT = "facetd"
hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@dataclass(frozen=True, slots=True)
class Photo:
    """A photo as plugins and webhooks are told of it. `path` is `/<root>/<folder>/<name>`, `aggregate` its score 0..10, `date_taken` ISO
    8601 local wall time, with its offset where that is known.
    """

    id: int
    path: str
    filename: str
    aggregate: float | None
    category: str | None
    date_taken: str | None


@dataclass(frozen=True, slots=True)
class ScanSummary:
    """How a scan ended: photos that came, changed, moved, vanished, could not be read. `error` tells what ended it early."""

    added: int
    changed: int
    moved: int
    missing: int
    failed: int
    cancelled: bool
    error: str | None
    elapsed_s: float


class Hooks:
    """Every hook there is."""

    @hookspec
    def photo_added(self, photo: Photo) -> None:
        """A photo came into the library: its metadata and pixels have been read."""

    @hookspec
    def photo_scored(self, photo: Photo) -> None:
        """A photo was scored because it is new, its file changed, or models have looked at it. New weights alone do not call this."""

    @hookspec
    def scan_finished(self, summary: ScanSummary) -> None:
        """A whole scan is over."""


EVENTS = ("photo_added", "photo_scored", "scan_finished")
