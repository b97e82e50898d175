"""Lists of packs as `models/packs.toml` is one, with a single pack."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from facetd.infer.packs.index import PackIndex

PACK = """
[[packs]]
id = "{id}"
title = "Tiny"
enables = "Tests"
replaces = "nothing"
licence = "MIT"
origin = "made here"
tasks = {tasks}
"""
SOURCE = """
[[packs.sources]]
layout = "{layout}"
host = "huggingface"
repository = "tiny/{layout}"
into = "{into}"
files = [{files}]
settings = {settings}
"""


@dataclass(frozen=True, slots=True)
class Source:
    """Files in one layout; `settings` is a TOML table."""

    layout: str
    files: Iterable[str]
    settings: str = "{}"


def one_pack(path: Path, name: str, *sources: Source, tasks: Sequence[str] = ()) -> PackIndex:
    """Write the list of the pack `name` to `path`; the second source and those after it go into folders of their own."""
    text = PACK.format(id=name, tasks=list(tasks))
    for number, source in enumerate(sources):
        files = ", ".join(f'{{ path = "{file}" }}' for file in source.files)
        into = f"part{number}" if number else ""
        text += SOURCE.format(layout=source.layout, files=files, settings=source.settings, into=into)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return PackIndex.load(path)
