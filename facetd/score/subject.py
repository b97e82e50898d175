"""The main subject: a soft mask from the saliency map, and how sharp, prominent, well placed and well separated it is."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facetd.score.arrays import Float, weighted_mean, weighted_quantile
from facetd.score.curves import bell, hill, logistic, score
from facetd.score.planes import stretched
from facetd.score.sharpness import Sharpness, sharpness_score

THIRD, PHI = 1 / 3, 0.381966
WINDOW = 0.30  # of the diagonal: how far from its centre the subject reaches


@dataclass(frozen=True, slots=True)
class Subject:
    """The main subject, in fractions of the picture.

    `mask` (h, w) 0..1; centre `x`, `y`; `area` and `spread` (standard deviation of the mask about its centre / half the diagonal);
    `edge` share of the mask in the outer
    twentieth; `presence` 0..1: how much there is one subject at all; `box` x, y, width, height or None.
    """

    mask: Float
    x: float
    y: float
    area: float
    spread: float
    edge: float
    presence: float
    box: tuple[float, float, float, float] | None
    sharpness: float
    prominence: float
    placement: float
    separation: float
    power_point: float
    isolation: float


def find_subject(lab: Float, saliency: Float, sharp: Sharpness, where: Float | None = None) -> Subject:
    """Subject of the picture from `saliency` (h, w) and local sharpness; every number is smooth in the pixels.

    With `where` (h, w; 0..1), what a network made of the picture, the subject is there; how much it stands out is still told by `saliency`,
    in the measure of all other photos.

    The mask is a logistic of the saliency about half-way between its mean and its top, weighted by a window that is drawn to the
    centroid, as in mean shift.
    """
    height, width = saliency.shape
    place = saliency if where is None else where
    mean, top = float(place.mean()), float(np.quantile(place, 0.985))
    reach = top - mean
    soft = 0.5 * (1.0 + np.tanh((place - (mean + 0.48 * reach)) / (2.0 * (0.11 * reach + 0.004))))
    mask = np.asarray(soft, np.float32)
    ys = (np.arange(height, dtype=np.float32)[:, None] + np.float32(0.5)) / np.float32(height)
    xs = (np.arange(width, dtype=np.float32)[None, :] + np.float32(0.5)) / np.float32(width)
    diagonal = math.hypot(height, width)
    sx, sy = width / diagonal, height / diagonal
    whole = mask * mask * place
    x, y = weighted_mean(xs * np.ones_like(mask), whole), weighted_mean(ys * np.ones_like(mask), whole)
    weight = whole
    for _ in range(3):
        near = np.exp(-0.5 * (((xs - x) * sx) ** 2 + ((ys - y) * sy) ** 2) / WINDOW**2)
        weight = np.asarray(whole * near, np.float32)
        x, y = weighted_mean(xs * np.ones_like(mask), weight), weighted_mean(ys * np.ones_like(mask), weight)
    near = np.asarray(np.exp(-0.5 * (((xs - x) * sx) ** 2 + ((ys - y) * sy) ** 2) / WINDOW**2), np.float32)
    subject = mask * near
    area = float(subject.mean())
    distance = ((xs - x) * sx) ** 2 + ((ys - y) * sy) ** 2
    spread = 2.0 * math.sqrt(weighted_mean(np.asarray(distance * np.ones_like(mask), np.float32), subject))
    rim = np.maximum(np.abs(xs - 0.5), np.abs(ys - 0.5)) > 0.45
    edge = weighted_mean(rim.astype(np.float32), subject)
    lift = weighted_mean(saliency, subject) - weighted_mean(saliency, np.asarray(1.0 - mask, np.float32))
    gathered = float((whole * near).sum()) / (float(whole.sum()) + 1e-6)
    contrast = lift / (float(saliency.mean()) + 0.05)
    presence = hill(contrast, 0.62, 4.0) * logistic(spread, 0.42, -0.05)
    separation, apart = _separation(lab, subject, sharp)
    prominence = score(hill(contrast * gathered**0.7 * (0.6 + 0.4 * logistic(spread, 0.40, -0.06)), 0.60, 3.2))
    power = _power_point(x, y)
    placement = _placement(x, y, area, edge, presence)
    quiet = _quiet(subject, sharp)
    return Subject(
        mask=subject, x=x, y=y, area=area, spread=spread, edge=edge, presence=presence, box=_box(subject) if presence > 0.02 else None,
        sharpness=_subject_sharpness(subject, sharp), prominence=prominence, placement=score(placement),
        separation=score(hill(separation, 1.25, 2.2)),
        power_point=score(power), isolation=score(hill(apart * quiet * (0.35 + presence), 0.42, 1.9)),
    )  # fmt: skip


def _subject_sharpness(subject: Float, sharp: Sharpness) -> float:
    grid = stretched(subject, sharp.local.shape[:2])
    return sharpness_score(weighted_quantile(sharp.local, sharp.structure * grid + np.float32(1e-9), 0.85))


def _separation(lab: Float, subject: Float, sharp: Sharpness) -> tuple[float, float]:
    """How far subject and background differ: length of (light / 18, colour / 14, focus / 1 octave), and the same without the light's
    share halved.
    """
    around = np.asarray((1.0 - subject) ** 2, np.float32)
    inside = np.array([weighted_mean(lab[..., i], subject) for i in range(3)])
    outside = np.array([weighted_mean(lab[..., i], around) for i in range(3)])
    light = abs(inside[0] - outside[0]) / 18.0
    color = math.hypot(inside[1] - outside[1], inside[2] - outside[2]) / 14.0
    grid = stretched(subject, sharp.local.shape[:2])
    detail = np.log2(sharp.detail + np.float32(0.5))
    focus = (weighted_mean(detail, grid) - weighted_mean(detail, (1.0 - grid) ** 2)) / 2.5
    length = math.sqrt(light**2 + color**2 + max(0.0, focus) ** 2)
    return length, hill(length, 1.2, 1.6)


def _quiet(subject: Float, sharp: Sharpness) -> float:
    """0..1: how calm the background is compared with the subject."""
    grid = stretched(subject, sharp.local.shape[:2])
    energy = np.sqrt(sharp.detail)
    return 1.0 - hill(weighted_mean(energy, (1.0 - grid) ** 2) / (weighted_mean(energy, grid) + 0.5), 0.75, 2.0)


def _power_point(x: float, y: float) -> float:
    """Bell of the distance to the nearest crossing of the thirds; the width spans the neighbouring golden sections."""
    distance = min(math.hypot(x - px, y - py) for px in (THIRD, 1 - THIRD) for py in (THIRD, 1 - THIRD))
    return bell(distance, 0.0, 0.105)


def _placement(x: float, y: float, area: float, edge: float, presence: float) -> float:
    """Best of thirds (points and lines), golden section and a centre that is meant, less what is cut off by the edges."""
    dx, dy = abs(x - 0.5), abs(y - 0.5)
    point = _power_point(x, y)
    line = 0.85 * max(bell(dx, 0.5 - THIRD, 0.05) * bell(dy, 0.0, 0.12), bell(dy, 0.5 - THIRD, 0.05) * bell(dx, 0.0, 0.12))
    center = bell(math.hypot(dx, dy), 0.0, 0.06) * (0.55 + 0.4 * logistic(area, 0.14, 0.04))
    best = (point**4 + line**4 + center**4) ** 0.25
    inside = bell(max(0.0, dx - 0.25) + max(0.0, dy - 0.25), 0.0, 0.12)
    return min(1.0, 0.25 + 0.75 * float(best)) * inside * (1.0 - 0.6 * hill(edge, 0.22, 2.0)) * (0.55 + 0.45 * presence)


def _box(subject: Float) -> tuple[float, float, float, float] | None:
    """Bounding box of the heaviest connected part of the mask above one half."""
    count, labels, stats, _ = cv2.connectedComponentsWithStats((subject > 0.5).astype(np.uint8), connectivity=8)
    if count < 2:
        return None
    weights = np.bincount(labels.ravel(), subject.ravel().astype(np.float64), count)
    weights[0] = 0.0
    left, top, wide, tall = (int(v) for v in stats[int(weights.argmax())][:4])
    height, width = subject.shape
    return round(left / width, 4), round(top / height, 4), round(wide / width, 4), round(tall / height, 4)
