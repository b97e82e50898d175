"""Objects: CenterNet on MobileNetV3 (human), cut where its heatmap and box distances leave the network."""

from __future__ import annotations

import onnx

from models.build.convert import convert
from models.build.hardswish import fuse_hard_activations
from models.build.tfjs import GraphModel

SIZE = 512


def build(model: GraphModel) -> onnx.ModelProto:
    """images [N,3,512,512] RGB 0..255 -> heatmap [N,80,128,128] (0..1), wh [N,4,128,128] (left, top, right, bottom; px of 512)."""
    outputs = {"heatmap": "tower_0/keypoints", "wh": "tower_0/wh"}
    return convert(fuse_hard_activations(model), "centernet", ("tower_0/images", "images", SIZE), outputs)
