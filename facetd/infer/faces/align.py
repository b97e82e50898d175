"""A face moved onto the mean face, so that only the person makes a difference."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import Floats, Pixels
from facetd.infer.faces.mesh import five as five_of_mesh
from facetd.infer.pixels import Matrix, sample

CHIP = 150
PADDING = 0.25  # of the face, on each side

# The mean face of dlib's face chips, landmarks 27..54 and 60..64 of 68: nose, eyes, and the upper lip with the corners of the mouth. Brows,
# jaw and lower lip move too much with the expression.
FITTED = np.array([*range(27, 55), *range(60, 65)])
_MEAN_X = (
    0.490127, 0.490127, 0.490127, 0.490127, 0.366880, 0.426036, 0.490127, 0.554217, 0.613373,
    0.121737, 0.187122, 0.265825, 0.334606, 0.260918, 0.182743, 0.645647, 0.714428, 0.793132, 0.858516, 0.797510, 0.719335,
    0.254149, 0.340985, 0.428858, 0.490127, 0.551395, 0.639268, 0.726104, 0.290379, 0.428096, 0.490127, 0.552157, 0.689874,
)  # fmt: skip
_MEAN_Y = (
    0.203352, 0.307009, 0.409805, 0.515625, 0.587326, 0.609345, 0.628106, 0.609345, 0.587326,
    0.216423, 0.178758, 0.179852, 0.231733, 0.245099, 0.244077, 0.231733, 0.179852, 0.178758, 0.216423, 0.244077, 0.245099,
    0.780233, 0.745405, 0.727388, 0.742578, 0.727388, 0.745405, 0.780233, 0.784792, 0.778746, 0.785343, 0.778746, 0.784792,
)  # fmt: skip
TEMPLATE: NDArray[np.float32] = ((np.array([_MEAN_X, _MEAN_Y]).T + PADDING) / (1 + 2 * PADDING) * CHIP).astype(np.float32)
# Both eyes, the tip of the nose and the corners of the mouth of the same face.
FIVE = np.stack([TEMPLATE[9:15].mean(axis=0), TEMPLATE[15:21].mean(axis=0), TEMPLATE[3], TEMPLATE[21], TEMPLATE[27]])


def similarity(source: Floats, target: Floats) -> Matrix:
    """The matrix (2,3) that turns, scales and shifts `source` (N,2) closest to `target` (N,2) by least squares, never mirrored.

    With points as complex numbers the answer is closed: a = sum(conj(s) t) / sum(|s|^2) around the means. Points that all coincide
    are only shifted.
    """
    s, t = source @ (1, 1j), target @ (1, 1j)
    s_mean, t_mean = s.mean(), t.mean()
    spread = float(np.sum(np.abs(s - s_mean) ** 2))
    a = complex(np.sum(np.conj(s - s_mean) * (t - t_mean)) / spread) if spread > 0 else 1 + 0j
    b = complex(t_mean - a * s_mean)
    return np.array([[a.real, -a.imag, b.real], [a.imag, a.real, b.imag]])


def alignment(landmarks: Floats, mesh: Floats, agreed: bool) -> Matrix:
    """The matrix (2,3) from pixels of the chip to the frame for a face with `landmarks` (68,2) and `mesh` (468,3), both in px of the frame.

    The mean of what the two networks say, which is steadier than either; the mesh alone where they disagree, because it bears blur, tilt
    and small faces better.
    """
    by_mesh = similarity(FIVE, five_of_mesh(mesh[None])[0])
    return (by_mesh + similarity(TEMPLATE, landmarks[FITTED])) / 2 if agreed else by_mesh


def five_alignment(five: Floats, template: Floats) -> Matrix:
    """The matrix (2,3) from pixels of a chip to the frame that brings `five` points (5,2) of the frame closest to `template` in the chip.

    Closest in the chip, as in training, whatever the size of the face.
    """
    to_chip = similarity(five, template)
    turn = np.linalg.inv(to_chip[:, :2])
    return np.concatenate([turn, -turn @ to_chip[:, 2:]], axis=1)


def aligned_chip(frame: Pixels, matrix: Matrix) -> Pixels:
    """The upright face (150,150,3) that `alignment` found, as the embedding was trained on."""
    return sample(frame, matrix, CHIP)
