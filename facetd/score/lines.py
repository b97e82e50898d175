"""Straight lines and where they lead: a soft Hough transform, smooth in the pixels and symmetric under mirroring."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from facetd.score.arrays import Float
from facetd.score.curves import bell, hill, score

ANGLES = 72  # of the normal, over 180 degrees
RHO_PX = 2.0
COHERENCE_SIGMA = 2.5


@dataclass(frozen=True, slots=True)
class Edges:
    """Edges of the reduced picture (h, w): `weight` 0..1 (strength x coherence), `angle` of the gradient in radians 0..pi, `bend` =
    curvature x diagonal.
    """

    weight: Float
    angle: Float
    bend: Float
    diagonal: float


@dataclass(frozen=True, slots=True)
class Lines:
    """`accumulator` (angles, rho): length of straight line found there / diagonal, above its surroundings; rho is measured from the centre.

    `converging` 0..1 is how much of the oblique line length meets near (`x`, `y`), fractions of the picture; `directions` how many
    different directions meet there, `reach` their share of all oblique length, `all_around` 0..1 how evenly they fill the circle.
    """

    accumulator: Float
    total: float
    x: float
    y: float
    converging: float
    directions: float
    reach: float
    all_around: float


def find_edges(rgb: Float) -> Edges:
    """Edges of `rgb` (h, w, 3; float 0..255) from the colour structure tensor (Di Zenzo 1986), relative to the picture's own contrast."""
    smooth = cv2.GaussianBlur(rgb, (0, 0), 1.0, borderType=cv2.BORDER_REPLICATE)
    gx = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 1, 0, scale=0.125, borderType=cv2.BORDER_REPLICATE), np.float32)
    gy = np.asarray(cv2.Sobel(smooth, cv2.CV_32F, 0, 1, scale=0.125, borderType=cv2.BORDER_REPLICATE), np.float32)
    xx, yy, xy = ((first * second).mean(axis=2) for first, second in ((gx, gx), (gy, gy), (gx, gy)))
    magnitude = np.sqrt(xx + yy)
    level = 1.5 * float(magnitude.mean()) + 1.2
    strength = magnitude**2 / (magnitude**2 + np.float32(level * level))
    double_x, double_y = xx - yy, 2.0 * xy
    cx, cy, energy = (
        np.asarray(cv2.GaussianBlur(plane, (0, 0), COHERENCE_SIGMA, borderType=cv2.BORDER_REPLICATE), np.float32)
        for plane in (double_x, double_y, magnitude * magnitude)
    )
    coherence = np.hypot(cx, cy) / (energy + np.float32(0.5))
    weight = np.asarray(strength * coherence**2, np.float32)
    angle = np.asarray((0.5 * np.arctan2(cy, cx)) % np.pi, np.float32)
    diagonal = float(np.hypot(*rgb.shape[:2]))
    unit = np.hypot(cx, cy) + np.float32(1e-6)
    ux, uy = cx / unit, cy / unit
    tx, ty = -np.sin(angle), np.cos(angle)
    turn_x = _along(ux, tx, ty)
    turn_y = _along(uy, tx, ty)
    bend = 0.5 * np.hypot(turn_x, turn_y) * np.float32(diagonal)
    return Edges(weight, angle, np.asarray(bend, np.float32), diagonal)


