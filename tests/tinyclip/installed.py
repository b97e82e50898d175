"""The trained pack, installed as a user does from a folder."""

from __future__ import annotations

from pathlib import Path

from facetd.infer.measure import packs_folder
from facetd.infer.packs.index import PackIndex
from facetd.infer.packs.install import Installed, Installer
from tests.infer.packs.listing import Source, one_pack

FOLDER = Path(__file__).parent / "pack"
ID = "tinyclip"
FILES = (
    "config.json", "visual/model.onnx", "visual/preprocess_cfg.json", "textual/model.onnx", "textual/tokenizer.json",
    "textual/tokenizer_config.json",
)  # fmt: skip
TASKS = ("image_embedding", "text_embedding")


def listed(folder: Path) -> PackIndex:
    """A list of packs with this one, in `folder`."""
    return one_pack(folder / "packs.toml", ID, Source("clip", FILES), tasks=TASKS)


async def install(data: Path, models: Path | None = None) -> Installed:
    """Into the data folder of a library."""
    data.mkdir(parents=True, exist_ok=True)
    return await Installer(packs_folder(data), index=listed(data), models=models).from_folder(ID, FOLDER)


async def remove(data: Path, models: Path | None = None) -> None:
    """And away again."""
    assert await Installer(packs_folder(data), index=listed(data), models=models).remove(ID)
