"""The loop that makes text: which token comes next, and when there are enough. Knows no network."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from facetd.errors import FacetdError
from facetd.i18n import _
from facetd.infer.arrays import Floats
from facetd.infer.generation.settings import GenerationSettings

Tokens = NDArray[np.int64]
LONGEST_LOOP, LOOPS = 8, 4  # a block of up to 8 tokens that comes 4 times in a row is no language any more


class Decoder(Protocol):
    """A network that continues texts. It begins with one, the empty one."""

    def logits(self, tokens: Tokens) -> Floats:
        """How likely each token of the vocabulary is to follow (B, V), as logits.

        `tokens` (B, T) are the texts so far from the start token on; all but the last column were there in the call before.
        """
        ...

    def keep(self, rows: Sequence[int]) -> None:
        """From now on text i continues what was text rows[i]."""
        ...


class Generated(NamedTuple):
    """A text: its tokens without the start and the end, whether it came to an end by itself, and its mean log likelihood per token."""

    tokens: tuple[int, ...]
    ended: bool
    likelihood: float


class NoText(FacetdError):
    """A network answered with values that are no numbers."""

    title = _("A model gave no usable answer")


def generate(decoder: Decoder, settings: GenerationSettings) -> Generated:
    """The likeliest text that a beam search finds, the same each time; with one beam the greedy one. Raises NoText.

    It ends when `settings.beams` texts are complete and none under way looks better, or at `settings.most` tokens. A text that runs in
    circles ends there, its turns once.
    """
    texts = np.full((1, 1), settings.start, np.int64)
    scores = np.zeros(1)
    done: list[tuple[float, Generated]] = []
    for length in range(1, settings.most + 1):
        likely = _log_softmax(decoder.logits(texts))
        _restrict(likely, texts, settings, first=length == 1, last=length == settings.most)
        rows, tokens, totals = _best(scores[:, None] + likely, 2 * settings.beams)
        going: list[int] = []
        for place, (row, token, total) in enumerate(zip(rows, tokens, totals, strict=True)):
            if len(going) == settings.beams:
                break
            if token in settings.ends:
                if place < settings.beams:
                    done.append(_complete(texts[row, 1:], float(total), settings, ended=True))
            else:
                going.append(place)
        if not going or (len(done) >= settings.beams and max(done)[0] >= totals[going[0]] / length**settings.length_penalty):
            break
        decoder.keep([int(rows[place]) for place in going])
        texts = np.concatenate([texts[rows[going]], tokens[going][:, None]], axis=1)
        scores = totals[going]
        turns = _loop(texts[0, 1:])
        if turns:  # the best text is spoilt, and so are its neighbours
            done.append(_complete(texts[0, 1:-turns], float(scores[0]), settings, ended=False))
            break
    whole = [(text[1:], float(score)) for text, score in zip(texts, scores, strict=True) if len(text) > settings.most]
    done += [_complete(text, score, settings, ended=False) for text, score in whole]
    if not done:
        raise NoText(_("The model found no text at all."))
    return max(done, key=lambda found: found[0])[1]


def _complete(tokens: Tokens, total: float, settings: GenerationSettings, *, ended: bool) -> tuple[float, Generated]:
    """A text and what it is compared by."""
    length = len(tokens) + ended
    return total / max(1, length) ** settings.length_penalty, Generated(tuple(map(int, tokens)), ended, total / max(1, length))


def _log_softmax(logits: Floats) -> NDArray[np.float64]:
    """Logits (B, V) as log likelihoods. Raises NoText for values that are no numbers; minus infinity is one here."""
    top = logits.max(axis=1, keepdims=True)
    if not np.isfinite(top).all():
        raise NoText(_("The model gave values that are not numbers."))
    shifted = logits.astype(np.float64) - top
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)), np.float64)


def _restrict(likely: NDArray[np.float64], texts: Tokens, settings: GenerationSettings, *, first: bool, last: bool) -> None:
    """Set to minus infinity what may not come next."""
    forced = settings.forced_first if first else settings.forced_last if last else None
    if forced is not None:
        kept = likely[:, forced].copy()
        likely[:] = -np.inf
        likely[:, forced] = kept
        return
    likely[:, list(settings.suppressed)] = -np.inf
    if settings.no_repeat:
        for row, text in enumerate(texts):
            likely[row, _repeating(text[1:].tolist(), settings.no_repeat)] = -np.inf


def _repeating(text: Sequence[int], size: int) -> list[int]:
    """The tokens that would complete a sequence of `size` tokens that `text` has already."""
    tail = list(text[len(text) - size + 1 :])
    if len(text) < size:
        return []
    return [text[i + size - 1] for i in range(len(text) - size + 1) if list(text[i : i + size - 1]) == tail]


def _best(totals: NDArray[np.float64], count: int) -> tuple[Tokens, Tokens, NDArray[np.float64]]:
    """Row, token and value of the `count` greatest of `totals` (B, V), greatest first; the first of equals. Minus infinity is left out."""
    flat = totals.ravel()
    some = np.argpartition(-flat, min(count, flat.size) - 1)[:count] if flat.size > count else np.arange(flat.size)
    least = flat[some].min()
    some = np.flatnonzero(flat >= least)
    order = some[np.argsort(-flat[some], kind="stable")][:count]
    order = order[np.isfinite(flat[order])]
    return np.asarray(order // totals.shape[1], np.int64), np.asarray(order % totals.shape[1], np.int64), flat[order]


def _loop(text: Tokens) -> int:
    """How many tokens at the end of `text` only repeat the block before them; 0 for a text that does not run in circles."""
    for size in range(1, LONGEST_LOOP + 1):
        tail = text[-size * LOOPS :]
        if len(tail) == size * LOOPS and (tail.reshape(LOOPS, size) == tail[:size]).all():
            return size * (LOOPS - 1)
    return 0
