"""InsightFace packs in Immich's layout: SCRFD in detection/, ArcFace in recognition/. How they are fed stands in packs.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import PositiveFloat, PositiveInt

from facetd.i18n import _
from facetd.infer.catalogue import AnyNetwork, ArcFace, ScrfdDetector, Template
from facetd.infer.catalogue.entries import Entry, Share
from facetd.infer.packs.layouts.staged import Staged, shown
from facetd.infer.packs.probing import WrongLayout

DETECTION, RECOGNITION = "detection/model.onnx", "recognition/model.onnx"
WIDTHS = {1: "scores", 4: "boxes", 10: "points"}
"""Numbers of each anchor, by output."""


class _Detection(Entry):
    size: PositiveInt
    mean: float
    std: PositiveFloat
    strides: tuple[PositiveInt, ...]
    anchors: PositiveInt
    score: Share
    weak: Share
    nms_iou: Share


class _Recognition(Entry):
    size: PositiveInt
    mean: float
    std: PositiveFloat
    same: float
    merge: float
    suggest: float
    min_face_px: float
    template: Template


class _Settings(Entry):
    detection: _Detection
    recognition: _Recognition


async def read(staged: Staged) -> Sequence[AnyNetwork]:
    """The detector and the recogniser. Raises WrongLayout."""
    settings = staged.settings(_Settings)
    return await _detector(staged, settings.detection), await _recogniser(staged, settings.recognition)


async def _detector(staged: Staged, settings: _Detection) -> ScrfdDetector:
    names = list((await staged.graph(DETECTION)).outputs)
    entry = _input(settings.size, "letterbox_top_left", settings.mean, settings.std)
    table = {"strides": settings.strides, "anchors": settings.anchors, "score": settings.score, "weak": settings.weak}
    # Which output is which shows in the answer: the names are numbers that mean nothing.
    blank = {"scores": ("",) * len(settings.strides), "boxes": ("",) * len(settings.strides), "points": ("",) * len(settings.strides)}
    fields = {"scrfd": {**table, **blank, "nms_iou": settings.nms_iou}}
    model = await staged.picture_model(ScrfdDetector, "detection", DETECTION, entry, [""] * len(names), fields)
    places = _places({output.name: output.shape for output in model.outputs}, settings)
    outputs = [
        output.model_copy(update={"meaning": f"{kind} of stride {stride}"})
        for output in model.outputs
        for (kind, stride), name in places.items()
        if name == output.name
    ]
    by_kind = {kind: tuple(places[kind, stride] for stride in settings.strides) for kind in WIDTHS.values()}
    staged.references[model.id]["outputs"] = {
        name: samples for name, samples in staged.references[model.id]["outputs"].items() if name in places.values()
    }
    return model.model_copy(update={"outputs": tuple(outputs), "scrfd": model.scrfd.model_copy(update=by_kind)})


def _places(shapes: Mapping[str, tuple[int, ...]], settings: _Detection) -> dict[tuple[str, int], str]:
    """The name of the output of each kind and stride. Raises WrongLayout where one is missing."""
    found: dict[tuple[str, int], str] = {}
    cells = {(settings.size // stride) ** 2 * settings.anchors: stride for stride in settings.strides}
    for name, shape in shapes.items():
        if len(shape) == 2 and shape[0] in cells and shape[1] in WIDTHS:
            found[WIDTHS[shape[1]], cells[shape[0]]] = name
    for kind in WIDTHS.values():
        for stride in settings.strides:
            if (kind, stride) not in found:
                raise WrongLayout(
                    _("{file}: expected {kind} of stride {stride}; its outputs are {shapes}").format(
                        file=DETECTION, kind=kind, stride=stride, shapes=", ".join(map(shown, shapes.values()))
                    )
                )
    return found


async def _recogniser(staged: Staged, settings: _Recognition) -> ArcFace:
    entry = _input(settings.size, "aligned", settings.mean, settings.std)
    space = f"{staged.pack.id}-{staged.version[:8]}"
    limits = settings.model_dump(include={"same", "merge", "suggest", "min_face_px", "template"})
    # The dimension is what comes out.
    fields = {"embedding": {"space": space, "dimension": 1, **limits}}
    model = await staged.picture_model(ArcFace, "recognition", RECOGNITION, entry, ["vector of the face"], fields)
    shape = model.outputs[0].shape
    if len(shape) != 1:
        raise WrongLayout(_("{file}: expected an output [1, n], it gives {shape}").format(file=RECOGNITION, shape=shown((1, *shape))))
    return model.model_copy(update={"embedding": model.embedding.model_copy(update={"dimension": shape[0]})})


def _input(size: int, fit: str, mean: float, std: float) -> dict[str, object]:
    return {"size": size, "range": (0.0, 255.0), "fit": fit, "mean": (mean,) * 3, "std": (std,) * 3}
