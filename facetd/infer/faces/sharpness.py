"""How sharp a face and its eyes are, where noise does not pass for detail."""

from __future__ import annotations

import math

import cv2
import numpy as np

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.faces import mesh
from facetd.infer.pixels import resized

LARGEST = 400  # px; wider faces are judged at this width, as they are looked at
SMALLEST = 16  # px of a patch
FLOOR = 0.05  # gradient energy of 8-bit rounding and of flat skin, levels^2
# Octaves at which a score is half of what it can be. The faces of the photos tried had 2.1 and their eyes 2.4 in the median, 0.7 after a
# blur of 2 px; those below 100 px show coarser features more finely.
FACE_MIDDLE, EYES_MIDDLE, SLOPE = 1.5, 1.6, 0.75
SMALL_FACE, SMALL_COST = 100, 0.5


def face_and_eyes(frame: Pixels, points: Floats) -> tuple[float, float]:
    """Sharpness of the face (0..100) and of its sharper eye (0..10), for one mesh (468,3) in px of `frame` (H,W,3).

    The nearer eye is the one that counts: photographers focus on it.
    """
    low, high = points[:, :2].min(axis=0), points[:, :2].max(axis=0)
    face, origin = _cut(frame, low, high)
    if not face.size:
        return 0.0, 0.0
    scale = min(1.0, LARGEST / max(1.0, float(high[0] - low[0])))
    if scale < 1:
        face = resized(face, max(1, round(face.shape[1] * scale)), max(1, round(face.shape[0] * scale)))
    gray = np.asarray(cv2.cvtColor(face, cv2.COLOR_RGB2GRAY), np.float32)
    sigma = noise_of(gray)
    inner = gray[gray.shape[0] // 10 :, gray.shape[1] // 8 : gray.shape[1] - gray.shape[1] // 8]
    eyes = [_eye(gray, (points[list(eye), :2] - origin) * scale, sigma) for eye in (mesh.LEFT_EYE, mesh.RIGHT_EYE)]
    fine = SMALL_COST * max(0.0, math.log2(SMALL_FACE / max(1.0, float(high[0] - low[0]))))
    return 100 * _logistic(octaves(inner, sigma) - FACE_MIDDLE - fine), 10 * _logistic(max(eyes) - EYES_MIDDLE - fine)


def octaves(gray: Floats, sigma: float) -> float:
    """log2 of the gradient energy of `gray` (H,W; 0..255) over that of its quarter-size copy, the share of noise `sigma` taken off both.

    This is the re-blur ratio of Zhuo and Sim (Defocus map estimation from a single image, Pattern Recognition 44, 2011): 2 for a clean
    edge, more for fine texture, 0 for blur beyond 4 px. Contrast cancels.
    """
    if min(gray.shape) < 8:
        return 0.0
    height, width = gray.shape[0] // 4, gray.shape[1] // 4
    small = np.asarray(cv2.resize(gray[: 4 * height, : 4 * width], (width, height), interpolation=cv2.INTER_AREA), np.float32)
    variance = sigma * sigma
    fine = max(0.0, _energy(gray) - variance)
    coarse = max(0.0, _energy(small) - variance / 16) / 16
    return math.log2((fine + FLOOR) / (coarse + FLOOR))


def noise_of(gray: Floats) -> float:
    """Standard deviation of the noise of `gray` in levels: the median of the finest diagonal detail / 0.6745 (Donoho, 1995)."""
    height, width = gray.shape[0] // 2 * 2, gray.shape[1] // 2 * 2
    if min(height, width) < 4:
        return 0.0
    a, b = gray[0:height:2, 0:width:2], gray[0:height:2, 1:width:2]
    c, d = gray[1:height:2, 0:width:2], gray[1:height:2, 1:width:2]
    return float(np.median(np.abs(a - b - c + d))) / 2 / 0.6745


def _eye(gray: Floats, eye: Floats, sigma: float) -> float:
    centre, half = eye.mean(axis=0), max(SMALLEST / 2, 0.8 * float(np.linalg.norm(eye[0] - eye[3])))
    x0, y0 = np.clip(np.floor(centre - half), 0, None).astype(int)
    x1, y1 = np.clip(np.ceil(centre + half), 0, None).astype(int)
    return octaves(gray[y0:y1, x0:x1], sigma)


def _energy(gray: Floats) -> float:
    """Mean squared gradient by central differences, levels^2 per px^2; white noise of variance 1 has 1."""
    dx, dy = gray[1:-1, 2:] - gray[1:-1, :-2], gray[2:, 1:-1] - gray[:-2, 1:-1]
    return float(np.mean(dx * dx) + np.mean(dy * dy)) / 4 if dx.size else 0.0


def _cut(frame: Pixels, low: Floats, high: Floats) -> tuple[Pixels, Floats]:
    """The part of `frame` between two corners, and its place."""
    limit = (frame.shape[1], frame.shape[0])
    x0, y0 = np.clip(np.floor(low), 0, limit).astype(int)
    x1, y1 = np.clip(np.ceil(high), 0, limit).astype(int)
    return frame[y0:y1, x0:x1], np.array([x0, y0], np.float32)


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-value / SLOPE))
