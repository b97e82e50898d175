"""KServe's server with a model repository, started as a process of its own environment."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest

from facetd.infer.remote.http import Http, Unreachable
from tests.ports import free_port

ROOT = Path(__file__).parents[3]
PYTHON = ROOT / ".oip-server" / "bin" / "python"
PROGRAM = Path(__file__).with_name("kserve_server.py")
START_S = 150.0


def need_server() -> Path:
    """The Python of the server's environment; skips without it, but never in CI."""
    if not PYTHON.exists() and not os.environ.get("CI"):
        pytest.skip(f"needs {PYTHON}: `make test` builds it")
    return PYTHON


class Served:
    """The server, which can be killed and started again on the same port."""

    def __init__(self, repository: Path, log: IO[bytes]) -> None:
        self.repository = repository
        self.port = free_port()
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        words = [str(need_server()), str(PROGRAM), str(self.repository), str(self.port)]
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": ""}
        self._process = subprocess.Popen(words, stdout=self._log, stderr=self._log, env=environment, cwd=self.repository)
        deadline = time.monotonic() + START_S
        http = Http(self.url, timeout_s=5)
        while not _ready(http):
            assert self._process.poll() is None, Path(self._log.name).read_text()[-2000:]
            assert time.monotonic() < deadline
            time.sleep(0.1)
        http.close()

    def kill(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None


@contextmanager
def serving(repository: Path, log: Path) -> Iterator[Served]:
    """The server while it is needed."""
    with log.open("wb") as stream:
        server = Served(repository, stream)
        server.start()
        try:
            yield server
        finally:
            server.kill()


def _ready(http: Http) -> bool:
    try:
        return http.ask("GET", "/v2/health/ready").status == 200
    except Unreachable:
        return False
