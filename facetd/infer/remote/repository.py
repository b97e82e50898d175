"""A model repository that Triton and OpenVINO Model Server load as it is: `<model>/config.pbtxt` and `<model>/1/model.onnx`.

`config.json` beside the models is OpenVINO Model Server's list of them; Triton reads folders only.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, FileState, Model
from facetd.infer.remote.contract import MOST

Layout = Literal["triton", "ovms"]
Names = Callable[[Path], tuple[Sequence[str], Sequence[str]]]
MARK = ".facetd-models"
CONFIG = """\
name: {name}
platform: "onnxruntime_onnx"
max_batch_size: {most}
input [
  {{ name: {input}, data_type: TYPE_FP32, dims: [ {dims} ] }}
]
output [
{outputs}
]
instance_group [ {{ kind: KIND_AUTO, count: 1 }} ]
version_policy {{ latest {{ num_versions: 1 }} }}
"""
BATCHING = "dynamic_batching { max_queue_delay_microseconds: 2000 }\n"


def export_repository(
    catalogue: Catalogue, folder: Path, names: Names, *, layout: Layout = "triton", seen_as: str = "/models"
) -> list[Model]:
    """Write all models that look at pictures, those of packs too, to `folder` in one step; returns them.

    `names` tells the names of a file's inputs and outputs. `seen_as` is the path of the folder as the server sees it. An earlier export in
    `folder` is replaced. Raises FacetdError for a folder with other things in it and for damaged models, OSError.
    """
    folder = folder.absolute()
    foreign = folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / MARK).is_file()))
    if foreign:
        hint = _("Name a new or empty folder, or one that was written by this command.")
        raise FacetdError(_("{folder}: there is something else already").format(folder=folder), hint=hint)
    for model in catalogue.models:
        if catalogue.verify(model, "f32") is not FileState.PRESENT:
            path = catalogue.path(model, "f32")
            raise FacetdError(_("{path}: the file of the model {model} is missing or damaged").format(path=path, model=model.id))
    folder.parent.mkdir(parents=True, exist_ok=True)
    scratch = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", dir=folder.parent))
    try:
        for model in catalogue.models:
            _write_model(catalogue, model, scratch / model.id, names)
        if layout == "ovms":
            (scratch / "config.json").write_text(_ovms_list(catalogue.models, seen_as), encoding="utf-8")
        (scratch / MARK).write_text(_("Written by `facetd models export-repository`, which replaces it.") + "\n", encoding="utf-8")
        scratch.chmod(0o755)  # the server is another user
        _put(scratch, folder)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return list(catalogue.models)


def _write_model(catalogue: Catalogue, model: Model, folder: Path, names: Names) -> None:
    source = catalogue.path(model, "f32")
    inputs, outputs = names(source)
    (folder / "1").mkdir(parents=True)
    shutil.copyfile(source, folder / "1" / "model.onnx")
    (folder / "config.pbtxt").write_text(config_text(model, inputs[0], outputs), encoding="utf-8")


def config_text(model: Model, input_name: str, output_names: Sequence[str]) -> str:
    """Triton's `config.pbtxt` of `model`, whose file calls its tensors so, in the order of the catalogue."""
    size = model.input.size
    whole = model.takes == "any"  # the server adds the batch axis, and may put requests together
    lines = []
    for name, output in zip(output_names, model.outputs, strict=False):
        dims = output.shape if whole or model.takes == "bare" else (1, *output.shape)
        lines.append(f"  {{ name: {json.dumps(name)}, data_type: TYPE_FP32, dims: [ {_listed(dims)} ] }}")
    text = CONFIG.format(
        name=json.dumps(model.id),
        most=MOST if whole else 0,
        input=json.dumps(input_name),
        dims=_listed((3, size, size) if whole else (1, 3, size, size)),
        outputs=",\n".join(lines),
    )
    return text + BATCHING if whole else text


def _listed(sizes: Sequence[int]) -> str:
    return ", ".join(map(str, sizes))


def _ovms_list(models: Sequence[Model], seen_as: str) -> str:
    """OpenVINO Model Server's list; batches of any size where the network takes them."""
    entries = [
        {
            "config": {
                "name": model.id,
                "base_path": f"{seen_as.rstrip('/')}/{model.id}",
                "plugin_config": {"INFERENCE_PRECISION_HINT": "f32"},
            }
        }
        for model in models
    ]
    return json.dumps({"model_config_list": entries}, indent=2) + "\n"


def _put(scratch: Path, folder: Path) -> None:
    """Put `scratch` at `folder` in one step; what was there goes. Raises OSError."""
    if not folder.exists():
        os.rename(scratch, folder)
        return
    old = Path(tempfile.mkdtemp(prefix=f".{folder.name}.old.", dir=folder.parent))
    try:
        os.rename(folder, old / "was")
        try:
            os.rename(scratch, folder)
        except OSError:
            os.rename(old / "was", folder)
            raise
    finally:
        shutil.rmtree(old, ignore_errors=True)
