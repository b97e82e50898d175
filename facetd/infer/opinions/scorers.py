"""Scorers: networks that look at a photo, or at its main face, and say how good it is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from facetd.i18n import _
from facetd.infer.arrays import Floats, Pixels
from facetd.infer.catalogue import QualityScorer
from facetd.infer.fit import batch_for
from facetd.infer.opinions.wanted import OF_FACES
from facetd.infer.runner import BadOutput, Runner, run_checked
from facetd.records.sightings import Box, DetectedFace, Failure

FACE_MARGIN = 0.3  # of the box's longer side, on each side: scorers of faces learned from crops with hair and chin
UNUSABLE = "model_output"


def opinions_of(
    runner: Runner, frame: Pixels, faces: Sequence[DetectedFace] | None, fields: Iterable[str]
) -> tuple[dict[str, float | None], dict[str, Failure]]:
    """What the scorers of `fields` say, and where one could not: shares of the scale of each, 0 its low end and 1 its high one.

    A photo without faces has no opinion about them; where nobody could look for faces (None) that is a Failure.
    """
    found: dict[str, float | None] = {}
    failures: dict[str, Failure] = {}
    for field in sorted(fields):
        scorer = runner.scorer(field)
        part: Pixels | None = frame
        if field == OF_FACES:
            if faces is None:
                failures[field] = Failure(UNUSABLE, _("The faces of the picture are not known."))
                continue
            part = main_face(frame, faces)
        try:
            found[field] = None if part is None or scorer is None else rate(runner, part, scorer)
        except BadOutput as error:
            failures[field] = Failure(UNUSABLE, error.message)
    return found, failures


def rate(runner: Runner, picture: Pixels, scorer: QualityScorer) -> float:
    """Where `picture` stands between `scorer.low` (0) and `scorer.high` (1). Raises BadOutput."""
    output = run_checked(runner, scorer.id, batch_for(picture, scorer.input))[0][0].ravel()
    raw = _mean_of_bins(output, scorer) if scorer.reading == "mean_of_bins" else float(output[0])
    return (raw - scorer.low) / (scorer.high - scorer.low)


def _mean_of_bins(shares: Floats, scorer: QualityScorer) -> float:
    """The expected score of a distribution over equal steps from low to high (NIMA, Talebi & Milanfar 2018)."""
    whole = float(shares.sum())
    if whole <= 0 or float(shares.min()) < -1e-3:
        raise BadOutput(scorer.id)
    return float(shares @ np.linspace(scorer.low, scorer.high, len(shares))) / whole


def main_face(frame: Pixels, faces: Sequence[DetectedFace]) -> Pixels | None:
    """The part of `frame` around the face that fills most of it, a square where it fits; None without faces."""
    if not faces:
        return None
    box = max((face.box for face in faces), key=lambda box: box.width * box.height)
    return _around(frame, box)


def _around(frame: Pixels, box: Box) -> Pixels:
    height, width = frame.shape[:2]
    half = max(box.width * width, box.height * height) * (0.5 + FACE_MARGIN)
    x, y = (box.x + box.width / 2) * width, (box.y + box.height / 2) * height
    left, top = max(0, round(x - half)), max(0, round(y - half))
    right, bottom = min(width, max(left + 1, round(x + half))), min(height, max(top + 1, round(y + half)))
    return frame[min(top, bottom - 1) : bottom, min(left, right - 1) : right]
