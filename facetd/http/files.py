"""Sending files of the photo folders: never one from outside, with validators and byte ranges."""

from __future__ import annotations

import asyncio
import os
import re
import stat
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from aiohttp import web

CHUNK_BYTES = 256 * 1024
RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


@dataclass(slots=True)
class OpenFile:
    """A regular file that is open for reading; `size` in bytes. Close it."""

    descriptor: int
    size: int
    mtime_ns: int

    def read(self, offset: int, count: int) -> bytes:
        """At most `count` bytes from `offset` on."""
        return os.pread(self.descriptor, count, offset)

    def close(self) -> None:
        """Give the descriptor back."""
        os.close(self.descriptor)


def open_inside(path: str, folders: Collection[str]) -> OpenFile:
    """Open the regular file `path`, which, all links resolved, lies in one of `folders`.

    The check is made on the open file, so that nothing can be swapped between the two. Raises OSError.
    """
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    try:
        facts = os.fstat(descriptor)
        real = os.readlink(f"/proc/self/fd/{descriptor}")
        if not stat.S_ISREG(facts.st_mode) or not any(real.startswith(os.path.realpath(folder).rstrip("/") + "/") for folder in folders):
            raise FileNotFoundError(path)
    except BaseException:
        os.close(descriptor)
        raise
    return OpenFile(descriptor, facts.st_size, facts.st_mtime_ns)


def is_known(request: web.Request, etag: str) -> bool:
    """Whether the client says (If-None-Match) that it has the version `etag` (without quotes)."""
    known = request.if_none_match
    return known is not None and any(each.value in (etag, "*") for each in known)


async def send_file(request: web.Request, file: OpenFile, *, etag: str, headers: Mapping[str, str]) -> web.StreamResponse:
    """Answer with `file`, or the range of it that was asked for. The caller closes it."""
    common = {**headers, "ETag": f'"{etag}"', "Accept-Ranges": "bytes"}
    if is_known(request, etag):
        return web.Response(status=304, headers={key: value for key, value in common.items() if key != "Content-Type"})
    start, end = 0, file.size
    wanted = _range(request, etag, file.size)
    if wanted is not None:
        start, end = wanted
        common["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    response = web.StreamResponse(status=200 if wanted is None else 206, headers=common)
    response.content_length = end - start
    await response.prepare(request)
    if request.method != "HEAD":
        await _send(response, file, start, end)
    return response


async def _send(response: web.StreamResponse, file: OpenFile, start: int, end: int) -> None:
    while start < end:
        chunk = await asyncio.to_thread(file.read, start, min(CHUNK_BYTES, end - start))
        if not chunk:
            # The file was cut short meanwhile: the length that was promised cannot be kept, so the connection must not be reused.
            raise ConnectionResetError("the file became shorter while it was sent")
        await response.write(chunk)
        start += len(chunk)
    await response.write_eof()


def _range(request: web.Request, etag: str, size: int) -> tuple[int, int] | None:
    """The one range [start, end) that was asked for; None for the whole file. Raises 416 for one beyond its end.

    Several ranges, other units and what cannot be read are answered by the whole file (RFC 9110 allows that).
    """
    asked = request.headers.get("Range")
    condition = request.headers.get("If-Range")
    if asked is None or request.method != "GET" or (condition is not None and condition != f'"{etag}"'):
        return None
    match = RANGE.fullmatch(asked.strip())
    if match is None or match[0] == "bytes=-":
        return None
    first, last = match.groups()
    if not first:
        start, end = max(0, size - int(last)), size
    else:
        start, end = int(first), min(size, int(last) + 1) if last else size
        if last and int(last) < start:
            return None
    if start >= end:
        raise web.HTTPRequestRangeNotSatisfiable(headers={"Content-Range": f"bytes */{size}"})
    return start, end
