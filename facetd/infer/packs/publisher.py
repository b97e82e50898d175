"""What publishers say about the files of a pack: the commit that a revision is now, sizes and hashes.

Hugging Face tells the SHA-256 of large files, and the hash that Git has of small ones; GitHub tells the latter. A mirror (FACETD_PACKS_URL)
speaks Hugging Face's addresses for all of them.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.packs.http import Http, Transient, offline_hint
from facetd.infer.packs.index import Source, WantedFile

HUGGING_FACE = "https://huggingface.co"
GITHUB_API = "https://api.github.com"
GITHUB_FILES = "https://raw.githubusercontent.com"
Said = Mapping[str, tuple[int, str]]  # size and hash of each file by its path
SHA1 = re.compile("^[0-9a-f]{40}$")
SHA256 = re.compile("^[0-9a-f]{64}$")


@dataclass(frozen=True, slots=True)
class Promise:
    """A file as it has to be: `sha256` of its bytes, or `git_sha1`, the hash that Git has of it; `url` is where it is."""

    path: str
    url: str
    size: int
    sha256: str = ""
    git_sha1: str = ""

    @property
    def identity(self) -> str:
        """The hash that tells it from other content."""
        return self.sha256 or self.git_sha1


@dataclass(frozen=True, slots=True)
class Edition:
    """The files of a source at one commit; `page` is where people can look at it."""

    commit: str
    page: str
    files: tuple[Promise, ...]


async def edition_of(source: Source, http: Http) -> Edition:
    """What the publisher has now of the source's revision; asks only for what is not known beforehand. Raises Unavailable, NotFound."""
    if all(file.size and file.sha256 for file in source.files):
        known: Said = {}
        commit, said = source.revision, known
    elif http.mirror or source.host == "huggingface":
        commit, said = await _ask_hugging_face(source, http)
    else:
        commit, said = await _ask_github(source, http)
    return Edition(commit, _page(source, commit), tuple(_promise(source, file, commit, said, http) for file in source.files))


def _promise(source: Source, file: WantedFile, commit: str, said: Said, http: Http) -> Promise:
    size, identity = said.get(file.path, (0, ""))
    if said and file.path not in said:
        raise Unavailable(
            _("{repository} has no file {path} at {commit}").format(repository=source.repository, path=file.path, commit=commit[:12]),
            hint=_("The publisher changed the layout; a newer facetd may know it."),
        )
    sha256 = file.sha256 or (identity if SHA256.match(identity) else "")
    git_sha1 = identity if not sha256 and SHA1.match(identity) else ""
    if not (sha256 or git_sha1):
        raise Unavailable(_("{repository}: the publisher tells no hash of {path}").format(repository=source.repository, path=file.path))
    if not (file.size or size):
        raise Unavailable(_("{repository}: the publisher tells no size of {path}").format(repository=source.repository, path=file.path))
    return Promise(source.inside(file.path), _address(source, file.path, commit, http), file.size or size, sha256, git_sha1)


def _address(source: Source, path: str, commit: str, http: Http) -> str:
    if http.mirror or source.host == "huggingface":
        return f"{http.mirror or HUGGING_FACE}/{source.repository}/resolve/{quote(commit)}/{quote(path)}"
    if source.host == "github":
        return f"{GITHUB_FILES}/{source.repository}/{quote(commit)}/{quote(path)}"
    return f"{source.url}/{quote(path)}"


def _page(source: Source, commit: str) -> str:
    if source.host == "plain":
        return source.url
    site = HUGGING_FACE if source.host == "huggingface" else "https://github.com"
    return f"{site}/{source.repository}/tree/{commit}"


async def _ask_hugging_face(source: Source, http: Http) -> tuple[str, Said]:
    """The commit, and size and hash of each file by its path."""
    base = f"{http.mirror or HUGGING_FACE}/api/models/{source.repository}"
    answer = await _patiently(http, f"{base}/revision/{quote(source.revision, safe='')}")
    commit = _text(answer, "sha", base)
    tree = await _patiently(http, f"{base}/tree/{quote(commit)}?recursive=true")
    if not isinstance(tree, list):
        raise Unavailable(_("{url}: expected a list of files").format(url=base))
    said: dict[str, tuple[int, str]] = {}
    for entry in tree:
        if isinstance(entry, dict) and entry.get("type") == "file":
            large = entry.get("lfs")
            best = {**entry, **large} if isinstance(large, dict) else entry
            said[str(entry.get("path"))] = (_size(best), str(best.get("oid") or ""))
    return commit, said


async def _ask_github(source: Source, http: Http) -> tuple[str, Said]:
    base = f"{GITHUB_API}/repos/{source.repository}"
    commit = _text(await _patiently(http, f"{base}/commits/{quote(source.revision, safe='')}"), "sha", base)
    said: dict[str, tuple[int, str]] = {}
    for file in source.files:
        answer = await _patiently(http, f"{base}/contents/{quote(file.path)}?ref={quote(commit)}")
        sha = _text(answer, "sha", base)
        said[file.path] = (_size(answer), sha)
    return commit, said


def _size(answer: Mapping[str, Any]) -> int:
    """In bytes; 0 where it is not told."""
    size = answer.get("size")
    return size if isinstance(size, int) and size > 0 else 0


def _text(answer: Any, key: str, url: str) -> str:
    value = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(value, str) or not re.match(r"^[\w.-]+$", value):
        raise Unavailable(_("{url}: the answer has no {key}").format(url=url, key=key))
    return value


async def _patiently(http: Http, url: str) -> Any:
    """The JSON at `url`, after some tries. Raises Unavailable with a hint for those who are offline."""
    for failures in range(1, http.patience.tries + 1):
        try:
            return await http.json(url)
        except Transient as error:
            if failures == http.patience.tries:
                raise Unavailable(str(error), hint=offline_hint()) from error
            await asyncio.sleep(http.patience.pause(failures, error.after_s))
    raise AssertionError
