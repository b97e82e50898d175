"""Meanings: how well words fit photos, without having learned these words (zero-shot classification, Radford et al. 2021)."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from facetd.infer.arrays import unit
from facetd.infer.opinions.wanted import words_of
from facetd.infer.words.vectors import vectors_of

if TYPE_CHECKING:
    from facetd.infer.arrays import Floats
    from facetd.infer.engine import Engine

LOGIT_SCALE = 100.0  # CLIP's learned temperature, at which all its published models end
KEPT = 4096  # texts; more are forgotten, the oldest first
Doubles = NDArray[np.float64]


def mean_of(vectors: Floats) -> Floats:
    """The direction between `vectors` (n, dimension) of several ways to say the same: an ensemble of prompts."""
    middle = unit(vectors.mean(axis=0))
    return vectors[0] if middle is None else middle


def probabilities(photos: Floats, classes: Floats) -> Doubles:
    """For each of `photos` (n, d) the softmax over `classes` (k, d) at LOGIT_SCALE: (n, k), rows of sum 1."""
    logits = LOGIT_SCALE * (photos.astype(np.float64) @ classes.T.astype(np.float64))
    logits -= logits.max(axis=1, keepdims=True)
    found = np.exp(logits)
    return np.asarray(found / found.sum(axis=1, keepdims=True), np.float64)


class Texts:
    """Vectors of texts, kept in a file: a network for text takes tens of milliseconds for each, and a vocabulary has hundreds.

    One for each question: the file is read once.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._file = self._path()
        self._known = _read(self._file) if self._file is not None else {}

    def vectors(self, texts: Sequence[str]) -> Floats:
        """The unit vectors (n, dimension) of `texts`, in their order. Raises Unavailable."""
        missing = [text for text in dict.fromkeys(texts) if text not in self._known]
        if missing:
            _space, found = vectors_of(self._engine, missing)
            self._known |= dict(zip(missing, found, strict=True))
            if self._file is not None:
                _write(self._file, self._known)
        return np.stack([self._known[text] for text in texts])

    def ensembles(self, groups: Iterable[Sequence[str]]) -> Floats:
        """The mean direction of each of `groups`."""
        every = [list(group) for group in groups]
        flat = self.vectors([text for group in every for text in group])
        ends = np.cumsum([len(group) for group in every])
        return np.stack([mean_of(part) for part in np.split(flat, ends[:-1])])

    def _path(self) -> Path | None:
        """Named after the network and its tokenizer: another one has other vectors."""
        tower = self._engine.tower
        words = None if tower is None else words_of(self._engine.catalogue, tower)
        if words is None or self._engine.cache is None:
            return None
        facts = "".join((words.parts["textual"].sha256, words.data["tokenizer"].sha256, words.tokens.model_dump_json()))
        return self._engine.cache / f"texts-{hashlib.blake2b(facts.encode(), digest_size=8).hexdigest()}.npz"


def _read(path: Path) -> dict[str, Floats]:
    """What is kept; nothing where the file is not there or damaged: it is made again."""
    try:
        with path.open("rb") as stream, np.load(stream, allow_pickle=False) as stored:
            texts, vectors = stored["texts"], stored["vectors"]
    except Exception:  # numpy, zipfile and zlib each have their own errors for a damaged file
        return {}
    if vectors.ndim != 2 or len(texts) != len(vectors) or vectors.dtype != np.float32 or not np.isfinite(vectors).all():
        return {}
    return {str(text): vector for text, vector in zip(texts, vectors, strict=True)}


def _write(path: Path, known: Mapping[str, Floats]) -> None:
    kept = list(known.items())[-KEPT:]
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.stem}.{os.getpid()}.part.npz")
    np.savez(fresh, texts=np.array([text for text, _ in kept]), vectors=np.stack([vector for _, vector in kept]))
    os.replace(fresh, path)
