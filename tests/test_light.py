"""What each kind of process loads: the start of a scan, the memory of the daemon and of every worker depend on it."""

from __future__ import annotations

import subprocess
import sys

import pytest


def loaded(code: str, *names: str) -> set[str]:
    """Which of the modules `names` a fresh process has loaded after `code`."""
    words = [sys.executable, "-c", f"{code}\nimport sys\nprint(*({set(names)!r} & sys.modules.keys()))"]
    done = subprocess.run(words, capture_output=True, text=True, check=True, env={"PYTHONPATH": ":".join(sys.path)})
    return set(done.stdout.split())


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("import facetd.__main__", ("click", "pydantic", "aiosqlite", "rich")),
        ("import facetd.cli.tree, facetd.cli.scan", ("pydantic", "aiosqlite", "rich", "numpy", "aiohttp", "watchdog")),
        ("import facetd.cli.scanning", ("numpy", "PIL", "cv2", "aiohttp", "watchdog", "jinja2")),
        ("import facetd.daemon", ("numpy", "PIL", "cv2", "simsimd")),
        ("import facetd.ingest.warm", ("pydantic", "aiosqlite", "scipy", "rich", "click", "pebble", "rawpy", "pillow_heif")),
    ],
)
def test_a_process_loads_only_what_it_needs(code: str, names: tuple[str, ...]) -> None:
    assert loaded(code, *names) == set()
    assert loaded("import json", "json", "numpy") == {"json"}, "the probe works"


def test_warming_up_leaves_no_thread_to_be_lost_in_a_fork() -> None:
    code = "import os\nimport facetd.ingest.warm\nprint(len(os.listdir('/proc/self/task')))"
    environment = {"PYTHONPATH": ":".join(sys.path), "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)
    assert done.stdout.strip() == "1"
