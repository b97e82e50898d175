"""What is in a folder: photo candidates with their sidecars, and the folders to go on with."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from facetd.media.formats import is_photo_name, is_video_name
from facetd.media.sidecars import PICASA_NAMES, find_sidecars
from facetd.watch.exclude import Excludes

STAMP_BYTES = 6


@dataclass(frozen=True, slots=True)
class FoundFile:
    """A photo candidate. `sidecars` are full paths; `sidecar_stamp` changes when one of them does ('' without any)."""

    filename: str
    size: int
    mtime_ns: int
    sidecars: tuple[str, ...]
    sidecar_stamp: str


@dataclass(slots=True)
class Listing:
    """One folder, `path` relative to the root. `videos` counts files that are not indexed. `places` are the folders where sidecars of its
    photos may be, with the names there.
    """

    path: str
    files: list[FoundFile] = field(default_factory=list)
    folders: list[str] = field(default_factory=list)
    videos: int = 0
    error: str | None = None
    gone: bool = False
    places: tuple[tuple[str, frozenset[str]], ...] = ()

    def sidecars_of(self, name: str) -> list[str]:
        """The sidecars of a photo, the most specific first."""
        return [path for folder, names in self.places for path in find_sidecars(os.path.join(folder, name), names)]


@dataclass(frozen=True, slots=True)
class Territory:
    """One root as a walk sees it: what is excluded, which folders belong to nobody or another root, where links may lead, and where
    sidecars are besides those beside the photos: in a tree of folders of the same names ('' for none).
    """

    root: str
    excludes: Excludes
    foreign: frozenset[str] = frozenset()
    link_targets: tuple[str, ...] = ()
    sidecar_tree: str = ""

    def list_folder(self, path: str) -> Listing:
        """Look into one folder, given relative to the root. An unreadable folder has `error` and is not taken for empty."""
        listing = Listing(path)
        here = os.path.join(self.root, path) if path else self.root
        photos: list[tuple[str, os.stat_result]] = []
        others: dict[str, str] = {}
        try:
            with os.scandir(here) as entries:
                for entry in entries:
                    self._look_at(entry, listing, photos, others)
        except (FileNotFoundError, NotADirectoryError):
            listing.gone = True
            return listing
        except OSError as error:
            listing.error = error.strerror or str(error)
            return listing
        listing.places = ((here, frozenset(others)),)
        if self.sidecar_tree:
            there = os.path.join(self.sidecar_tree, path) if path else self.sidecar_tree
            listing.places = ((there, names_in(there)), *listing.places)
        stems = Counter(os.path.splitext(name)[0] for name, _ in photos)
        for name, facts in photos:
            sidecars = listing.sidecars_of(name)
            seen = sizes_and_times(sidecars)
            ordered = in_reading_order(sidecars, seen, alone=stems[os.path.splitext(name)[0]] == 1)
            listing.files.append(FoundFile(name, facts.st_size, facts.st_mtime_ns, ordered, sidecar_stamp(sidecars, seen)))
        return listing

    def _look_at(self, entry: os.DirEntry[str], listing: Listing, photos: list[tuple[str, os.stat_result]], others: dict[str, str]) -> None:
        relative = f"{listing.path}/{entry.name}" if listing.path else entry.name
        try:
            if entry.is_symlink() and not self._link_is_welcome(entry):
                return
            if entry.is_dir():
                if not self.excludes.excluded_dir(entry.name, relative) and entry.path not in self.foreign:
                    listing.folders.append(relative)
                return
            if self.excludes.excluded_file(entry.name, relative) and entry.name not in PICASA_NAMES:
                return
            if is_photo_name(entry.name):
                facts = entry.stat()
                if stat.S_ISREG(facts.st_mode):
                    photos.append((entry.name, facts))
            elif is_video_name(entry.name):
                listing.videos += 1
            else:
                others[entry.name] = entry.path
        except FileNotFoundError:
            return

    def _link_is_welcome(self, entry: os.DirEntry[str]) -> bool:
        """Links are followed only when switched on, into a root, and never to a folder that holds the link itself."""
        if not self.link_targets:
            return False
        target = os.path.realpath(entry.path)
        if entry.is_dir() and (os.path.dirname(os.path.realpath(os.path.dirname(entry.path))) + "/").startswith(target + "/"):
            return False
        return any(target == allowed or target.startswith(allowed.rstrip("/") + "/") for allowed in self.link_targets)

    def walk(self, start: str, seen: Callable[[str], bool]) -> Iterator[Listing]:
        """Every folder at and below `start`, parents first. `seen` tells (and notes) whether a folder was visited before."""
        pending = [start]
        while pending:
            path = pending.pop()
            if seen(os.path.realpath(os.path.join(self.root, path))):
                continue
            listing = self.list_folder(path)
            pending.extend(sorted(listing.folders, reverse=True))
            yield listing


def names_in(folder: str) -> frozenset[str]:
    """The names in a folder; none where it cannot be read."""
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def sizes_and_times(paths: Sequence[str]) -> dict[str, tuple[int, int]]:
    """Size and time (ns) of each of these files that is there."""
    found = {}
    for path in paths:
        with contextlib.suppress(OSError):
            facts = os.stat(path)
            found[path] = (facts.st_size, facts.st_mtime_ns)
    return found


def sidecar_stamp(paths: Sequence[str], seen: Mapping[str, tuple[int, int]]) -> str:
    """Short text that changes when a sidecar appears, goes or is written; '' without any."""
    if not paths:
        return ""
    digest = hashlib.blake2b(digest_size=STAMP_BYTES)
    for path in paths:
        if path in seen:
            size, mtime_ns = seen[path]
            digest.update(os.fsencode(os.path.basename(path)) + f"\0{size}\0{mtime_ns}\0".encode())
    return digest.hexdigest()


def in_reading_order(paths: Sequence[str], seen: Mapping[str, tuple[int, int]], *, alone: bool) -> tuple[str, ...]:
    """Sidecars in the order in which their values count: the newest first when no other photo has the same stem (`alone`), else as they
    come, the most specific first. Picasa's files come last.
    """
    if not alone or len(paths) < 2:
        return tuple(paths)
    return tuple(sorted(paths, key=lambda path: (path.endswith(PICASA_NAMES), -seen.get(path, (0, 0))[1])))
