"""The thirteen arrangements of a picture, each as a share 0..1 of evidence; the strongest names the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facetd.fields import COMPOSITION_PATTERNS
from facetd.score.curves import Float, bell, hill, logistic
from facetd.score.lines import ANGLES, Edges, Lines
from facetd.score.planes import reduce
from facetd.score.sharpness import Sharpness
from facetd.score.subject import PHI, THIRD, Subject

SYMMETRY_SIDE = 64
REPEAT_SIDE = 192


@dataclass(frozen=True, slots=True)
class LineShares:
    """Line length / diagonal by direction: along the horizon, upright, rising (/) and falling (\\\\)."""

    horizontal: float
    vertical: float
    rising: float
    falling: float


def pattern_scores(lab: Float, luma: Float, subject: Subject, edges: Edges, lines: Lines, sharp: Sharpness) -> dict[str, float]:
    """Evidence 0..1 for each of COMPOSITION_PATTERNS, from `lab` (h, w, 3), the reduced `luma` and what was found in them."""
    spot = _spot(subject)
    shares = line_shares(lines)
    straight = shares.horizontal + shares.vertical + shares.rising + shares.falling
    repeat = repetition(luma)
    mirrored = symmetry(luma)
    bow = curvature(edges, straight)
    rays = lines.converging * hill(lines.directions, 4.2, 3.0)
    around = rays * hill(lines.directions, 10.5, 5.0) * logistic(lines.all_around, 0.55, 0.07)
    meeting = rays * (1.0 - hill(lines.directions, 13.5, 8.0)) * hill(lines.reach, 0.35, 2.0)
    plain = 1.0 - 0.85 * repeat
    oblique = shares.rising + shares.falling
    lean = abs(shares.rising - shares.falling) / (oblique + 0.05)
    found = {
        "rule_of_thirds": spot * bell(_distance(subject, THIRD), 0.0, 0.06),
        "golden_ratio": spot * bell(_distance(subject, PHI), 0.0, 0.06),
        "center": spot * bell(math.hypot(subject.x - 0.5, subject.y - 0.5), 0.0, 0.06),
        "diagonal": hill(oblique * lean, 0.55, 1.6) * (oblique / (straight + 0.15)) * plain,
        "horizontal": hill(shares.horizontal, 0.7, 1.6) * (shares.horizontal / (straight + 0.15)) ** 1.5 * plain,
        "vertical": hill(shares.vertical, 0.7, 1.6) * (shares.vertical / (straight + 0.15)) ** 1.5 * plain,
        "symmetric": mirrored * (1.0 - 0.75 * spot) * plain,
        "triangle": triangle(lines, shares) * (1.0 - hill(lines.directions, 9.0, 6.0)) * plain,
        "curved": bow * plain * (1.0 - 0.8 * spot),
        "radial": around * plain,
        "vanishing_point": meeting * plain,
        "pattern": repeat,
        "fill_frame": filling(lab, sharp, subject) * plain,
    }
    return {name: round(min(1.0, max(0.0, found[name])), 4) for name in COMPOSITION_PATTERNS}


def _spot(subject: Subject) -> float:
    """How much the picture is one compact thing on a ground."""
    return subject.presence * logistic(subject.spread, 0.30, -0.03)


def _distance(subject: Subject, share: float) -> float:
    return min(math.hypot(subject.x - px, subject.y - py) for px in (share, 1 - share) for py in (share, 1 - share))


def line_shares(lines: Lines) -> LineShares:
    """Sums of the accumulator over soft ranges of direction."""
    degrees = np.arange(ANGLES) * 180.0 / ANGLES  # of the normal: 0 = upright line, 90 = along the horizon
    by_angle = lines.accumulator.sum(axis=1)

    def total(middle: float, flat: float, fall: float) -> float:
        off = np.abs((degrees - middle + 90.0) % 180.0 - 90.0)
        return float(by_angle @ np.clip((flat + fall - off) / fall, 0.0, 1.0))

    return LineShares(total(90, 4, 8), total(0, 4, 8), total(50, 24, 10), total(130, 24, 10))


def symmetry(luma: Float) -> float:
    """0..1: correlation of the left half with the mirrored right half, after each row's mean is taken off (a horizon is not symmetry)."""
    small = cv2.GaussianBlur(np.asarray(reduce(luma, SYMMETRY_SIDE), np.float32), (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    rows = small - small.mean(axis=1, keepdims=True)
    power = float((rows * rows).mean(dtype=np.float64))
    same = float((rows * rows[:, ::-1]).mean(dtype=np.float64)) / (power + 6.0)
    return logistic(same, 0.72, 0.07)


def repetition(luma: Float) -> float:
    """0..1: how clearly the picture repeats itself over its whole area: the second highest peak of the autocorrelation, if detail is spread evenly."""
    small = np.asarray(reduce(luma, REPEAT_SIDE), np.float32)
    high = small - cv2.GaussianBlur(small, (0, 0), 9.0, borderType=cv2.BORDER_REPLICATE)
    high = np.clip(high, -3.0 * float(high.std()) - 1.0, 3.0 * float(high.std()) + 1.0)
    height, width = high.shape
    window = np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1]).astype(np.float32)
    spectrum = np.fft.rfft2(high * window, s=(2 * height, 2 * width))
    own = np.fft.fftshift(np.fft.irfft2(np.abs(spectrum) ** 2, s=(2 * height, 2 * width)))
    mask = np.fft.rfft2(window, s=(2 * height, 2 * width))
    overlap = np.fft.fftshift(np.fft.irfft2(np.abs(mask) ** 2, s=(2 * height, 2 * width)))
    power = float(own[height, width]) / float(overlap[height, width]) + 4.0
    own = own / np.maximum(overlap, 0.12 * overlap.max()) / power
    y, x = np.mgrid[-height:height, -width:width]
    lag = np.hypot(x, y)
    reach = 0.36 * min(height, width)
    ring = (lag > 5.0) & (lag < reach)
    if not ring.any():
        return 0.0
    # A peak counts above the deepest valley between it and the middle, so smooth pictures do not repeat.
    profile = [float(own[(lag >= r) & (lag < r + 2)].min()) for r in range(2, max(3, int(reach)), 2)]
    upright = float(np.partition(own[ring & (np.abs(y) >= np.abs(x))], -3)[-3])
    across = float(np.partition(own[ring & (np.abs(x) >= np.abs(y))], -3)[-3])
    energy = cv2.blur(high * high, (31, 31), borderType=cv2.BORDER_REPLICATE)
    uneven = float(energy.std()) / (float(energy.mean()) + 2.0)
    return logistic(min(upright, across) - 0.5 * min(0.0, min(profile)), 0.50, 0.06) * logistic(uneven, 0.75, -0.1)


