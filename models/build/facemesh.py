"""Face mesh: 468 points and whether there is a face at all (human)."""

from __future__ import annotations

import onnx

from models.build.convert import convert
from models.build.tfjs import GraphModel

SIZE = 192


def build(model: GraphModel) -> onnx.ModelProto:
    """faces [N,3,192,192] RGB 0..1 -> points [N,1404] = x, y, z of 468 points (px of 192), flag [N,1] (0..1)."""
    return convert(model, "facemesh", ("input_1", "faces", SIZE), {"points": "Identity_2", "flag": "Identity_1"})
