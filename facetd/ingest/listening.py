"""Who wants to know what the pipeline does: plugins and webhooks, in a daemon that has some."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol


class Listener(Protocol):
    """Told at once and in passing: what it does with it must not take time, and must not fail."""

    def photos_added(self, ids: Collection[int]) -> None:
        """These photos are new in the library."""

    def photos_scored(self, ids: Collection[int]) -> None:
        """These photos were judged: they are new, their files changed, or models looked at them."""

    def scan_finished(self, summary: Mapping[str, object]) -> None:
        """A whole scan is over; its progress."""


class Nobody:
    """Does not want to know."""

    def photos_added(self, ids: Collection[int]) -> None:
        """Never mind."""

    def photos_scored(self, ids: Collection[int]) -> None:
        """Never mind."""

    def scan_finished(self, summary: Mapping[str, object]) -> None:
        """Never mind."""
