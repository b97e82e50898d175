"""Parts of the library that are scanned: whole roots, folders, or some files of a folder."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from facetd.db import roots as db_roots
from facetd.errors import InvalidInput
from facetd.i18n import _
from facetd.media.formats import is_photo_name
from facetd.records.files import Root
from facetd.watch.change import Change


@dataclass(frozen=True, slots=True)
class Part:
    """What to scan of a root: a folder with all below it, or some files of one folder.

    `files` are names of files, `stems` names without suffix (what a sidecar `stem.xmp` may belong to).
    """

    root: Root
    folder: str = ""
    files: frozenset[str] = frozenset()
    stems: frozenset[str] = frozenset()

    @property
    def single(self) -> bool:
        """Whether this is about some files only."""
        return bool(self.files or self.stems)

    @property
    def whole(self) -> bool:
        """Whether this is the whole root."""
        return not self.folder and not self.single

    def picks(self, filename: str) -> bool:
        """Whether a file of the folder is meant."""
        return filename in self.files or (bool(self.stems) and os.path.splitext(filename)[0] in self.stems)


def parts_of_directories(roots: Sequence[Root], directories: Sequence[str]) -> list[Part]:
    """The parts that these absolute directories are; all roots when there are none. A root that lies in a directory is one too.

    Raises InvalidInput for a directory outside every root.
    """
    if not directories:
        return [Part(root) for root in roots]
    parts = []
    for directory in directories:
        root = db_roots.owner(roots, directory)
        if root is None:
            raise InvalidInput(
                _("{directory}: not inside a photo root").format(directory=directory),
                hint=_("Add it with `facetd scan DIR` or `facetd serve --photos DIR`."),
            )
        parts.append(Part(root, inside(root, directory)))
        parts += [Part(inner) for inner in roots if inner.id != root.id and inner.path.startswith(directory.rstrip("/") + "/")]
    return parts


def parts_of_change(root: Root, change: Change, gone_folders: Collection[str]) -> list[Part]:
    """What to look at for a batch of changes: whole folders, and single files with the photos that a sidecar belongs to."""
    folders = {inside(root, path) for path in change.folders} | set(gone_folders)
    files: dict[str, set[str]] = {}
    stems: dict[str, set[str]] = {}
    for path in (*change.paths, *change.gone):
        folder, _, name = inside(root, path).rpartition("/")
        if is_photo_name(name):
            files.setdefault(folder, set()).add(name)
        elif name.lower().endswith(".xmp"):
            stem = name[: -len(".xmp")]
            files.setdefault(folder, set()).add(stem)
            stems.setdefault(folder, set()).add(stem)
    outer = [
        folder for folder in folders if not any(other != folder and (not other or folder.startswith(f"{other}/")) for other in folders)
    ]
    single = [Part(root, folder, frozenset(names), frozenset(stems.get(folder, ()))) for folder, names in sorted(files.items())]
    return single + [Part(root, folder) for folder in sorted(outer)]


def inside(root: Root, path: str) -> str:
    """`path`, which lies in `root`, relative to it; '' for the root itself."""
    return path[len(root.path.rstrip("/")) + 1 :] if path != root.path else ""
