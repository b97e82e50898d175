"""One writer for each data folder."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from facetd.errors import Conflict, DatabaseUnusable
from facetd.ingest import lock
from facetd.ingest.lock import DataLock, Holder, holder_of


def test_the_holder_is_named_and_the_lock_ends_with_it(tmp_path: Path) -> None:
    assert holder_of(tmp_path) is None
    code = (
        "import time; from pathlib import Path; from facetd.ingest.lock import DataLock;"
        f"DataLock(Path({str(tmp_path)!r})).acquire('/s'); print('held', flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout:
        process.stdout.readline()
        assert holder_of(tmp_path) == Holder(process.pid, "/s")
        with pytest.raises(Conflict, match=f"process {process.pid}"):
            DataLock(tmp_path).acquire()
        process.kill()
        process.wait()
    held = DataLock(tmp_path)
    held.acquire()
    held.release()
    assert holder_of(tmp_path) is None


def test_a_network_file_system_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lock, "filesystem_type", lambda path: "cifs")
    with pytest.raises(DatabaseUnusable, match=r"network file system \(cifs\)"):
        DataLock(tmp_path).acquire()
