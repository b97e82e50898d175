"""What all entries of a `pack.toml` have in common, for tests that write one."""

from __future__ import annotations

import hashlib
from pathlib import Path


def facts(pack: str, version: str = "1") -> str:
    """The lines of an entry that say what it is and where it comes from."""
    return f"""title = "A model of {pack}"
enables = "Tests"
licence = "MIT"
origin = "made here"
source = {{ pack = "{pack}", version = "{version}", url = "https://example.org" }}"""


def file_table(folder: Path, name: str) -> str:
    """The table of the file `name` in the pack's folder: its name, size and hash."""
    content = (folder / name).read_bytes()
    return f'{{ name = "{name}", size = {len(content)}, sha256 = "{hashlib.sha256(content).hexdigest()}" }}'
