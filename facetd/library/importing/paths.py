"""Paths of another program on this machine: rules that give folders another place, how Windows writes paths, what is on the disk."""

from __future__ import annotations

import ntpath
import os
import posixpath
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from facetd.errors import FieldError, InvalidInput
from facetd.i18n import _

OF_WINDOWS = re.compile(r"[A-Za-z]:[\\/]|\\\\[^\\]")


@dataclass(frozen=True, slots=True)
class PathRules:
    """Folders (from, to), the first that fits counts; each compared at whole names, those of Windows without regard to case."""

    rules: tuple[tuple[str, str], ...] = ()

    @classmethod
    def parse(cls, given: Sequence[str], configured: Mapping[str, str]) -> PathRules:
        """Those of the command line (`FROM=TO`), then those of `viewer.path_mapping`. Raises InvalidInput."""
        rules = [_parsed(each) for each in given]
        return cls((*rules, *((old, new) for old, new in configured.items() if old)))

    def place(self, path: str) -> str:
        """Where a stored path is on this machine."""
        plain = slashed(path)
        for old, new in self.rules:
            start = slashed(old).rstrip("/")
            ignoring_case = is_of_windows(old)
            begin = plain[: len(start)]
            fits = begin.casefold() == start.casefold() if ignoring_case else begin == start
            if fits and (len(plain) == len(start) or plain[len(start)] == "/"):
                return posixpath.normpath(new.rstrip("/") + plain[len(start) :]) if new.rstrip("/") else plain[len(start) :]
        return posixpath.normpath(plain) if plain.startswith("/") else plain


def is_of_windows(path: str) -> bool:
    """Whether a path begins with a drive or a share of Windows."""
    return OF_WINDOWS.match(path) is not None


def slashed(path: str) -> str:
    """The path with slashes; on Linux a backslash is part of a name, and stays."""
    return path.replace("\\", "/") if is_of_windows(path) else path


def file_name(path: str) -> str:
    """The last name of a path."""
    return ntpath.basename(path) if is_of_windows(path) else posixpath.basename(path)


def composed(path: str) -> str:
    """The path with accents as one character: macOS takes letters apart."""
    return unicodedata.normalize("NFC", path)


def real_paths(paths: Iterable[str]) -> dict[str, str]:
    """Each path with the links among its folders followed. Looks at the disk, once for each folder."""
    folders: dict[str, str] = {}
    found = {}
    for path in paths:
        folder, name = posixpath.split(path)
        if folder not in folders:
            folders[folder] = os.path.realpath(folder)
        found[path] = posixpath.join(folders[folder], name)
    return found


def on_disk(paths: Iterable[str]) -> set[str]:
    """Those of `paths` that are files here. Looks at the disk, once for each folder."""
    names: dict[str, set[str]] = {}
    found = set()
    for path in paths:
        folder, name = posixpath.split(path)
        if folder not in names:
            try:
                names[folder] = set(os.listdir(folder)) if folder.startswith("/") else set()
            except (OSError, ValueError):
                names[folder] = set()
        if name in names[folder]:
            found.add(path)
    return found


def common_end(one: str, other: str) -> int:
    """How many names two paths have in common, from their ends."""
    pairs = zip(reversed(composed(slashed(one)).split("/")), reversed(composed(slashed(other)).split("/")), strict=False)
    for count, (left, right) in enumerate(pairs):
        if left.casefold() != right.casefold():
            return count
    return min(one.count("/"), other.count("/")) + 1


def _parsed(rule: str) -> tuple[str, str]:
    """`FROM=TO`; TO is absolute, so that a `=` in FROM is told from the one between the two."""
    for match in re.finditer("=", rule):
        old, new = rule[: match.start()], rule[match.end() :]
        if old and new.startswith("/"):
            return old, new
    raise InvalidInput(
        _("'{rule}' is no rule for paths").format(rule=rule),
        errors=[FieldError("--map", _("expected FROM=TO with the folder as Facet has it and the absolute one here"))],
    )