def curvature(edges: Edges, straight: float) -> float:
    """0..1: share of the edge length that bends gently (radius a twelfth to nine tenths of the diagonal), where it is not straight lines."""
    total = float(edges.weight.sum()) + 0.2 * edges.diagonal
    gentle = np.clip((edges.bend - 0.9) / 1.2, 0.0, 1.0) * np.clip((14.0 - edges.bend) / 5.0, 0.0, 1.0)
    share = float((edges.weight * gentle).sum()) / total
    return logistic(share, 0.58, 0.06) * (1.0 - hill(straight, 1.6, 2.0))


def triangle(lines: Lines, shares: LineShares) -> float:
    """0..1: a rising and a falling side of similar length, and a base."""
    both = 2.0 * min(shares.rising, shares.falling) / (shares.rising + shares.falling + 0.05)
    return (
        hill(shares.rising + shares.falling, 0.5, 1.5)
        * both
        * (0.6 + 0.4 * hill(shares.horizontal, 0.25, 1.5))
        * (1.0 - hill(shares.vertical, 1.2, 2.0))
    )


def filling(lab: Float, sharp: Sharpness, subject: Subject) -> float:
    """0..1: the colours of the middle reach to the edges, and detail is spread over all of the picture."""
    height, width, _ = lab.shape
    y = np.abs((np.arange(height) + 0.5) / height - 0.5)[:, None]
    x = np.abs((np.arange(width) + 0.5) / width - 0.5)[None, :]
    middle = (np.maximum(x, y) < 0.25).reshape(-1)
    flat = lab.reshape(-1, 3)
    core = flat[middle] if middle.any() else flat
    away = core - core.mean(axis=0)
    spread = away.T @ away / np.float32(len(core)) + np.diag(np.array([40.0, 15.0, 15.0], np.float32))
    offset = flat - core.mean(axis=0)
    distance = np.sqrt(np.maximum(((offset @ np.linalg.inv(spread)) * offset).sum(axis=1), 0.0))
    alike = float(np.exp(-0.5 * (distance[~middle] / 2.2) ** 2).mean()) if (~middle).any() else 1.0
    energy = np.sqrt(sharp.detail)
    busy = float(energy.mean()) / 6.0
    even = float(energy.std()) / (float(energy.mean()) + 0.5)
    return logistic(alike, 0.62, 0.06) * hill(busy, 0.5, 1.5) * logistic(even, 0.95, -0.12) * (1.0 - 0.5 * subject.presence)
