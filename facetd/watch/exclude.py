"""Which names are left out of scanning and watching."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable

from facetd.config.model import DEFAULT_EXCLUDES

_FOLD = frozenset(pattern.removesuffix("/") for pattern in DEFAULT_EXCLUDES)  # systems choose these, in any case (`$Recycle.Bin`)


class _PathGlob:
    """One pattern with `/`, matched component by component; `**` stands for any number of folders, none included."""

    def __init__(self, glob: str) -> None:
        self._parts = [None if part == "**" else re.compile(fnmatch.translate(part)) for part in glob.split("/") if part]

    def matches(self, parts: list[str]) -> bool:
        return self._match(0, parts, 0)

    def _match(self, at: int, parts: list[str], start: int) -> bool:
        if at == len(self._parts):
            return start == len(parts)
        regex = self._parts[at]
        if regex is None:
            return any(self._match(at + 1, parts, i) for i in range(start, len(parts) + 1))
        return start < len(parts) and regex.match(parts[start]) is not None and self._match(at + 1, parts, start + 1)


def _union(globs: list[str]) -> re.Pattern[str] | None:
    regexes = [f"(?i:{fnmatch.translate(glob)})" if glob in _FOLD else fnmatch.translate(glob) for glob in globs]
    return re.compile("|".join(regexes)) if regexes else None


class Excludes:
    """Glob patterns for what is not looked at.

    A pattern without `/` is matched against the name of every folder and file on the way; one with `/` against the path
    relative to the root, where `**` crosses folders. A `/` at the end restricts a pattern to folders. Names that operating
    systems choose themselves (the built-in patterns) match in any case, everything else exactly.
    """

    def __init__(self, patterns: Iterable[str] = DEFAULT_EXCLUDES) -> None:
        self.patterns = tuple(pattern for pattern in patterns if pattern.strip("/"))
        bodies = [pattern.removesuffix("/") for pattern in self.patterns]
        anywhere = [body for body, pattern in zip(bodies, self.patterns, strict=True) if body == pattern]
        self._dir_names = _union([body for body in bodies if "/" not in body])
        self._file_names = _union([body for body in anywhere if "/" not in body])
        self._dir_paths = [_PathGlob(body) for body in bodies if "/" in body]
        self._file_paths = [_PathGlob(body) for body in anywhere if "/" in body]

    def excluded_dir(self, name: str, rel: str) -> bool:
        """Whether the folder `name` at `rel` (relative to the root, `/` between components) is pruned with all below it."""
        return _excluded(self._dir_names, self._dir_paths, name, rel)

    def excluded_file(self, name: str, rel: str) -> bool:
        """Whether the file `name` at `rel` is left out. Its folders are not looked at: the walk has pruned them before."""
        return _excluded(self._file_names, self._file_paths, name, rel)

    def excluded_path(self, rel: str, *, is_dir: bool = False) -> bool:
        """Whether `rel` or any folder on the way to it is excluded; for a path that did not come from a pruned walk."""
        parts = [part for part in rel.split("/") if part not in ("", ".")]
        folders = len(parts) if is_dir else len(parts) - 1
        if any(self.excluded_dir(parts[i], "/".join(parts[: i + 1])) for i in range(folders)):
            return True
        return bool(parts) and not is_dir and self.excluded_file(parts[-1], "/".join(parts))


def _excluded(names: re.Pattern[str] | None, paths: list[_PathGlob], name: str, rel: str) -> bool:
    if names is not None and names.match(name):
        return True
    return bool(paths) and any(glob.matches(rel.split("/")) for glob in paths)
