"""Running daemons: in this process, or as the program that a NAS owner starts."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.request import urlopen

from facetd.config import load_config
from facetd.daemon import Daemon
from facetd.listening import Address

QUICK = {"scanning": {"settle_s": 0.1}}  # and no models, see configure


def configure(data: Path, raw: dict[str, Any]) -> Path:
    """Write the configuration of the library in `data`; without models unless it says something about them."""
    data.mkdir(parents=True, exist_ok=True)
    path = data / "scoring_config.json"
    path.write_text(json.dumps({"inference": {"enabled": False}, **raw}), encoding="utf-8")
    return path


@asynccontextmanager
async def running(data: Path, *photos: Path, raw: dict[str, Any] | None = None, address: Address | None = None) -> AsyncIterator[Daemon]:
    """A daemon in this event loop. Use with decode workers of this process."""
    loaded = load_config(configure(data, QUICK if raw is None else raw))
    daemon = Daemon(data, loaded, [str(photo) for photo in photos], address or Address(port=0))
    task = asyncio.create_task(daemon.run())
    started = asyncio.create_task(daemon.started.wait())
    await asyncio.wait([task, started], return_when=asyncio.FIRST_COMPLETED)
    started.cancel()
    if task.done():
        await task
    try:
        yield daemon
    finally:
        daemon.stop()
        await asyncio.wait_for(task, 20)


async def eventually(wanted: Callable[[], Any], seconds: float = 20.0) -> Any:
    """The first true answer of `wanted`, which may block, within `seconds`."""
    end = time.monotonic() + seconds
    while not (found := await asyncio.to_thread(wanted)):
        if time.monotonic() > end:
            raise AssertionError(f"did not come true within {seconds} s")
        await asyncio.sleep(0.05)
    return found


class Program:
    """`python -m facetd serve` in a process of its own."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log
        self.base = ""

    def wait_ready(self, seconds: float = 60.0) -> None:
        """Until it says where it is."""
        end = time.monotonic() + seconds
        while time.monotonic() < end and self.process.poll() is None:
            if found := re.search(r"http://\S+?:\d+", self.log.read_text(encoding="utf-8")):
                self.base = found[0]
                return
            time.sleep(0.05)
        raise AssertionError(self.log.read_text(encoding="utf-8"))

    def get(self, path: str) -> Any:
        """The JSON of a GET."""
        with urlopen(self.base + path, timeout=20) as response:
            return json.load(response)

    def names(self) -> dict[str, dict[str, Any]]:
        """The photos of the gallery by their path."""
        return {photo["path"]: photo for photo in self.get("/api/photos?per_page=500")["photos"]}

    def until(self, wanted: Callable[[], Any], seconds: float = 30.0) -> Any:
        """The first true answer of `wanted` within `seconds`."""
        end = time.monotonic() + seconds
        while not (found := wanted()):
            if time.monotonic() > end:
                raise AssertionError(f"did not come true within {seconds} s:\n{self.log.read_text(encoding='utf-8')}")
            time.sleep(0.1)
        return found


@contextmanager
def program(data: Path, *photos: Path, name: str = "log") -> Iterator[Program]:
    """The daemon as a program; killed at the end when it still runs."""
    log = data.parent / f"{name}.txt"
    options = [part for photo in photos for part in ("--photos", str(photo))]
    command = [sys.executable, "-m", "facetd", "serve", "--data", str(data), "--port", "0", *options]
    environment = {**os.environ, "COLUMNS": "300", "XDG_RUNTIME_DIR": ""}
    with log.open("w") as stream, subprocess.Popen(command, stdout=stream, stderr=stream, text=True, env=environment) as process:
        try:
            found = Program(process, log)
            found.wait_ready()
            yield found
        finally:
            process.kill()
