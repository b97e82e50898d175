"""A zip file of photos, sent while it is made: one photo after the other, a piece at a time; what goes wrong is told inside it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from aiohttp import web

from facetd.errors import FacetdError
from facetd.http.access import asker_of, identified, session_of
from facetd.http.atonce import ZIPPING
from facetd.http.disposition import attachment
from facetd.http.files import OpenFile
from facetd.http.making import made_from
from facetd.http.originals import opened, opened_original, while_asked
from facetd.http.services import Services
from facetd.i18n import _
from facetd.library.archive import Archive
from facetd.library.downloads import Download, Making, Together
from facetd.library.zipnames import ERRORS, member_names
from facetd.records.viewer import Viewer

logger = logging.getLogger(__name__)
PIECE_BYTES = 512 * 1024


async def send_zip(request: web.Request, house: Services, viewer: Viewer, together: Together) -> web.StreamResponse:
    """Answer with a zip file of these downloads, and of what is not among them though it was wanted.

    Raises TooManyRequests for one who is being sent several already.
    """
    headers = {
        "Content-Type": "application/zip",
        "Content-Disposition": attachment(together.filename),
        "Cache-Control": "no-store",
        "X-Accel-Buffering": "no",
    }
    response = web.StreamResponse(headers=headers)
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    errors = [_("photo {id}: there is no such photo").format(id=number) for number in together.gone]
    errors += [_("{photo}: there is no RAW file of this photo").format(photo=path) for path in together.without_raw]
    with request.config_dict[ZIPPING].one(asker_of(request)):
        await response.prepare(request)
        sending = _Sending(request, response, house, viewer, errors)
        try:
            await sending.send(together.files)
        finally:
            sending.archive.abandon()
    return response


@dataclass(slots=True)
class _Sending:
    """One zip file on its way. `errors` are the lines of what could not be put in."""

    request: web.Request
    response: web.StreamResponse
    house: Services
    viewer: Viewer
    errors: list[str]
    archive: Archive = field(default_factory=Archive)

    async def send(self, downloads: Sequence[Download]) -> None:
        names = await asyncio.to_thread(member_names, [_wanted_path(each) for each in downloads])
        for name, each in zip(names, downloads, strict=True):
            try:
                await self._photo(name, each)
            except FacetdError as error:
                self.errors.append(f"{each.photo_path}: {error.message}")
            except ConnectionError:
                raise
            except Exception:  # one photo must not cost the others
                logger.exception("%s could not be put into a zip file", each.photo_path)
                self.errors.append(_("{photo}: an unexpected error").format(photo=each.photo_path))
                await self._write(self.archive.end())
        if self.errors:
            await self._write(self.archive.text(ERRORS, "".join(f"{' '.join(line.splitlines())}\n" for line in self.errors)))
        await self._write(self.archive.finish())
        await self.response.write_eof()

    async def _photo(self, name: str, chosen: Download) -> None:
        """Send one photo. Raises FacetdError when it cannot be begun."""
        chosen.require_readable()
        await self._require_session()
        if self.request.transport is None or self.request.transport.is_closing():
            raise ConnectionResetError("the client went away")
        async with opened_original(self.house, self.viewer, chosen.source) as original:
            if chosen.making is Making.AS_IT_IS:
                await self._file(name, chosen, original.file)
                return
            made = await while_asked(self.request, made_from(self.house, self.viewer, chosen, original))
        async with opened(str(made), [str(made.parent)]) as file:
            if file is None:
                raise FacetdError(_("the picture was removed from the cache just now"))
            await self._file(name, chosen, file)

    async def _require_session(self) -> None:
        """The file ends where it is when the session that it was asked for by is over. Raises ConnectionResetError."""
        if session_of(self.request) is not None and await identified(self.request) is None:
            if self.request.transport is not None:
                self.request.transport.close()
            raise ConnectionResetError("the session is over")

    async def _file(self, name: str, chosen: Download, file: OpenFile) -> None:
        """Send an open file; one that cannot be read to its end is in the zip file as far as it came, and among the errors."""
        await self._write(self.archive.begin(name, file.size, _moment(chosen, file)))
        offset = 0
        while offset < file.size:
            try:
                count, data = await asyncio.to_thread(self._piece, file, offset)
            except OSError as error:
                self.errors.append(_("{photo}: incomplete, {reason}").format(photo=chosen.photo_path, reason=error.strerror))
                break
            if not count:
                self.errors.append(_("{photo}: incomplete, the file became shorter").format(photo=chosen.photo_path))
                break
            await self._write(data)
            offset += count
        await self._write(self.archive.end())

    def _piece(self, file: OpenFile, offset: int) -> tuple[int, bytes]:
        """How many bytes were read, and what is to be sent for them. Reads the disk."""
        piece = file.read(offset, min(PIECE_BYTES, file.size - offset))
        return len(piece), self.archive.add(piece) if piece else b""

    async def _write(self, data: bytes) -> None:
        if data:
            await self.response.write(data)


def _wanted_path(chosen: Download) -> str:
    """Where the file lies, as shown, with the name that it is sent under."""
    return f"{chosen.photo_path.rpartition('/')[0]}/{chosen.filename}"


def _moment(chosen: Download, file: OpenFile) -> datetime | time.struct_time:
    """When the photo was taken, else when its file was changed; local wall time."""
    if chosen.photo.date_taken is not None:
        with contextlib.suppress(ValueError):
            return datetime.fromisoformat(chosen.photo.date_taken[:19])
    return time.localtime(file.mtime_ns // 10**9)
