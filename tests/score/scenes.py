"""Rendered scenes for the composition patterns: simple pictures whose arrangement is known, randomised by a seed."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
WIDTH, HEIGHT = 900, 600
PHI = 0.381966


def _color(rng: np.random.Generator, low: int = 20, high: int = 235) -> tuple[int, int, int]:
    return tuple(int(v) for v in rng.integers(low, high, 3))  # type: ignore[return-value]


def _far_color(rng: np.random.Generator, other: NDArray[np.floating] | tuple[int, ...]) -> tuple[int, int, int]:
    while True:
        color = _color(rng)
        if np.abs(np.subtract(color, other)).sum() > 190 and abs(float(np.mean(color)) - float(np.mean(other))) > 40:
            return color


def _ground(rng: np.random.Generator) -> tuple[Picture, NDArray[np.float64]]:
    """A calm ground: a gradient between two near colours."""
    first = np.array(_color(rng, 40, 215), float)
    second = np.clip(first + rng.normal(0, 14, 3), 0, 255)
    t = np.linspace(0, 1, HEIGHT)[:, None, None] * np.ones((1, WIDTH, 1))
    return (first * (1 - t) + second * t).astype(np.uint8), (first + second) / 2


def _finish(rng: np.random.Generator, picture: Picture) -> Picture:
    soft = cv2.GaussianBlur(picture, (0, 0), 0.8)
    return np.clip(soft + rng.normal(0, 2.0, soft.shape), 0, 255).astype(np.uint8)


def _thing(rng: np.random.Generator, x: float, y: float) -> Picture:
    """One compact object at (x, y) on a calm ground."""
    picture, mean = _ground(rng)
    color = _far_color(rng, mean)
    cx, cy, r = int(x * WIDTH), int(y * HEIGHT), int(rng.uniform(0.055, 0.1) * HEIGHT)
    kind = rng.integers(3)
    if kind == 0:
        cv2.circle(picture, (cx, cy), r, color, -1, cv2.LINE_AA)
    elif kind == 1:
        cv2.ellipse(picture, (cx, cy), (r, int(r * 1.5)), 0, 0, 360, color, -1, cv2.LINE_AA)
        cv2.circle(picture, (cx, cy), r // 2, _far_color(rng, color), -1, cv2.LINE_AA)
    else:
        box = cv2.boxPoints(((cx, cy), (2 * r, 1.6 * r), float(rng.uniform(0, 90))))
        cv2.fillPoly(picture, [box.astype(np.int32)], color, cv2.LINE_AA)
    return picture


def rule_of_thirds(rng: np.random.Generator) -> Picture:
    return _thing(rng, rng.choice([1 / 3, 2 / 3]) + rng.normal(0, 0.006), rng.choice([1 / 3, 2 / 3]) + rng.normal(0, 0.006))


def golden_ratio(rng: np.random.Generator) -> Picture:
    return _thing(rng, rng.choice([PHI, 1 - PHI]) + rng.normal(0, 0.006), rng.choice([PHI, 1 - PHI]) + rng.normal(0, 0.006))


def center(rng: np.random.Generator) -> Picture:
    return _thing(rng, 0.5 + rng.normal(0, 0.012), 0.5 + rng.normal(0, 0.012))


def diagonal(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    tilt = rng.uniform(0.75, 1.15)
    for k in range(int(rng.integers(1, 4))):
        offset = (k - 1) * 210 + rng.normal(0, 15)
        start = (int(-150 + offset), int(HEIGHT / 2 + tilt * HEIGHT * 0.7))
        end = (int(WIDTH + 150 + offset), int(HEIGHT / 2 - tilt * HEIGHT * 0.7))
        cv2.line(picture, start, end, _far_color(rng, mean), int(rng.integers(14, 50)), cv2.LINE_AA)
    return np.ascontiguousarray(picture[:, ::-1]) if rng.random() < 0.5 else picture


def horizontal(rng: np.random.Generator) -> Picture:
    picture, _ = _ground(rng)
    top = 0
    for share in sorted(rng.uniform(0.15, 0.9, int(rng.integers(2, 5)))):
        bottom = int(share * HEIGHT)
        picture[top:bottom] = _color(rng)
        top = bottom
    picture[top:] = _color(rng)
    return picture


def vertical(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    for x in rng.uniform(0.05, 0.95, int(rng.integers(4, 9))):
        lean = rng.normal(0, 6)
        cv2.line(
            picture,
            (int(x * WIDTH), -20),
            (int(x * WIDTH + lean), HEIGHT + 20),
            _far_color(rng, mean),
            int(rng.integers(12, 45)),
            cv2.LINE_AA,
        )
    return picture


def symmetric(rng: np.random.Generator) -> Picture:
    picture, _ = _ground(rng)
    for _ in range(14):
        corner = rng.uniform(0, 1, 2) * (WIDTH * 0.5, HEIGHT)
        size = rng.uniform(0.06, 0.22, 2) * HEIGHT
        if rng.random() < 0.5:
            cv2.rectangle(picture, tuple(map(int, corner)), tuple(map(int, corner + size)), _color(rng), -1)
        else:
            cv2.ellipse(
                picture,
                tuple(map(int, corner)),
                tuple(map(int, size / 1.5)),
                float(rng.uniform(0, 180)),
                0,
                360,
                _color(rng),
                -1,
                cv2.LINE_AA,
            )
    half = picture[:, : WIDTH // 2]
    return np.concatenate([half, half[:, ::-1]], axis=1)


def triangle(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    apex = (int(WIDTH * (0.5 + rng.normal(0, 0.05))), int(HEIGHT * rng.uniform(0.1, 0.25)))
    base = int(HEIGHT * rng.uniform(0.8, 0.95))
    spread = rng.uniform(0.28, 0.42) * WIDTH
    color = _far_color(rng, mean)
    cv2.fillPoly(picture, [np.array([apex, (int(apex[0] - spread), base), (int(apex[0] + spread), base)])], color, cv2.LINE_AA)
    return picture


def curved(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    t = np.linspace(0, 1, 200)
    for k in range(int(rng.integers(1, 3))):
        swing, phase = rng.uniform(0.14, 0.26) * WIDTH, rng.uniform(0, 2 * np.pi)
        x = WIDTH * (0.5 + 0.25 * k * rng.choice([-1, 1])) + swing * np.sin(2 * np.pi * t * rng.uniform(0.9, 1.4) + phase)
        points = np.stack([x, t * (HEIGHT + 40) - 20], axis=1).astype(np.int32)
        cv2.polylines(picture, [points], False, _far_color(rng, mean), int(rng.integers(18, 60)), cv2.LINE_AA)
    return picture


def radial(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    cx, cy = WIDTH * (0.5 + rng.normal(0, 0.05)), HEIGHT * (0.5 + rng.normal(0, 0.05))
    count = int(rng.integers(9, 17))
    color = _far_color(rng, mean)
    turn = rng.uniform(0, 2 * np.pi)
    for k in range(count):
        a, half = turn + 2 * np.pi * k / count, np.pi / count * rng.uniform(0.35, 0.5)
        ends = [(cx + 1200 * np.cos(a + s * half), cy + 1200 * np.sin(a + s * half)) for s in (-1, 1)]
        cv2.fillPoly(picture, [np.array([(cx, cy), *ends]).astype(np.int32)], color, cv2.LINE_AA)
    return picture


def vanishing_point(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    vx, vy = WIDTH * (0.5 + rng.normal(0, 0.08)), HEIGHT * rng.uniform(0.35, 0.5)
    if rng.random() < 0.5:  # a road with lanes under a sky
        picture[int(vy) :] = _far_color(rng, mean)
        ground = picture[-1, 0].astype(float)
        for share in np.linspace(-0.6, 1.6, int(rng.integers(5, 8))):
            points = np.array([(vx, vy), (share * WIDTH - 16, HEIGHT), (share * WIDTH + 16, HEIGHT)]).astype(np.int32)
            cv2.fillPoly(picture, [points], _far_color(rng, ground), cv2.LINE_AA)
    else:  # a corridor
        corners = [(0, 0), (WIDTH, 0), (WIDTH, HEIGHT), (0, HEIGHT)]
        base = np.array(_color(rng, 60, 190), float)
        for k in range(4):
            shade = tuple(np.clip(base + (-75, 25, -20, 65)[k], 0, 255).tolist())
            cv2.fillPoly(picture, [np.array([corners[k], corners[(k + 1) % 4], (vx, vy)]).astype(np.int32)], shade, cv2.LINE_AA)
        for share in (0.3, 0.7):
            cv2.line(picture, (int(share * WIDTH), HEIGHT), (int(vx), int(vy)), tuple(np.clip(base - 60, 0, 255).tolist()), 4, cv2.LINE_AA)
    return picture


def pattern(rng: np.random.Generator) -> Picture:
    picture, mean = _ground(rng)
    color, step = _far_color(rng, mean), int(rng.integers(38, 75))
    kind = rng.integers(3)
    for row, y in enumerate(range(-step, HEIGHT + step, step)):
        for x in range(-step, WIDTH + step, step):
            dx = step // 2 if row % 2 and kind != 0 else 0
            if kind == 2:
                cv2.rectangle(picture, (x + dx, y), (x + dx + int(step * 0.75), y + int(step * 0.7)), color, -1)
            else:
                cv2.circle(picture, (x + dx, y), int(step * 0.3), color, -1, cv2.LINE_AA)
    return picture


def fill_frame(rng: np.random.Generator) -> Picture:
    """A big thing, a flower or a face, larger than the frame, with its details in it."""
    picture, mean = _ground(rng)
    base = np.array(_far_color(rng, mean), float)
    cx, cy = int(WIDTH * (0.5 + rng.normal(0, 0.04))), int(HEIGHT * (0.5 + rng.normal(0, 0.04)))
    cv2.ellipse(picture, (cx, cy), (int(WIDTH * 0.55), int(HEIGHT * 0.62)), 0, 0, 360, base.tolist(), -1, cv2.LINE_AA)
    for _ in range(160):
        a, r = rng.uniform(0, 2 * np.pi), np.sqrt(rng.uniform(0, 0.95))
        x, y = cx + r * np.cos(a) * WIDTH * 0.55, cy + r * np.sin(a) * HEIGHT * 0.62
        shade = np.clip(base + rng.normal(0, 30, 3), 0, 255).tolist()
        axes = (int(rng.uniform(8, 40)), int(rng.uniform(6, 22)))
        cv2.ellipse(picture, (int(x), int(y)), axes, float(rng.uniform(0, 180)), 0, 360, shade, -1, cv2.LINE_AA)
    return picture


SCENES: dict[str, Callable[[np.random.Generator], Picture]] = {
    scene.__name__: scene
    for scene in (
        rule_of_thirds, golden_ratio, center, diagonal, horizontal, vertical, symmetric, triangle, curved, radial, vanishing_point,
        pattern, fill_frame,
    )
}  # fmt: skip


def render(name: str, seed: int) -> Picture:
    """Scene `name`, varied by `seed`, (600, 900, 3)."""
    rng = np.random.default_rng(seed)
    return _finish(rng, np.ascontiguousarray(SCENES[name](rng)))
