"""How a photo looks before its pixels arrive: a placeholder of 25 bytes at most, and its colours."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from facetd.media.scaling import shrink
from facetd.records.measures import Appearance

_PLACEHOLDER_SIDE = 64  # ThumbHash accepts up to 100; its finest wave has seven half periods
_PALETTE_SIDE = 64
_MOST_COLORS = 5
_LEAST_SHARE = 0.02  # of the picture, for a colour to be named
_SAME_COLOR = 40.0  # RGB distance below which two colours count as one


def describe_appearance(rgb: NDArray[np.uint8]) -> Appearance:
    """Placeholder and dominant colours of RGB uint8 (H,W,3) in sRGB; a thumbnail is large enough."""
    picture = Image.fromarray(rgb)
    placeholder = thumbhash(np.asarray(shrink(picture, _PLACEHOLDER_SIDE)))
    return Appearance(placeholder, dominant_colors(np.asarray(shrink(picture, _PALETTE_SIDE))))


def thumbhash(rgb: NDArray[np.uint8]) -> bytes:
    """The ThumbHash of an opaque picture of at most 100 x 100 px (https://evanw.github.io/thumbhash): 25 bytes at most."""
    height, width = rgb.shape[:2]
    red, green, blue = np.moveaxis(rgb.astype(np.float64) / 255, -1, 0)
    longest = max(width, height)
    waves_x, waves_y = max(1, _rounded(7 * width / longest)), max(1, _rounded(7 * height / longest))
    luma = _encode_channel((red + green + blue) / 3, max(3, waves_x), max(3, waves_y))
    yellow_blue = _encode_channel((red + green) / 2 - blue, 3, 3)
    red_green = _encode_channel(red - green, 3, 3)
    wide = width > height
    head: int = _rounded(63 * luma[0]) | _rounded(31.5 + 31.5 * yellow_blue[0]) << 6 | _rounded(31.5 + 31.5 * red_green[0]) << 12
    head |= _rounded(31 * luma[2]) << 18
    tail: int = (waves_y if wide else waves_x) | _rounded(63 * yellow_blue[2]) << 3 | _rounded(63 * red_green[2]) << 9 | int(wide) << 15
    nibbles = [_rounded(15 * value) for channel in (luma, yellow_blue, red_green) for value in channel[1]]
    nibbles += [0] * (len(nibbles) % 2)
    body = bytes(low | high << 4 for low, high in zip(nibbles[::2], nibbles[1::2], strict=True))
    return head.to_bytes(3, "little") + tail.to_bytes(2, "little") + body


def _encode_channel(channel: NDArray[np.float64], waves_x: int, waves_y: int) -> tuple[float, list[float], float]:
    """Mean, the other cosine coefficients of the upper left triangle scaled to 0..1, and their scale."""
    height, width = channel.shape
    across = np.cos(np.pi / width * np.outer(np.arange(waves_x), np.arange(width) + 0.5))
    down = np.cos(np.pi / height * np.outer(np.arange(waves_y), np.arange(height) + 0.5))
    waves = down @ channel @ across.T / (width * height)
    kept = [float(waves[cy, cx]) for cy in range(waves_y) for cx in range(waves_x) if cx * waves_y < waves_x * (waves_y - cy)]
    mean, others = kept[0], kept[1:]
    scale = max((abs(value) for value in others), default=0.0)
    return mean, [0.5 + 0.5 * value / scale if scale else 0.5 for value in others], scale


def _rounded(value: float) -> int:
    return math.floor(value + 0.5)


def dominant_colors(rgb: NDArray[np.uint8]) -> tuple[str, ...]:
    """Up to five colours as `#rrggbb`, most common first: median cut, near ones merged. Deterministic."""
    reduced = Image.fromarray(rgb).quantize(8, method=Image.Quantize.MEDIANCUT)
    palette = np.asarray(reduced.getpalette(), dtype=np.float64).reshape(-1, 3)
    counts = np.bincount(np.asarray(reduced).ravel(), minlength=len(palette))
    merged: list[tuple[NDArray[np.float64], int]] = []
    for index in np.argsort(-counts, kind="stable"):
        color, count = palette[index], int(counts[index])
        near = next((at for at, (other, _) in enumerate(merged) if np.linalg.norm(other - color) < _SAME_COLOR), None)
        if near is None:
            merged.append((color, count))
        else:
            other, total = merged[near]
            merged[near] = ((other * total + color * count) / max(1, total + count), total + count)
    merged.sort(key=lambda entry: -entry[1])
    least = _LEAST_SHARE * reduced.width * reduced.height
    named = [color for color, count in merged if count >= least][:_MOST_COLORS]
    return tuple("#{:02x}{:02x}{:02x}".format(*(round(part) for part in color)) for color in named)
