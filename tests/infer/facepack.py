"""A pack in the layout of InsightFace with tiny networks: to them faces are red rectangles, and persons the blue in their quarters.

The networks' inputs, outputs, their order, shapes and units are those of SCRFD and ArcFace; only what happens between is simple.
"""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from onnx import NodeProto, TensorProto, helper, numpy_helper

from facetd.infer.catalogue import PACK_FILE, Model, read_entries
from tests.infer.constant import HEAD, OUTPUT, facts, save, write_reference

SIDE, ANCHORS = 640, 2
STRIDES = (8, 16, 32)
SIZES = {8: (2.0, 8.0), 16: (3.0, 9.0), 32: (4.0, 14.0)}  # of faces, in strides: which stride sees which
TEMPLATE = np.array(
    [[38.2946, 51.6963], [73.5318, 51.5014], [56.0252, 71.7366], [41.5493, 92.3655], [70.7299, 92.2041]], np.float32
)  # of ArcFace, px of 112
FIVE = TEMPLATE / np.float32(112)  # where a face has its features: the chip is the whole face
PERSONS = ((255, 255, 0, 0), (255, 0, 255, 0), (255, 0, 0, 255))  # the blue of the quarters, row by row
SAME, MERGE, SUGGEST = 1.0, 0.95, 1.1


def draw_face(picture: NDArray[np.uint8], box: tuple[int, int, int, int], person: int = 0) -> None:
    """Paint a face into `picture` (H,W,3) at (left, top, right, bottom)."""
    left, top, right, bottom = box
    middle_x, middle_y = (left + right) // 2, (top + bottom) // 2
    columns, rows = ((left, middle_x), (middle_x, right)), ((top, middle_y), (middle_y, bottom))
    for blue, ((y0, y1), (x0, x1)) in zip(PERSONS[person], itertools.product(rows, columns), strict=True):
        picture[y0:y1, x0:x1] = (255, 0, blue)


