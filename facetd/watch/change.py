"""What a watcher tells of."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Change:
    """What happened in one root since the last batch; absolute paths.

    `paths` are files that are new, changed or renamed into place, and complete. `folders` are to be rescanned with
    everything below; the root itself means that anything may have happened, also that it went away. `gone` are files or
    folders that were not there when looked at, with whatever was below them. A path may have changed again since: look.
    """

    key: Hashable
    root: str
    paths: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
