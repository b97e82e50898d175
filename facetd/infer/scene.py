"""A synthetic picture that every machine draws alike: a cartoon face before a garden, for checking runtimes against reference outputs.

Only additions, multiplications, divisions, square roots and comparisons in float64 are used, which IEEE 754 defines to the last
bit, and the result is rounded to whole pixel values: what a model sees does not depend on the machine.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float64]
Color = tuple[float, float, float]

SKIN: Color = (222, 176, 148)
SKIN_SHADE: Color = (176, 122, 98)
HAIR: Color = (62, 42, 32)
WHITE: Color = (240, 238, 232)
IRIS: Color = (70, 96, 84)
PUPIL: Color = (18, 16, 16)
LIPS: Color = (172, 84, 82)
SHIRT: Color = (58, 84, 132)


@dataclass(frozen=True, slots=True)
class Window:
    """The square part of the scene that is drawn, in units of the distance between the eyes; their middle is the origin, y points down."""

    left: float
    top: float
    side: float


def draw(size: int, window: Window) -> NDArray[np.uint8]:
    """The scene inside `window` as [size, size, 3] RGB."""
    steps = (np.arange(size, dtype=np.float64) + 0.5) / size * window.side
    x, y = np.broadcast_arrays((window.left + steps)[None, :], (window.top + steps)[:, None])
    canvas = _Canvas(x, y, softness=1.5 * window.side / size)
    _draw_background(canvas)
    _draw_things(canvas)
    _draw_body(canvas)
    _draw_head(canvas)
    for side in (-1.0, 1.0):
        _draw_eye(canvas, side)
    _draw_nose_and_mouth(canvas)
    pixels: NDArray[np.uint8] = np.rint(np.clip(canvas.picture, 0, 255)).astype(np.uint8)
    return pixels


class _Canvas:
    """A picture and the coordinates of its pixels; shapes have edges `softness` wide."""

    def __init__(self, x: Plane, y: Plane, softness: float) -> None:
        self.x, self.y, self.softness = x, y, softness
        self.picture = np.zeros((*x.shape, 3))

    def paint(self, cover: Plane, color: Color | Plane, opacity: float = 1.0) -> None:
        """Lay `color` over the picture where `cover` (0..1) says."""
        alpha = (cover * opacity)[..., None]
        self.picture = self.picture * (1 - alpha) + np.asarray(color, np.float64) * alpha

    def edge(self, distance: Plane, softness: float | None = None) -> Plane:
        """1 inside (negative distance), 0 outside, smooth in between."""
        t = np.clip(0.5 - distance / (softness or self.softness), 0, 1)
        return t * t * (3 - 2 * t)

    def ellipse(self, x: float, y: float, rx: float, ry: float, softness: float | None = None) -> Plane:
        """Cover of an axis-parallel ellipse."""
        u, v = (self.x - x) / rx, (self.y - y) / ry
        return self.edge((np.sqrt(u * u + v * v) - 1) * min(rx, ry), softness)


def _mix(first: Color, second: Color, share: Plane) -> Plane:
    share = np.clip(share, 0, 1)[..., None]
    return np.asarray(first, np.float64) * (1 - share) + np.asarray(second, np.float64) * share


def _draw_background(c: _Canvas) -> None:
    """Sky over a hedge with round leaves in a regular order."""
    c.paint(np.ones_like(c.x), _mix((176, 204, 232), (120, 158, 110), (c.y + 3.2) / 4))
    for x, y, radius, shade in _leaves():
        c.paint(c.ellipse(x, y, radius, radius * 0.7, softness=0.12), (60 + shade, 104 + shade, 52 + shade * 0.5), 0.8)


def _leaves() -> Iterator[tuple[float, float, float, float]]:
    for row in range(5):
        for column in range(9):
            number = row * 9 + column
            yield column * 1.1 - 4.6 + (row % 2) * 0.5, row * 0.9 - 0.4, 0.32 + (number * 7 % 5) * 0.05, number * 13 % 41


def _draw_things(c: _Canvas) -> None:
    """A stop sign without letters on a post, and a wall clock at ten past two."""
    x, y = np.abs(c.x - 3.6), np.abs(c.y + 0.9)
    octagon = np.maximum(np.maximum(x, y), (x + y) / np.sqrt(2))
    c.paint(c.edge(np.maximum(x - 0.09, -(c.y + 0.2))), (128, 128, 132))
    c.paint(c.edge(octagon - 1.1), (238, 236, 232))
    c.paint(c.edge(octagon - 1.0), _mix((196, 34, 40), (158, 24, 32), (c.y + 2) / 2))
    for letter in range(4):
        c.paint(c.edge(np.maximum(np.abs(c.x - 3.0 - 0.4 * letter) - 0.1, y - 0.28)), (238, 236, 232))
    c.paint(c.ellipse(-3.6, -1.0, 1.0, 1.0), (40, 40, 44))
    c.paint(c.ellipse(-3.6, -1.0, 0.9, 0.9), WHITE)
    for u, v in ((1, 0), (-1, 0), (0, 1), (0, -1), (0.5, 0.866), (-0.5, 0.866), (0.5, -0.866), (-0.5, -0.866)):
        c.paint(c.ellipse(-3.6 + 0.76 * u, -1.0 + 0.76 * v, 0.06, 0.06), PUPIL)
    for u, v, length in ((0.866, -0.5, 0.4), (0.87, -0.5, 0.62), (0.0, -1.0, 0.45)):
        along, across = (c.x + 3.6) * u + (c.y + 1.0) * v, np.abs((c.x + 3.6) * v - (c.y + 1.0) * u)
        c.paint(c.edge(np.maximum(np.abs(along - length / 2) - length / 2, across - 0.05)), PUPIL)


def _draw_body(c: _Canvas) -> None:
    cover = np.maximum(c.ellipse(0, 4.3, 2.5, 1.75), c.edge(np.maximum(np.abs(c.x) - 2.5, 4.3 - c.y)))
    c.paint(cover, _mix(SHIRT, (34, 50, 84), (c.x * c.x) / 6))
    c.paint(c.ellipse(0, 2.15, 0.62, 0.85), _mix(SKIN_SHADE, SKIN, (c.y - 1.6) * 1.2))


def _draw_head(c: _Canvas) -> None:
    """Hair, ears, and a face lit from the upper left."""
    c.paint(c.ellipse(0, 0.0, 1.32, 1.55), HAIR)
    for side in (-1.0, 1.0):
        c.paint(c.ellipse(side * 1.14, 0.28, 0.17, 0.34), SKIN_SHADE)
    lit = ((c.x - 0.25) * 0.35 + (c.y - 0.2) * 0.18) ** 2 + np.maximum(c.x, 0) * 0.35 + np.maximum(c.y - 1.1, 0) * 0.3
    c.paint(c.ellipse(0, 0.42, 1.1, 1.38, softness=0.05), _mix(SKIN, SKIN_SHADE, lit))
    fringe = c.ellipse(-0.1, -0.95, 1.15, 0.52, softness=0.1)
    c.paint(fringe, _mix(HAIR, (96, 66, 48), (c.x + 0.9) * (0.6 - c.x)))
    for side in (-1.0, 1.0):
        c.paint(c.ellipse(side * 0.6, 0.62, 0.3, 0.24, softness=0.25), (226, 146, 126), 0.35)


def _draw_eye(c: _Canvas, side: float) -> None:
    x = side * 0.5
    c.paint(c.ellipse(x, -0.02, 0.33, 0.22, softness=0.16), SKIN_SHADE, 0.55)
    white = c.ellipse(x, 0.0, 0.25, 0.12, softness=0.03)
    c.paint(white, WHITE)
    c.paint(white * c.ellipse(x, 0.0, 0.118, 0.118, softness=0.02), IRIS)
    c.paint(white * c.ellipse(x, 0.0, 0.056, 0.056, softness=0.02), PUPIL)
    c.paint(c.ellipse(x - 0.03, -0.035, 0.024, 0.024, softness=0.02), (255, 255, 255))
    upper = np.clip(c.ellipse(x, 0.0, 0.28, 0.15, softness=0.03) - c.ellipse(x, 0.03, 0.27, 0.135, softness=0.03), 0, 1)
    c.paint(upper, (54, 34, 28), 0.9)
    brow = np.clip(c.ellipse(x, -0.27, 0.33, 0.15, softness=0.04) - c.ellipse(x, -0.2, 0.36, 0.16, softness=0.04), 0, 1)
    c.paint(brow, HAIR, 0.9)


def _draw_nose_and_mouth(c: _Canvas) -> None:
    c.paint(c.ellipse(0.13, 0.3, 0.09, 0.36, softness=0.14), SKIN_SHADE, 0.5)
    c.paint(c.ellipse(-0.04, 0.4, 0.06, 0.26, softness=0.12), (240, 204, 180), 0.6)
    c.paint(c.ellipse(0, 0.66, 0.2, 0.1, softness=0.12), SKIN_SHADE, 0.6)
    for side in (-1.0, 1.0):
        c.paint(c.ellipse(side * 0.1, 0.67, 0.05, 0.032, softness=0.03), (92, 52, 44), 0.9)
    c.paint(c.ellipse(0, 1.28, 0.3, 0.07, softness=0.12), SKIN_SHADE, 0.6)
    c.paint(c.ellipse(0, 1.06, 0.44, 0.13, softness=0.04), LIPS)
    c.paint(c.ellipse(0, 1.05, 0.37, 0.032, softness=0.03), (96, 36, 38), 0.9)
    c.paint(c.ellipse(0, 1.12, 0.2, 0.03, softness=0.06), (216, 142, 138), 0.6)
