"""The program as a user runs it: `facetd scan` and `facetd serve` as processes, and its API over a socket."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import urlencode

FACETD = (sys.executable, "-m", "facetd")


def scan(folder: Path, data: Path, *options: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    """Run `facetd scan` to its end."""
    done = subprocess.run(scan_command(folder, data, *options), capture_output=True, text=True, env=environment(), check=False)
    if check and done.returncode:
        raise RuntimeError(f"facetd scan ended with {done.returncode}:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")
    return done


def scan_command(folder: Path, data: Path, *options: str) -> list[str]:
    """The words of a scan of `folder` into the library at `data`."""
    return [*FACETD, "scan", str(folder), "--data", str(data), *options]


def start_scan(folder: Path, data: Path, log: Path) -> subprocess.Popen[bytes]:
    """Begin `facetd scan` in a process group of its own; what it says goes to `log`."""
    with log.open("ab") as out:
        return subprocess.Popen(scan_command(folder, data), stdout=out, stderr=out, env=environment(), start_new_session=True)


def environment() -> dict[str, str]:
    """The environment of the program: without a runtime folder, so that nothing of another daemon is met."""
    kept = {key: value for key, value in os.environ.items() if key not in ("XDG_RUNTIME_DIR", "COLUMNS")}
    root = str(Path(__file__).parents[1])
    return {**kept, "PYTHONPATH": os.pathsep.join(part for part in (root, kept.get("PYTHONPATH")) if part), "NO_COLOR": "1"}


class Server:
    """`facetd serve` on a free port of loopback; ready inside the `with` block. `ready_s` is how long that took."""

    def __init__(self, data: Path, *photos: Path, timeout_s: float = 60.0, options: Sequence[str] = ()) -> None:
        self.data = data
        self.port = free_port()
        self._photos = photos
        self._options = options
        self._timeout_s = timeout_s
        self._log = data.parent / f"{data.name}.serve.log"
        self.ready_s = 0.0

    @property
    def pid(self) -> int:
        """The daemon's process id."""
        return self._process.pid

    def __enter__(self) -> Server:
        words = [*FACETD, "serve", "--data", str(self.data), "--port", str(self.port), *self._options]
        for folder in self._photos:
            words += ["--photos", str(folder)]
        start = time.monotonic()
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(words, stdout=log, stderr=log, env=environment(), start_new_session=True)
        try:
            self._wait_ready(start)
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._end()

    def log(self) -> str:
        """What the daemon said so far."""
        return self._log.read_text(errors="replace")

    def alive(self) -> bool:
        """Whether the daemon runs."""
        return self._process.poll() is None

    def get(self, path: str, parameters: Mapping[str, object] | None = None) -> Any:
        """The JSON of one GET on a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            return get_json(connection, path, parameters)
        finally:
            connection.close()

    def post(self, path: str, body: object) -> Any:
        """The JSON of one POST."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
            return _answer(connection.getresponse(), path)
        finally:
            connection.close()

    def wait_idle(self, timeout_s: float = 600.0) -> None:
        """Wait until no scan runs."""
        end = time.monotonic() + timeout_s
        while self.get("/api/scan/status").get("running"):
            if time.monotonic() > end:
                raise TimeoutError("the scan did not end")
            time.sleep(0.1)

    def _wait_ready(self, start: float) -> None:
        while True:
            if not self.alive():
                raise RuntimeError(f"facetd serve ended with {self._process.returncode}:\n{self.log()[-4000:]}")
            try:
                self.get("/ready")
            except (OSError, http.client.HTTPException, RuntimeError):
                if time.monotonic() - start > self._timeout_s:
                    raise TimeoutError(f"facetd serve is not ready:\n{self.log()[-4000:]}") from None
                time.sleep(0.02)
            else:
                self.ready_s = time.monotonic() - start
                return

    def _end(self) -> None:
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


def get_json(
    connection: http.client.HTTPConnection,
    path: str,
    parameters: Mapping[str, object] | None = None,
    headers: Mapping[str, str] | None = None,
) -> Any:
    """The JSON of one GET on an open connection. Raises RuntimeError for any status but 200."""
    query = f"?{urlencode(parameters)}" if parameters else ""
    connection.request("GET", path + query, headers=dict(headers or {}))
    return _answer(connection.getresponse(), path + query)


def _answer(response: http.client.HTTPResponse, path: str) -> Any:
    body = response.read()
    if response.status >= 300:
        raise RuntimeError(f"{path}: {response.status} {body[:500]!r}")
    return json.loads(body) if body else None


def free_port() -> int:
    """A port of loopback that nobody listens on now."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])
