"""Where a head is and how it is tilted: what the networks of single faces look at."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats

# The detector's box beside the extent of the mesh of the same face, medians of portraits: size, and shift in units of the mesh.
BOX_SIZE = np.array([0.98, 1.05], np.float32)
BOX_SHIFT = np.array([-0.03, -0.045], np.float32)


class Heads(NamedTuple):
    """Per face: `centres` (N,2) in px of the frame, `sizes` (N,2), width and height along the head's own axes, and `rolls_deg` (N,).

    A roll is how far the head is tilted clockwise in the picture.
    """

    centres: Floats
    sizes: Floats
    rolls_deg: Floats

    def where(self, chosen: NDArray[np.bool_] | NDArray[np.intp]) -> Heads:
        """The heads of an index array or mask."""
        return Heads(self.centres[chosen], self.sizes[chosen], self.rolls_deg[chosen])

    def turned(self, rolls_deg: Floats) -> Heads:
        """The same heads with other rolls."""
        return Heads(self.centres, self.sizes, rolls_deg)


def of_boxes(boxes: Floats) -> Heads:
    """Upright heads in boxes (N,4), cut to whole pixels as the landmark network was trained."""
    whole = np.floor(boxes)
    centres = (whole[:, :2] + whole[:, 2:] - 1) / 2
    sizes = np.asarray(np.maximum(whole[:, 2:] - whole[:, :2], 1), np.float32)
    return Heads(np.asarray(centres, np.float32), sizes, np.zeros(len(boxes), np.float32))


def of_meshes(points: Floats, rolls_deg: Floats) -> Heads:
    """The heads that the detector would have boxed, had they been upright, from meshes (N,468,3) and their rolls."""
    angles = np.radians(rolls_deg)
    along = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # the head's own x axis in the picture
    down = np.stack([-along[:, 1], along[:, 0]], axis=1)
    own = np.stack([(points[:, :, :2] * axis[:, None]).sum(axis=2) for axis in (along, down)], axis=2)
    low, high = own.min(axis=1), own.max(axis=1)
    middle = (low + high) / 2 + BOX_SHIFT * (high - low)
    centres = middle[:, :1] * along + middle[:, 1:] * down
    return Heads(np.asarray(centres, np.float32), np.asarray(np.maximum(BOX_SIZE * (high - low), 1), np.float32), rolls_deg)
