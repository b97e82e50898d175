"""The trained pack, installed as a user does from a folder."""

from __future__ import annotations

from pathlib import Path

from facetd.infer.measure import packs_folder
from facetd.infer.packs.index import PackIndex
from facetd.infer.packs.install import Installed, Installer
from tests.infer.packs.networks import index

FOLDER = Path(__file__).parent / "pack"
ID = "tinyclip"
FILES = (
    "config.json", "visual/model.onnx", "visual/preprocess_cfg.json", "textual/model.onnx", "textual/tokenizer.json",
    "textual/tokenizer_config.json",
)  # fmt: skip
ENTRY = """
[[packs]]
id = "{id}"
title = "Tiny CLIP"
enables = "Tests"
replaces = "nothing"
licence = "MIT"
origin = "made here"
tasks = ["image_embedding", "text_embedding"]
[[packs.sources]]
layout = "clip"
host = "huggingface"
repository = "tiny/clip"
into = ""
files = [{files}]
settings = {{}}
"""


def listed(folder: Path) -> PackIndex:
    """A list of packs with this one, in `folder`."""
    return index(folder / "packs.toml", ENTRY.format(id=ID, files=", ".join(f'{{ path = "{name}" }}' for name in FILES)))


async def install(data: Path, models: Path | None = None) -> Installed:
    """Into the data folder of a library."""
    data.mkdir(parents=True, exist_ok=True)
    return await Installer(packs_folder(data), index=listed(data), models=models).from_folder(ID, FOLDER)


async def remove(data: Path, models: Path | None = None) -> None:
    """And away again."""
    assert await Installer(packs_folder(data), index=listed(data), models=models).remove(ID)
