"""A pack in the layout of U2-Net-p with a tiny network, to which green is the subject."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from onnx import TensorProto, helper, numpy_helper

from tests.infer.constant import HEAD, OUTPUT, facts, save

SIDE = 320
MEAN, DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def saliency_network(path: Path) -> None:
    """input.1 [1,3,320,320] -> seven maps [1,1,320,320] after a sigmoid, the first the one that counts."""
    weights = np.zeros((7, 3, 1, 1), np.float32)
    weights[0] = np.array([-1.5, 3.0, -1.5])[:, None, None]  # green, less red and blue
    nodes = [helper.make_node("Conv", ["input.1", "weights", "shift"], ["seven"])]
    nodes.append(helper.make_node("Sigmoid", ["seven"], ["shares"]))
    names = [f"d{number}" for number in range(7)]
    nodes.append(helper.make_node("Split", ["shares"], names, axis=1))
    graph = helper.make_graph(
        nodes,
        "u2netp",
        [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["n", 3, SIDE, SIDE])],
        [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 1, SIDE, SIDE]) for name in names],
        [numpy_helper.from_array(weights, "weights"), numpy_helper.from_array(np.full(7, -2, np.float32), "shift")],
    )
    save(path, graph)


def install(packs: Path, name: str = "tiny-u2net") -> Path:
    """The pack in `packs`; returns its folder."""
    folder = packs / name
    saliency_network(folder / "model.onnx")
    source = f'{{ pack = "{name}", version = "1", url = "https://example.org" }}'
    text = HEAD.format(id=name, task="saliency", size=SIDE, range=[0, 1], fit="stretch", source=source, **facts(folder, "model.onnx"))
    numbers = f"mean = {list(MEAN)}, std = {list(DEVIATION)}"
    text = text.replace('name = "images"', 'name = "input.1"').replace(" }\nfiles", f", {numbers} }}\nfiles")
    (folder / "pack.toml").write_text(text + OUTPUT.format(name="d0", shape=[1, SIDE, SIDE]))
    return folder
