"""Fetching one file: resumed where it was cut, hashed while it comes, thrown away when it is not what was promised."""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import BinaryIO

from aiohttp import ClientError, ClientResponse

from facetd.errors import FacetdError, Unavailable
from facetd.i18n import _
from facetd.infer.packs.http import Http, Transient, offline_hint
from facetd.infer.packs.publisher import Promise

CHUNK = 1024 * 1024
FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
PART, NOTE = ".part", ".part.json"


class Mismatch(FacetdError):
    """A file is not what its publisher says it is."""

    title = _("The file is not what it should be")


class DiskFull(FacetdError):
    """There is no room for the pack."""

    title = _("The disk is full")


class Digest:
    """The SHA-256 of some bytes, and where the promise asks for that the hash that Git has of such a file."""

    def __init__(self, promise: Promise) -> None:
        self.count = 0
        self._sha256 = hashlib.sha256()
        self._git = hashlib.sha1(b"blob %d\0" % promise.size, usedforsecurity=False) if promise.git_sha1 else None

    def add(self, chunk: bytes) -> None:
        """Take more bytes."""
        self.count += len(chunk)
        self._sha256.update(chunk)
        if self._git is not None:
            self._git.update(chunk)

    @property
    def sha256(self) -> str:
        """Of what was taken."""
        return self._sha256.hexdigest()

    def check(self, promise: Promise) -> None:
        """Raises Mismatch that tells the file, what was expected and what came."""
        if promise.size and self.count != promise.size:
            raise Mismatch(
                _("{path}: expected {expected} bytes, got {got}").format(path=promise.path, expected=promise.size, got=self.count)
            )
        got = self._sha256.hexdigest() if self._git is None else self._git.hexdigest()
        if promise.identity and got != promise.identity:
            raise Mismatch(
                _("{path}: expected the hash {expected}, got {got}").format(path=promise.path, expected=promise.identity, got=got),
                hint=_("The file was thrown away. Try again; when that does not help, the publisher or something on the way changed it."),
            )


@dataclass(frozen=True, slots=True)
class Note:
    """What is known of a part: which content it belongs to, and the server's name for that."""

    identity: str
    etag: str

    @classmethod
    def read(cls, path: Path) -> Note | None:
        """None where there is nothing usable."""
        try:
            raw = json.loads(path.read_text(encoding="utf-8"))
            return cls(str(raw["identity"]), str(raw["etag"]))
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def write(self, path: Path) -> None:
        """Keep it; whoever is killed meanwhile leaves the one before."""
        new = path.with_name(f"{path.name}.new")
        new.write_text(json.dumps({"identity": self.identity, "etag": self.etag}), encoding="utf-8")
        new.replace(path)


def digest_of(path: Path, promise: Promise) -> Digest:
    """Of a whole file; blocks."""
    digest = Digest(promise)
    with path.open("rb") as stream:
        while chunk := stream.read(CHUNK):
            digest.add(chunk)
    return digest


async def download(http: Http, promise: Promise, target: Path, told: Callable[[int], None]) -> str:
    """Put the promised file at `target`, and return its SHA-256; `told` hears how many bytes are there of it.

    What is there of an earlier try is used. Raises Mismatch, DiskFull, Unavailable, NotFound; a part stays for the next try.
    """
    there = await asyncio.to_thread(_whole, target, promise)
    if there is not None:
        told(there.count)
        return there.sha256
    part = target.with_name(target.name + PART)
    failures = 0
    while True:
        before = _size(part)
        try:
            digest = await _continue(http, promise, part, told)
        except Transient as error:
            failures = 1 if _size(part) > before else failures + 1
            if failures >= http.patience.tries:
                hint = _("What has come so far is kept: the same command goes on from there.") + "\n" + offline_hint()
                raise Unavailable(f"{promise.path}: {error}", hint=hint) from error
            await asyncio.sleep(http.patience.pause(failures, error.after_s))
            continue
        except OSError as error:
            raise _explained(error, promise) from error
        try:
            digest.check(promise)
        except Mismatch:
            _forget(part)
            raise
        part.rename(target)
        _forget(part)
        return digest.sha256


