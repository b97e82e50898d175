"""What the photos of a zip file are called in it."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from facetd.library.filenames import LONGEST, portable_name, shortened, stem_and_end

ERRORS = "errors.txt"  # what could not be put in


def member_names(paths: Sequence[str]) -> list[str]:
    """A name for each of `paths` (`/<folder>/.../<name>`, as shown): its folders without those that all share, and its file name.

    Every name can be written to any disk, and no two are the same where letter case does not count: a number tells them apart, in
    the order of the paths, whatever order they are given in. None is ERRORS, or the folder of another.
    """
    folders = [[portable_name(part) for part in path.strip("/").split("/")[:-1]] for path in paths]
    shared = _shared(folders)
    parts = [[*folder[shared:], portable_name(path.rpartition("/")[2])] for folder, path in zip(folders, paths, strict=True)]
    taken = {_key("/".join(each[:depth])) for each in parts for depth in range(1, len(each))} | {_key(ERRORS)}
    counters: dict[str, int] = {}
    names = [""] * len(paths)
    for index in sorted(range(len(paths)), key=lambda index: (paths[index], index)):
        *folder, name = parts[index]
        names[index] = made = _unused("/".join(folder), name, taken, counters)
        taken.add(_key(made))
    return names


def _unused(folder: str, name: str, taken: set[str], counters: dict[str, int]) -> str:
    prefix = f"{folder}/" if folder else ""
    made, key = prefix + name, _key(prefix + name)
    stem, end = stem_and_end(name)
    while _key(made) in taken:
        counters[key] = counters.get(key, 1) + 1
        mark = f" ({counters[key]})"
        made = prefix + shortened(stem, LONGEST - len((mark + end).encode())).rstrip() + mark + end
    return made


def _key(name: str) -> str:
    """The same for names that some disk cannot tell apart."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _shared(folders: Sequence[list[str]]) -> int:
    """How many folders all begin with."""
    if not folders:
        return 0
    first, last = min(folders), max(folders)
    return next((depth for depth, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), min(len(first), len(last)))
