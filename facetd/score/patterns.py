"""The thirteen arrangements of a picture, each as a share 0..1 of evidence; the strongest names the picture."""

from __future__ import annotations

import math
from dataclasses import dataclass

import cv2
import numpy as np

from facetd.fields import COMPOSITION_PATTERNS
from facetd.score.arrays import Float
from facetd.score.curves import bell, hill, logistic
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
    many = hill(lines.directions, 36.0, 8.0)  # one line spreads over some 4.5 of the 72 directions
    around = lines.converging * many * logistic(lines.all_around, 0.55, 0.07)
    meeting = lines.converging * hill(lines.directions, 12.0, 4.0) * (1.0 - many) * hill(lines.reach, 0.32, 2.0)
    plain = 1.0 - 0.85 * repeat
    unbent = plain * (1.0 - 0.6 * bow)
    oblique = shares.rising + shares.falling
    lean = abs(shares.rising - shares.falling) / (oblique + 0.05)
    found = {
        "rule_of_thirds": spot * max(bell(_distance(subject, THIRD), 0.0, 0.06), 0.75 * bell(_off_line(subject, THIRD), 0.0, 0.03)),
        "golden_ratio": spot * bell(_distance(subject, PHI), 0.0, 0.06),
        "center": spot * bell(math.hypot(subject.x - 0.5, subject.y - 0.5), 0.0, 0.06),
        "diagonal": hill(oblique * lean, 0.55, 1.6) * (oblique / (straight + 0.15)) * unbent,
        "horizontal": hill(shares.horizontal, 0.7, 1.6) * (shares.horizontal / (straight + 0.15)) ** 1.5 * plain,
        "vertical": hill(shares.vertical, 0.7, 1.6) * (shares.vertical / (straight + 0.15)) ** 1.5 * plain,
        "symmetric": mirrored * (1.0 - 0.75 * spot) * plain,
        "triangle": triangle(shares) * (1.0 - hill(lines.directions, 14.0, 6.0)) * unbent,
        "curved": bow * plain * (1.0 - 0.5 * spot),
        "radial": around * plain,
        "vanishing_point": meeting * plain,
        "pattern": repeat,
        "fill_frame": filling(lab, sharp, subject) * plain,
    }
    return {name: round(min(1.0, max(0.0, found[name])), 4) for name in COMPOSITION_PATTERNS}


def _spot(subject: Subject) -> float:
    """How much the picture is one compact thing on a ground."""
    return float(subject.presence**0.7) * logistic(subject.spread, 0.32, -0.028)


def _distance(subject: Subject, share: float) -> float:
    return min(math.hypot(subject.x - px, subject.y - py) for px in (share, 1 - share) for py in (share, 1 - share))


def _off_line(subject: Subject, share: float) -> float:
    """Distance to the nearer of the two upright dividing lines."""
    return min(abs(subject.x - share), abs(subject.x - (1 - share)))


def line_shares(lines: Lines) -> LineShares:
    """Sums of the accumulator over soft ranges of direction."""
    degrees = np.arange(ANGLES) * 180.0 / ANGLES  # of the normal: 0 = upright line, 90 = along the horizon
    by_angle = lines.accumulator.sum(axis=1)

    def total(middle: float, flat: float, fall: float) -> float:
        off = np.abs((degrees - middle + 90.0) % 180.0 - 90.0)
        return float(by_angle @ np.clip((flat + fall - off) / fall, 0.0, 1.0))

    return LineShares(total(90, 4, 8), total(0, 4, 8), total(50, 24, 10), total(130, 24, 10))


def symmetry(luma: Float) -> float:
    """0..1: correlation of the left half with the mirrored right half, after what is broad (a vignette) and each
    row's mean (a horizon) are taken off,
    in the whole and in the inner two thirds."""
    small = cv2.GaussianBlur(np.asarray(reduce(luma, SYMMETRY_SIDE), np.float32), (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    fine = small - cv2.GaussianBlur(small, (0, 0), 8.0, borderType=cv2.BORDER_REPLICATE)
    rows = fine - fine.mean(axis=1, keepdims=True)
    inner = rows[rows.shape[0] // 6 : rows.shape[0] - rows.shape[0] // 6, rows.shape[1] // 6 : rows.shape[1] - rows.shape[1] // 6]
    return logistic(min(_mirrored(rows), _mirrored(inner)), 0.70, 0.07)


def _mirrored(rows: Float) -> float:
    power = float((rows * rows).mean(dtype=np.float64))
    return float((rows * rows[:, ::-1]).mean(dtype=np.float64)) / (power + 6.0)


def repetition(luma: Float) -> float:
    """0..1: how clearly the picture repeats itself over its whole area: the second highest peak of the autocorrelation, if detail is
    spread evenly.
    """
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
    if reach < 8.0:
        return 0.0
    # A peak counts above the deepest valley on its axis: stripes, which never vary along themselves, repeat in one direction only.
    upright = float(np.partition(own[ring & (np.abs(y) >= np.abs(x))], -3)[-3]) - float(own[height + 2 : height + int(reach), width].min())
    across = float(np.partition(own[ring & (np.abs(x) >= np.abs(y))], -3)[-3]) - float(own[height, width + 2 : width + int(reach)].min())
    energy = cv2.blur(high * high, (31, 31), borderType=cv2.BORDER_REPLICATE)
    uneven = float(energy.std()) / (float(energy.mean()) + 2.0)
    return logistic(min(upright, across), 0.62, 0.06) * logistic(uneven, 0.75, -0.1)


def curvature(edges: Edges, straight: float) -> float:
    """0..1: share of the edge length that bends gently (radius a sixth of the diagonal to the diagonal), where it is not straight lines."""
    total = float(edges.weight.sum()) + 0.2 * edges.diagonal
    gentle = np.clip((edges.bend - 0.5) / 0.6, 0.0, 1.0) * np.clip((7.5 - edges.bend) / 3.0, 0.0, 1.0)
    share = float((edges.weight * gentle).sum()) / total
    return logistic(share, 0.47, 0.04) * (1.0 - hill(straight, 1.6, 2.0))


def triangle(shares: LineShares) -> float:
    """0..1: a rising and a falling side of similar length, and a base."""
    both = 2.0 * min(shares.rising, shares.falling) / (shares.rising + shares.falling + 0.05)
    return (
        hill(shares.rising + shares.falling, 0.5, 1.5)
        * both
        * (0.6 + 0.4 * hill(shares.horizontal, 0.25, 1.5))
        * (1.0 - hill(shares.vertical, 1.2, 2.0))
    )


def filling(lab: Float, sharp: Sharpness, subject: Subject) -> float:
    """0..1: the subject reaches to the edges: so do its colours, detail is spread over all of the picture, and nothing stands out."""
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
    busy = hill(float(energy.mean()), 0.7, 1.5)
    even = logistic(float(energy.std()) / (float(energy.mean()) + 0.5), 1.35, -0.12)
    wide = logistic(subject.spread, 0.365, 0.018) * (1.0 - 0.6 * subject.presence)
    return 1.3 * (0.3 + 0.7 * logistic(alike, 0.5, 0.08)) * busy * even * wide
