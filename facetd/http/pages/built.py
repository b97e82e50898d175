"""The built files of the web UI: their hashed names, and the handler that serves them."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from facetd.errors import NotFound, Unavailable
from facetd.i18n import _

# The platform's table of types differs between machines; these are all that the build emits.
CONTENT_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
FOREVER = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class BuiltFiles:
    """webui/static as the build left it. `names` maps `gallery.js` to its content-hashed name."""

    folder: Path
    names: Mapping[str, str]

    def url(self, name: str) -> str:
        """The address of `name`. Raises Unavailable where the web UI has not been built."""
        hashed = self.names.get(name)
        if hashed is None:
            raise Unavailable(_("The web pages have not been built."), hint=_("In a source checkout, run: make run"))
        return f"/static/{hashed}"

    async def serve(self, request: web.Request) -> web.StreamResponse:
        """Answer one built file; nothing outside the manifest can be named."""
        name = request.match_info["name"]
        if name not in self.names.values():
            raise NotFound(_("There is no such file."))
        headers = {"Cache-Control": FOREVER, "Content-Type": CONTENT_TYPES[Path(name).suffix], "Vary": "Accept-Encoding"}
        body, compressed = await asyncio.to_thread(self._read, name, "gzip" in request.headers.get("Accept-Encoding", ""))
        if compressed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(body=body, headers=headers)

    def _read(self, name: str, compressed: bool) -> tuple[bytes, bool]:
        """The file, or its compressed copy where that is welcome; read as a whole, so that a client that goes leaves nothing open."""
        copy = self.folder / f"{name}.gz"
        if compressed and copy.is_file():
            return copy.read_bytes(), True
        return (self.folder / name).read_bytes(), False


def load_built_files(folder: Path) -> BuiltFiles:
    """Read the manifest in `folder`; without one every address raises, so that the API works without the pages."""
    try:
        names = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    except FileNotFoundError:
        names = {}
    return BuiltFiles(folder, names)