def scrfd_network(path: Path) -> None:
    """input.1 [1,3,?,?] -> scores of each stride, then boxes, then points, each [cells x anchors, 1 | 4 | 10] without a batch axis."""
    constants: dict[str, NDArray[np.generic]] = {"scale": np.array(128 / 255, np.float32)}
    for channel in (0, 1):
        constants[f"c{channel}"], constants[f"e{channel}"] = np.array([channel]), np.array([channel + 1])
    constants["axis"] = np.array([1])
    nodes = [
        helper.make_node("Slice", ["input.1", "c0", "e0", "axis"], ["red"]),
        helper.make_node("Slice", ["input.1", "c1", "e1", "axis"], ["green"]),
        helper.make_node("Sub", ["red", "green"], ["contrast"]),
        helper.make_node("Relu", ["contrast"], ["positive"]),
        helper.make_node("Mul", ["positive", "scale"], ["cover"]),  # 0..1 of each pixel, also where the border is blurred
    ]
    for stride in STRIDES:
        nodes += _head(stride, constants)
    names = [f"{kind}{stride}" for kind in ("score", "box", "points") for stride in STRIDES]
    widths = {"score": 1, "box": 4, "points": 10}
    cells = {stride: (SIDE // stride) ** 2 * ANCHORS for stride in STRIDES}
    outputs = [
        helper.make_tensor_value_info(f"{kind}{stride}", TensorProto.FLOAT, [cells[stride], widths[kind]])
        for kind in ("score", "box", "points")
        for stride in STRIDES
    ]
    assert [output.name for output in outputs] == names
    values = [numpy_helper.from_array(np.asarray(value), name) for name, value in constants.items()]
    pixels = helper.make_tensor_value_info("input.1", TensorProto.FLOAT, [1, 3, None, None])
    save(path, helper.make_graph(nodes, "scrfd", [pixels], outputs, values))


def _head(stride: int, constants: dict[str, NDArray[np.generic]]) -> list[NodeProto]:
    """The outputs of one stride: how far the red goes in four directions from each cell's corner, which is its anchors' centre."""
    s, reach = str(stride), int(SIZES[stride][1]) + 2
    nodes = [helper.make_node("AveragePool", ["cover"], [f"m{s}"], kernel_shape=[stride, stride], strides=[stride, stride])]
    constants["certain"] = np.array(0.99, np.float32)
    nodes.append(helper.make_node("Less", ["certain", f"m{s}"], [f"whole{s}"]))
    nodes.append(helper.make_node("Cast", [f"whole{s}"], [f"full{s}"], to=TensorProto.FLOAT))
    for name, run in (("right", "right"), ("down", "down"), ("left", "left_own"), ("up", "up_own")):
        nodes += _run(stride, reach, name, f"{run}{s}", constants)
    nodes += [*_shifted(stride, "left", f"left_own{s}", f"left{s}", constants), *_shifted(stride, "up", f"up_own{s}", f"up{s}", constants)]
    low, high = SIZES[stride]
    distances = [f"{name}{s}" for name in ("left", "up", "right", "down")]
    constants |= {f"low{s}": np.array(low, np.float32), f"high{s}": np.array(high, np.float32)}
    half = np.array(0.5, np.float32)
    constants["half"], constants["most"] = half, np.array(0.98, np.float32)
    constants["slim"] = np.array(0.6, np.float32)
    constants["steep"], constants["start"] = np.array(20, np.float32), np.array(19, np.float32)
    nodes += [
        helper.make_node("Add", [f"left{s}", f"right{s}"], [f"wide{s}"]),
        helper.make_node("Add", [f"up{s}", f"down{s}"], [f"tall{s}"]),
        helper.make_node("Max", [f"wide{s}", f"tall{s}"], [f"size{s}"]),
        helper.make_node("Less", [f"size{s}", f"high{s}"], [f"below{s}"]),
        helper.make_node("Min", [f"wide{s}", f"tall{s}"], [f"least{s}"]),
        helper.make_node("Div", [f"least{s}", "slim"], [f"stout{s}"]),
        helper.make_node("Less", [f"size{s}", f"stout{s}"], [f"single{s}"]),
        helper.make_node("Less", [f"low{s}", f"size{s}"], [f"large{s}"]),
        helper.make_node("And", [f"large{s}", f"single{s}"], [f"above{s}"]),
        helper.make_node("Cast", [f"below{s}"], [f"below{s}_f"], to=TensorProto.FLOAT),
        helper.make_node("Cast", [f"above{s}"], [f"above{s}_f"], to=TensorProto.FLOAT),
        helper.make_node("Mul", [f"m{s}", "steep"], [f"steep{s}"]),  # only a cell that is all face knows how far it goes
        helper.make_node("Sub", [f"steep{s}", "start"], [f"rise{s}"]),
        helper.make_node("Relu", [f"rise{s}"], [f"risen{s}"]),
        helper.make_node("Min", [f"risen{s}", "most"], [f"capped{s}"]),
        helper.make_node("Mul", [f"capped{s}", f"below{s}_f"], [f"some{s}"]),
        helper.make_node("Mul", [f"some{s}", f"above{s}_f"], [f"first{s}"]),
        helper.make_node("Mul", [f"first{s}", "half"], [f"second{s}"]),  # the other anchor is not so sure
        helper.make_node("Concat", [f"first{s}", f"second{s}"], [f"scores{s}"], axis=1),
        helper.make_node("Concat", distances * ANCHORS, [f"boxes{s}"], axis=1),
    ]
    offsets = []
    for point, (x, y) in enumerate(FIVE):
        for axis, share, before, size in (("x", x, "left", "wide"), ("y", y, "up", "tall")):
            name = f"p{point}{axis}{s}"
            constants[f"{name}_share"] = np.array(share, np.float32)
            nodes += [
                helper.make_node("Mul", [f"{size}{s}", f"{name}_share"], [f"{name}_in"]),
                helper.make_node("Sub", [f"{name}_in", f"{before}{s}"], [name]),
            ]
            offsets.append(name)
    nodes.append(helper.make_node("Concat", offsets * ANCHORS, [f"five{s}"], axis=1))
    for kind, source, width in (("score", "scores", 1), ("box", "boxes", 4), ("points", "five", 10)):
        constants[f"{kind}_shape"] = np.array([-1, width])
        nodes += [
            helper.make_node("Transpose", [f"{source}{s}"], [f"{source}{s}_last"], perm=[0, 2, 3, 1]),
            helper.make_node("Reshape", [f"{source}{s}_last", f"{kind}_shape"], [f"{kind}{s}"]),
        ]
    return nodes


def _run(stride: int, reach: int, way: str, result: str, constants: dict[str, NDArray[np.generic]]) -> list[NodeProto]:
    """How far the red goes on from each cell, itself included, up to `reach` cells: it ends with the first cell that is not all red."""
    nodes, so_far = [], f"m{stride}"
    for step in range(reach):
        name = f"{result}_{step}"
        nodes += _shifted(stride, way, so_far, f"{name}_next", constants)
        nodes.append(helper.make_node("Mul", [f"{name}_next", f"full{stride}"], [f"{name}_more"]))
        so_far = result if step == reach - 1 else name
        nodes.append(helper.make_node("Add", [f"m{stride}", f"{name}_more"], [so_far]))
    return nodes


def _shifted(stride: int, way: str, source: str, result: str, constants: dict[str, NDArray[np.generic]]) -> list[NodeProto]:
    """What the neighbour in the direction `way` has; nothing beyond the border."""
    cells, axis, later = SIDE // stride, 3 if way in ("left", "right") else 2, way in ("right", "down")
    pads = np.zeros(8, np.int64)
    pads[axis + 4 * later] = 1
    constants |= {
        f"start_{way}": np.array([int(later)]),
        f"end_{way}{stride}": np.array([cells - (not later)]),
        f"axis{axis}": np.array([axis]),
    }
    constants[f"pads_{way}"] = pads
    return [
        helper.make_node("Slice", [source, f"start_{way}", f"end_{way}{stride}", f"axis{axis}"], [f"{result}_cut"]),
        helper.make_node("Pad", [f"{result}_cut", f"pads_{way}"], [result]),
    ]


def arcface_network(path: Path, *, seed: int = 1) -> None:
    """input.1 [N,3,112,112] -> [N,512]: the blue of the four quarters, turned into 512 numbers at random."""
    turn, _ = np.linalg.qr(np.random.default_rng(seed).normal(size=(512, 4)))
    constants = {"blue": np.array([2]), "end": np.array([3]), "axis": np.array([1]), "turn": turn.T.astype(np.float32)}
    nodes = [
        helper.make_node("Slice", ["input.1", "blue", "end", "axis"], ["b"]),
        helper.make_node("AveragePool", ["b"], ["quarters"], kernel_shape=[56, 56], strides=[56, 56]),
        helper.make_node("Flatten", ["quarters"], ["four"], axis=1),
        helper.make_node("MatMul", ["four", "turn"], ["683"]),
    ]
    graph = helper.make_graph(
        nodes,
        "arcface",
        [helper.make_tensor_value_info("input.1", TensorProto.FLOAT, ["n", 3, 112, 112])],
        [helper.make_tensor_value_info("683", TensorProto.FLOAT, ["n", 512])],
        [numpy_helper.from_array(value, name) for name, value in constants.items()],
    )
    save(path, graph)


def install(packs: Path, name: str = "tiny-buffalo", *, references: bool = True) -> Path:
    """The pack in `packs`; returns its folder. `references` are for trials, and take a second."""
    folder = packs / name
    scrfd_network(folder / "detection" / "model.onnx")
    arcface_network(folder / "recognition" / "model.onnx")
    source = f'{{ pack = "{name}", version = "1", url = "https://example.org" }}'
    text = HEAD.format(
        id=f"{name}-detection", task="face_detection_scrfd", size=SIDE, range=[0, 255], fit="letterbox_top_left", source=source,
        **facts(folder, "detection/model.onnx"),
    )  # fmt: skip
    text = _normalised(text, 128).replace("precisions", 'takes = "bare"\nprecisions', 1)
    for kind, width in (("score", 1), ("box", 4), ("points", 10)):
        text += "".join(OUTPUT.format(name=f"{kind}{stride}", shape=[(SIDE // stride) ** 2 * ANCHORS, width]) for stride in STRIDES)
    text += f"[models.scrfd]\nstrides = {list(STRIDES)}\nanchors = {ANCHORS}\nscore = 0.5\nweak = 0.3\nnms_iou = 0.4\n"
    for key, kind in (("scores", "score"), ("boxes", "box"), ("points", "points")):
        text += f"{key} = {[f'{kind}{stride}' for stride in STRIDES]}\n"
    text += _normalised(
        HEAD.format(
            id=f"{name}-recognition", task="face_embedding_arcface", size=112, range=[0, 255], fit="aligned", source=source,
            **facts(folder, "recognition/model.onnx"),
        ),
        127.5,
    )  # fmt: skip
    text += OUTPUT.format(name="683", shape=[512])
    text += f'[models.embedding]\nspace = "{name}"\ndimension = 512\nsame = {SAME}\nmerge = {MERGE}\nsuggest = {SUGGEST}\n'
    text += "min_face_px = 20\n[models.embedding.template]\n"
    for point, (x, y) in zip(("left_eye", "right_eye", "nose_tip", "mouth_left", "mouth_right"), TEMPLATE.tolist(), strict=True):
        text += f"{point} = [{x:.4f}, {y:.4f}]\n"
    (folder / PACK_FILE).write_text(text)
    for entry in read_entries(folder / PACK_FILE) if references else ():
        assert isinstance(entry, Model)
        write_reference(folder, entry)
    return folder


def _normalised(text: str, deviation: float) -> str:
    """The entry with the publisher's mean and deviation, and the name of its input."""
    numbers = f"mean = [127.5, 127.5, 127.5], std = [{deviation}, {deviation}, {deviation}]"
    return text.replace('name = "images"', 'name = "input.1"').replace(" }\nfiles", f", {numbers} }}\nfiles")
