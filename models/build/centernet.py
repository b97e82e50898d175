"""Objects: CenterNet on MobileNetV3 (human), cut where its heatmap and box distances leave the network.

What its backbone makes of the picture on the way comes out as well: the greatest value of each channel of two blocks. These tell pictures
apart by what is in them; see models/build/likeness.py for the choice.
"""

from __future__ import annotations

import onnx

from models.build.convert import convert
from models.build.hardswish import fuse_hard_activations
from models.build.tfjs import GraphModel

SIZE = 512
BLOCKS = tuple(f"tower_0/MobilenetV3/expanded_conv_{number}/squeeze_excite/mul" for number in (11, 14))


def build(model: GraphModel) -> onnx.ModelProto:
    """images [N,3,512,512] RGB 0..255 -> heatmap [N,80,128,128] (0..1), wh [N,4,128,128] (left, top, right, bottom; px of 512),
    features [N,1248] (528 of the last block at a sixteenth of the size, 720 of the last but one at a thirty-second).
    """
    outputs = {"heatmap": "tower_0/keypoints", "wh": "tower_0/wh"}
    return convert(fuse_hard_activations(model), "centernet", ("tower_0/images", "images", SIZE), outputs, {"features": BLOCKS})