def _whole(target: Path, promise: Promise) -> Digest | None:
    """Of a file that an earlier try brought; None when there is none, or another one. Makes its folder."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        return None
    digest = digest_of(target, promise)
    try:
        digest.check(promise)
    except Mismatch:
        target.unlink()
        return None
    return digest


def _explained(error: OSError, promise: Promise) -> Exception:
    if error.errno not in FULL:
        return error
    return DiskFull(
        _("{path}: the disk is full ({why})").format(path=promise.path, why=error.strerror),
        hint=_("Make room and repeat the command: it goes on where it was. `facetd models remove ID` throws away what has come so far."),
    )


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except OSError:
        return 0


def _note_path(part: Path) -> Path:
    return part.with_name(part.name.removesuffix(PART) + NOTE)


def _forget(part: Path) -> None:
    for path in (part, _note_path(part)):
        path.unlink(missing_ok=True)


async def _continue(http: Http, promise: Promise, part: Path, told: Callable[[int], None]) -> Digest:
    """One connection: go on with `part`, or begin it. Raises Transient, OSError."""
    note, digest = await asyncio.to_thread(_begun, part, promise)
    if promise.size and digest.count == promise.size:
        told(digest.count)
        return digest
    headers = {}
    if digest.count:
        headers["Range"] = f"bytes={digest.count}-"
        if note is not None and note.etag:
            headers["If-Range"] = note.etag
    async with http.open(promise.url, headers) as response:
        if digest.count and not _goes_on(response, digest.count, note):
            _forget(part)
            if response.status != HTTPStatus.OK:
                raise Transient(_("the server cannot go on where it was; it begins anew"))
            digest = Digest(promise)
        Note(promise.identity, _strong_etag(response)).write(_note_path(part))
        with part.open("ab") as stream:
            await _receive(response, promise, digest, stream, told)
            await asyncio.to_thread(os.fsync, stream.fileno())
    return digest


def _begun(part: Path, promise: Promise) -> tuple[Note | None, Digest]:
    """What is there of an earlier try; a part of other content is thrown away."""
    note = Note.read(_note_path(part))
    digest = Digest(promise)
    if note is None or note.identity != promise.identity or _size(part) > promise.size > 0:
        _forget(part)
        return None, digest
    if part.exists():
        with part.open("rb") as stream:
            while chunk := stream.read(CHUNK):
                digest.add(chunk)
    return note, digest


def _goes_on(response: ClientResponse, offset: int, note: Note | None) -> bool:
    """Whether the answer is the rest of the same content, from `offset` on."""
    begin = re.match(r"bytes (\d+)-", response.headers.get("Content-Range", ""))
    etag = _strong_etag(response)
    changed = note is not None and note.etag and etag and etag != note.etag
    return response.status == HTTPStatus.PARTIAL_CONTENT and begin is not None and int(begin[1]) == offset and not changed


def _strong_etag(response: ClientResponse) -> str:
    etag = response.headers.get("ETag", "")
    return "" if etag.startswith("W/") else etag


async def _receive(response: ClientResponse, promise: Promise, digest: Digest, stream: BinaryIO, told: Callable[[int], None]) -> None:
    def keep(chunk: bytes) -> None:
        stream.write(chunk)
        stream.flush()
        digest.add(chunk)

    try:
        async for chunk in response.content.iter_chunked(CHUNK):
            await asyncio.to_thread(keep, chunk)
            told(digest.count)
            if promise.size and digest.count > promise.size:
                return
    except (ClientError, TimeoutError) as error:
        raise Transient(_("the connection broke: {why}").format(why=str(error) or type(error).__name__)) from error
