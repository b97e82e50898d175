"""Pictures and degradations for the metamorphic tests."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

Picture = NDArray[np.uint8]


def photo_like(seed: int = 0, width: int = 900, height: int = 600) -> Picture:
    """A rendered picture with the statistics of a photo: a blurred ground, and a textured subject with 1/f detail."""
    rng = np.random.default_rng(seed)
    fy, fx = np.fft.fftfreq(height)[:, None], np.fft.fftfreq(width)[None, :]
    radius = np.hypot(fy, fx)
    radius[0, 0] = 1.0
    detail = np.real(np.fft.ifft2(np.fft.fft2(rng.normal(size=(height, width))) / radius))
    detail = (detail - detail.mean()) / detail.std()
    y, x = np.mgrid[0:height, 0:width] / (height, width)[0]
    cx, cy = (0.5 + rng.uniform(-0.2, 0.2)) * width / height, 0.5 + rng.uniform(-0.1, 0.1)
    inside = 1.0 / (1.0 + np.exp((np.hypot(x - cx, 1.2 * (y - cy)) - 0.24) * 150))
    ground = cv2.GaussianBlur(detail, (0, 0), 14)
    light = 0.42 + 0.16 * (1 - y) + 0.09 * ground * (1 - inside) + inside * (0.12 * detail + 0.12)
    tint = np.stack([0.10 * np.sin(3 * y + seed), -0.03 * np.cos(2 * x), -0.10 * np.sin(2 * x + seed)], axis=2)
    own = inside[..., None] * np.array([0.16, -0.02, -0.14])
    return np.asarray(np.clip((light[..., None] + tint + own) * 255, 4, 250), np.uint8)


def load(path: Path, side: int = 900) -> Picture:
    """A real photo, upright, with a long side of at most `side`."""
    with Image.open(path) as opened:
        image = ImageOps.exif_transpose(opened).convert("RGB")
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    return np.asarray(image, np.uint8)


def blur(picture: Picture, sigma: float) -> Picture:
    return np.asarray(cv2.GaussianBlur(picture, (0, 0), sigma), np.uint8)


def noise(picture: Picture, sigma: float) -> Picture:
    return np.asarray(np.clip(picture + np.random.default_rng(7).normal(0, sigma, picture.shape), 0, 255).round(), np.uint8)


def jpeg(picture: Picture, quality: float) -> Picture:
    buffer = io.BytesIO()
    Image.fromarray(picture).save(buffer, "JPEG", quality=int(quality))
    return np.asarray(Image.open(buffer).convert("RGB"), np.uint8)


def expose(picture: Picture, stops: float) -> Picture:
    x = picture / 255.0
    light = np.clip(np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4) * 2.0**stops, 0, 1)
    return np.asarray((np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055) * 255).round(), np.uint8)


def flatten(picture: Picture, share: float) -> Picture:
    return np.asarray(np.clip((picture - 128.0) * share + 128.0, 0, 255).round(), np.uint8)


def fade(picture: Picture, share: float) -> Picture:
    gray = (picture @ np.array([0.299, 0.587, 0.114]))[..., None]
    return np.asarray(np.clip(gray + (picture - gray) * share, 0, 255).round(), np.uint8)


# Name: the function and its five strengths, weakest first.
DEGRADATIONS: dict[str, tuple[Callable[[Picture, float], Picture], Sequence[float]]] = {
    "blur": (blur, (0.7, 1.2, 2.0, 4.0, 8.0)),
    "noise": (noise, (3.0, 6.0, 12.0, 20.0, 35.0)),
    "jpeg": (jpeg, (80, 60, 40, 20, 8)),
    "over": (expose, (0.4, 0.8, 1.2, 1.8, 2.5)),
    "under": (expose, (-0.5, -1.0, -1.8, -2.5, -3.5)),
    "contrast": (flatten, (0.85, 0.7, 0.5, 0.35, 0.2)),
    "color": (fade, (0.8, 0.6, 0.4, 0.2, 0.0)),
}

# Which metrics follow which degradation: +1 rises with its strength, -1 falls.
FOLLOWS: dict[str, dict[str, int]] = {
    "blur": {"tech_sharpness": -1, "sharpness_multiscale": -1, "sharpness_laplacian": -1},
    "noise": {"noise_sigma": 1},
    "jpeg": {"tech_sharpness": -1},
    "over": {"mean_luminance": 1, "highlight_clipping": 1},  # the score rises first where a photo is dark: see from_best
    "under": {"mean_luminance": -1, "exposure_score": -1},
    "contrast": {"contrast_score": -1, "rms_contrast": -1, "dynamic_range_stops": -1},
    "color": {"mean_saturation": -1, "color_score": -1},
}

# How far, in points, each other score may move at any strength: in 95 of 100 photos, and in any. Not stated where another subject may stand
# out afterwards, or the score is made of what is taken away.
BOUNDS: dict[str, dict[str, tuple[float, float]]] = {
    "blur": {
        "contrast_score": (4.5, 7),
        "color_score": (1.5, 2.5),
        "color_harmony": (1, 1.5),
        "exposure_score": (2.5, 5),
        "power_point_score": (3, 5.5),
        "leading_lines_score": (3, 8),
        "isolation_bonus": (3.5, 7.5),
        "subject_prominence": (2, 4),
        "subject_placement": (2.5, 3.5),
        "bg_separation": (4, 7),
    },
    "noise": {
        "tech_sharpness": (2.5, 4),
        "contrast_score": (1.5, 2),
        "color_score": (1.5, 2.5),
        "color_harmony": (2.5, 5),
        "exposure_score": (2, 3.5),
        "comp_score": (3, 6),
        "power_point_score": (1.5, 2.5),
        "leading_lines_score": (1.5, 5),
        "isolation_bonus": (4, 6),
        "subject_sharpness": (2, 5),
        "subject_prominence": (3, 5),
        "subject_placement": (2, 3.5),
        "bg_separation": (3, 5.5),
    },
    "jpeg": {
        "contrast_score": (0.5, 1.5),
        "color_score": (1, 2.5),
        "color_harmony": (1.5, 3.5),
        "exposure_score": (1, 2.5),
        "comp_score": (2, 4.5),
        "power_point_score": (2, 4.5),
        "leading_lines_score": (1.5, 6),
        "isolation_bonus": (1.5, 2.5),
        "subject_prominence": (1.5, 2),
        "subject_placement": (1.5, 3.5),
        "bg_separation": (1.5, 3.5),
    },
    "over": {
        "tech_sharpness": (2, 5.5),
        "contrast_score": (4.5, 6.5),
        "color_score": (3.5, 4.5),
        "color_harmony": (2.5, 5.5),
        "comp_score": (5.5, 8),
        "leading_lines_score": (2.5, 8),
        "subject_sharpness": (2, 5),
        "subject_placement": (4, 7.5),
    },
    "under": {
        "tech_sharpness": (1, 2.5),
        "color_score": (5.5, 7),
        "color_harmony": (2, 3),
        "comp_score": (2.5, 4.5),
        "power_point_score": (2.5, 6),
        "leading_lines_score": (1, 4),
        "isolation_bonus": (3, 5.5),
        "subject_sharpness": (1, 4.5),
        "subject_prominence": (2.5, 4),
        "subject_placement": (2, 3.5),
        "bg_separation": (5.5, 7.5),
    },
    "contrast": {
        "tech_sharpness": (1.5, 2.5),
        "color_harmony": (3, 4.5),
        "exposure_score": (4.5, 6),
        "comp_score": (2, 6),
        "power_point_score": (1.5, 4.5),
        "leading_lines_score": (2, 4.5),
        "isolation_bonus": (4.5, 6.5),
        "subject_sharpness": (1, 5),
        "subject_prominence": (1, 2),
        "subject_placement": (1.5, 2.5),
    },
    "color": {
        "tech_sharpness": (0.1, 0.2),
        "contrast_score": (0.1, 0.2),
        "color_harmony": (5, 6.5),
        "exposure_score": (1, 2),
        "comp_score": (4, 7),
        "leading_lines_score": (0.5, 6),
        "subject_sharpness": (1, 2),
        "subject_placement": (3, 5),
    },
}


def spearman(first: Sequence[float], second: Sequence[float]) -> float:
    """Rank correlation, equal values sharing their rank; 0 when one of them does not vary."""
    ranks = [
        np.array([float((v < t).sum() + ((v == t).sum() - 1) / 2) for t in v])
        for v in (np.asarray(first, float), np.asarray(second, float))
    ]
    if ranks[0].std() == 0 or ranks[1].std() == 0:
        return 0.0
    return float(np.corrcoef(ranks[0], ranks[1])[0, 1])


def from_best(scores: Sequence[float]) -> float:
    """Rank correlation of what follows the best of `scores` with falling; 1 when fewer than three follow."""
    rest = list(scores)[int(np.argmax(scores)) :]
    return -spearman(range(len(rest)), rest) if len(rest) >= 3 else 1.0
