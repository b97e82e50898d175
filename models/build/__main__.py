"""Builds the starter pack: `python -m models.build` reads models/node_modules and writes models/onnx.

Every source file and every result is checked against models.toml. `--accept` instead writes the results' sizes and hashes there, after a
deliberate change of a converter.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import onnx

from models.build.quantize import quantize
from models.build.starter import RECIPES
from models.build.weights import WeightsError

ROOT = Path(__file__).parents[1]
CATALOGUE = ROOT / "models.toml"
RANGES = Path(__file__).with_name("ranges.json")


def check_file(path: Path, size: int, sha256: str) -> None:
    """WeightsError when the file is missing or not the one that is expected."""
    if not path.is_file():
        raise WeightsError(f"{path} is missing")
    content = path.read_bytes()
    if len(content) != size:
        raise WeightsError(f"{path} has {len(content)} bytes, {size} are expected")
    if (digest := hashlib.sha256(content).hexdigest()) != sha256:
        raise WeightsError(f"{path} has the SHA-256 {digest}, {sha256} is expected")


def build_variants(model_id: str, packages: Path) -> Iterator[tuple[str, onnx.ModelProto]]:
    """("f32", model) and, for the networks with measured ranges, ("int8", model)."""
    recipe = RECIPES[model_id]
    model = recipe.build(packages / recipe.source)
    yield "f32", model
    ranges = json.loads(RANGES.read_text(encoding="utf-8"))
    if model_id in ranges:
        yield "int8", quantize(model, {name: (low, high) for name, (low, high) in ranges[model_id].items()})


def build(entry: Mapping[str, Any], packages: Path, folder: Path) -> dict[str, bytes]:
    """Build one model of the catalogue into `folder`; the files' content by precision."""
    for source in entry["source"]["files"]:
        check_file(packages / entry["source"]["package"] / source["path"], source["size"], source["sha256"])
    built = {}
    for precision, model in build_variants(entry["id"], packages):
        built[precision] = model.SerializeToString(deterministic=True)
        path = folder / entry["files"][precision]["name"]
        path.parent.mkdir(exist_ok=True)
        # Written beside and renamed: a build that was cut off leaves no half file under the name.
        partial = path.with_suffix(".part")
        partial.write_bytes(built[precision])
        partial.replace(path)
    if missing := set(entry["files"]) - set(built):
        raise WeightsError(f"{entry['id']}: nothing was built for {', '.join(sorted(missing))}")
    return built


def accept(text: str, name: str, content: bytes) -> str:
    """The catalogue's text with the size and hash of the file `name` replaced."""
    pattern = rf'(name = "{re.escape(name)}"\nsize = )\d+(\nsha256 = ")[^"]*'
    changed, count = re.subn(pattern, rf"\g<1>{len(content)}\g<2>{hashlib.sha256(content).hexdigest()}", text)
    if count != 1:
        raise WeightsError(f"{CATALOGUE} has {count} entries for {name}, one is expected")
    return changed


def main() -> None:
    """Build everything; exit with a message when something does not fit."""
    text = CATALOGUE.read_text(encoding="utf-8")
    for entry in tomllib.loads(text)["models"]:
        for precision, content in build(entry, ROOT / "node_modules", ROOT).items():
            file = entry["files"][precision]
            if "--accept" in sys.argv[1:]:
                text = accept(text, file["name"], content)
            else:
                check_file(ROOT / file["name"], file["size"], file["sha256"])
            sys.stdout.write(f"{file['name']}: {len(content) / 1e6:.1f} MB\n")
    if "--accept" in sys.argv[1:]:
        CATALOGUE.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    try:
        main()
    except WeightsError as error:
        sys.exit(f"models: {error}")
