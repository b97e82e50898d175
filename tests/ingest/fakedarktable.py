"""A program that behaves like darktable-cli as far as facetd is concerned: a script, told by a file beside it what to do."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from PIL import Image

SCRIPT = """#!{python}
import json, os, shutil, sys, time
here = {here!r}
told = json.load(open(os.path.join(here, "told.json")))
arguments = sys.argv[1:]
source, output = arguments[:2]
with open(os.path.join(here, "calls.jsonl"), "a") as calls:
    calls.write(json.dumps({{
        "arguments": arguments, "pid": os.getpid(), "cwd": os.getcwd(), "environment": dict(os.environ),
        "files": {{name: open(name, "rb").read().decode("latin-1") for name in os.listdir(".") if os.path.isfile(name)}},
    }}) + "\\n")
print("loading", file=sys.stdout)
print(told["says"].replace("$CWD", os.getcwd()), file=sys.stderr, flush=True)
if told["spawn"]:
    with open(os.path.join(here, "child"), "w") as child:
        child.write(str(os.spawnlp(os.P_NOWAIT, "sleep", "sleep", "600")))
if told["memory_mb"]:
    bytearray(told["memory_mb"] * 1024 * 1024)
if told["signal"]:
    os.kill(os.getpid(), told["signal"])
time.sleep(told["seconds"])
if told["output"] == "link":
    os.symlink(os.path.join(here, "made.jpg"), output)
elif told["output"]:
    shutil.copy(os.path.join(here, told["output"]), output)
sys.exit(told["code"])
"""


@dataclass
class FakeDarktable:
    """`says` is its last line on stderr, `seconds` how long it takes, `output` which file of its folder it gives out."""

    folder: Path

    def tell(
        self, *, says: str = "", seconds: float = 0, output: str | None = "made.jpg", code: int = 0, signal: int = 0, spawn: bool = False,
        memory_mb: int = 0,
    ) -> None:  # fmt: skip
        """What it is to do from now on."""
        told = {"says": says, "seconds": seconds, "output": output, "code": code, "signal": signal, "spawn": spawn, "memory_mb": memory_mb}
        (self.folder / "told.json").write_text(json.dumps(told))

    @property
    def executable(self) -> str:
        """Its path."""
        return str(self.folder / "darktable-cli")

    @property
    def child(self) -> int:
        """The process that it started."""
        return int((self.folder / "child").read_text())

    @property
    def calls(self) -> list[dict[str, Any]]:
        """What it was started with, each time."""
        path = self.folder / "calls.jsonl"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


def make_darktable(folder: Path) -> FakeDarktable:
    """One that succeeds, in `folder`."""
    folder.mkdir()
    fake = FakeDarktable(folder)
    script = folder / "darktable-cli"
    script.write_text(SCRIPT.format(python=sys.executable, here=str(folder)))
    script.chmod(0o755)
    Image.new("RGB", (64, 48), (200, 30, 30)).save(folder / "made.jpg")
    (folder / "torn.jpg").write_bytes((folder / "made.jpg").read_bytes()[:-100])
    (folder / "garbage.jpg").write_bytes(b"no picture")
    fake.tell()
    return fake


def alive(pid: int) -> bool:
    """Whether the process runs."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state != "Z"
