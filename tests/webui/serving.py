"""`facetd serve` as a user starts it, on a free port."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

CHECKOUT = Path(__file__).parents[2]


@dataclass
class Daemon:
    """A daemon that answers at `base` and watches `photos`."""

    base: str
    photos: Path

    def scanned(self, *, seconds: float = 240) -> None:
        """Wait until the first scan is through."""
        end = time.monotonic() + seconds
        while True:
            with urlopen(f"{self.base}/api/scan/status", timeout=30) as response:
                status = json.load(response)
            if status["state"] == "idle" and status["finished_at"]:
                return
            assert time.monotonic() < end, status
            time.sleep(0.1)


@contextmanager
def serving(photos: Path, data: Path) -> Iterator[Daemon]:
    """Start the daemon, wait until it says its address, and end it as Ctrl-C would."""
    command = [sys.executable, "-c", "from facetd.cli.main import main; main()", "serve"]
    arguments = ["--photos", str(photos), "--data", str(data), "--port", "0"]
    environment = {**os.environ, "PYTHONPATH": str(CHECKOUT), "PYTHONUNBUFFERED": "1", "COLUMNS": "200"}
    with subprocess.Popen([*command, *arguments], stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True, env=environment) as process:
        assert process.stderr is not None
        lines: list[str] = []
        address = None
        for line in process.stderr:
            lines.append(line)
            if address := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        assert address, "".join(lines)
        drain = threading.Thread(target=lambda: lines.extend(process.stderr or ()), daemon=True)
        drain.start()
        yield Daemon(address[0], photos)
        process.send_signal(signal.SIGTERM)
        ended = process.wait(30)
        drain.join(10)
        assert ended == 0, "".join(lines[-40:])