def _along(values: Float, tx: Float, ty: Float) -> Float:
    dx = cv2.Sobel(values, cv2.CV_32F, 1, 0, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    dy = cv2.Sobel(values, cv2.CV_32F, 0, 1, scale=0.125, borderType=cv2.BORDER_REPLICATE)
    return np.asarray(dx * tx + dy * ty, np.float32)


def find_lines(edges: Edges) -> Lines:
    """Lines of `edges`: each edge pixel votes for the line along itself (Hough 1962; Ballard 1981), shared between neighbouring bins."""
    height, width = edges.weight.shape
    ys, xs = np.nonzero(edges.weight > 0.05)
    votes = edges.weight[ys, xs].astype(np.float64) - 0.05
    angle = edges.angle[ys, xs].astype(np.float64)
    rho = (xs + 0.5 - width / 2) * np.cos(angle) + (ys + 0.5 - height / 2) * np.sin(angle)
    half = int(np.ceil(edges.diagonal / 2 / RHO_PX)) + 3
    columns = 2 * half + 1
    at = angle / np.pi * ANGLES
    r = rho / RHO_PX + half
    a0, r0 = np.floor(at).astype(np.int64), np.floor(r).astype(np.int64)
    fa, fr = at - a0, r - r0
    counts = np.zeros(ANGLES * columns)
    for da, wa in ((0, 1 - fa), (1, fa)):
        wrapped = a0 + da >= ANGLES
        row = (a0 + da) % ANGLES
        for dr, wr in ((0, 1 - fr), (1, fr)):
            column = r0 + dr
            column = np.where(wrapped, 2 * half - column, column)
            counts += np.bincount(row * columns + np.clip(column, 0, columns - 1), votes * wa * wr, ANGLES * columns)
    table = counts.reshape(ANGLES, columns).astype(np.float32)
    padded = np.concatenate([table[-4:, ::-1], table, table[:4, ::-1]])
    around = cv2.blur(padded, (15, 7), borderType=cv2.BORDER_REPLICATE)
    narrow = cv2.GaussianBlur(padded, (3, 3), 0.8, borderType=cv2.BORDER_REPLICATE)
    found = np.maximum(narrow - 2.2 * around - np.float32(0.015 * edges.diagonal), 0.0)[4:-4] / np.float32(edges.diagonal)
    return _converge(np.asarray(found, np.float32), half, height, width, edges.diagonal)


def _converge(found: Float, half: int, height: int, width: int, diagonal: float) -> Lines:
    """The point where most line length of many directions meets."""
    total = float(found.sum())
    oblique = found * _obliqueness()[:, None]
    wide = cv2.GaussianBlur(oblique, (0, 0), 1.6, borderType=cv2.BORDER_REPLICATE) * np.float32(4.0)
    columns, rows, index, part = _candidates(half, height, width)
    left = wide[np.arange(ANGLES)[None, :], index]
    right = wide[np.arange(ANGLES)[None, :], index + 1]
    support = left * (1 - part) + right * part
    votes = np.sqrt(support).sum(axis=1).astype(np.float64)
    top = float(votes.max())
    if top <= 0:
        return Lines(found, total, 0.5, 0.5, 0.0, 0.0, 0.0, 0.0)
    # The best candidates count together, weighted steeply, so that nothing jumps when another one becomes the best.
    weight = (votes / top) ** 24
    weight /= weight.sum()
    strong = weight @ support.astype(np.float64)
    gathered = float(strong.sum())
    directions = gathered * gathered / (float(np.square(strong).sum()) + 1e-6)
    turn = np.exp(2j * np.pi * np.arange(ANGLES) / ANGLES)
    evenly = 1.0 - abs(complex((strong * turn).sum())) / (gathered + 1e-6)
    return Lines(
        accumulator=found, total=total, x=float(weight @ columns), y=float(weight @ rows), converging=hill(gathered, 0.30, 1.3),
        directions=directions, reach=gathered / (float(oblique.sum()) + 0.05), all_around=evenly,
    )  # fmt: skip


@lru_cache(maxsize=1)
def _obliqueness() -> Float:
    """Weight of each normal angle: 0 for horizontal and vertical lines, which cross everywhere, 1 from 14 degrees off."""
    degrees = np.arange(ANGLES) * 180.0 / ANGLES
    off = np.minimum(np.abs((degrees + 45) % 90 - 45), 45)
    return np.asarray(np.clip((off - 4.0) / 10.0, 0.0, 1.0), np.float32)


@lru_cache(maxsize=16)
def _candidates(half: int, height: int, width: int) -> tuple[Float, Float, NDArray[np.int64], Float]:
    """Candidate points (x, y as fractions), and for each the place of every line through it in the accumulator."""
    x, y = np.meshgrid(np.linspace(0.04, 0.96, 24), np.linspace(0.04, 0.96, 18))
    angle = np.arange(ANGLES) * np.pi / ANGLES
    rho = (x.ravel()[:, None] - 0.5) * width * np.cos(angle) + (y.ravel()[:, None] - 0.5) * height * np.sin(angle)
    place = np.clip(rho / RHO_PX + half, 0, 2 * half - 1.001)
    index = np.floor(place).astype(np.int64)
    return x.ravel().astype(np.float32), y.ravel().astype(np.float32), index, (place - index).astype(np.float32)


def leading_lines(lines: Lines, subject_x: float, subject_y: float, presence: float) -> float:
    """0..10: long oblique lines that meet, more so when they meet at the subject."""
    near = bell(np.hypot(lines.x - subject_x, lines.y - subject_y), 0.0, 0.16)
    strength = lines.converging * (0.75 + 0.25 * near * presence) * hill(lines.directions, 2.2, 2.0)
    return score(hill(strength + 0.12 * hill(lines.total, 1.5, 1.5), 0.42, 1.7))
