"""Setting a metric in relation to a library: percentile ranks from a stored snapshot of quantiles."""

from __future__ import annotations

import hashlib
import json
import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import resources

from facetd.errors import ConfigError
from facetd.i18n import _

STEPS = 21  # quantiles 0, 5, ... 100 %


@dataclass(frozen=True, slots=True)
class Snapshot:
    """The distribution of each metric over one library at one moment.

    `id` is a hash of the numbers; `quantiles` maps a field's key to its STEPS quantiles from 0 to 100 %, never falling; `photos` is how
    many were
    counted.
    """

    id: str
    photos: int
    quantiles: Mapping[str, tuple[float, ...]]

    def rank(self, key: str, value: float) -> float | None:
        """Share 0..1 of the library below `value` (half of what is equal), linear between quantiles; None where `key` was not counted."""
        steps = self.quantiles.get(key)
        if not steps:
            return None
        first, after = bisect_left(steps, value), bisect_right(steps, value)
        last = max(1, len(steps) - 1)
        if first < after:
            return 0.5 * (first + after - 1) / last
        if first in (0, len(steps)):
            return 0.0 if first == 0 else 1.0
        return (first - 1 + (value - steps[first - 1]) / (steps[first] - steps[first - 1])) / last

    def to_json(self) -> str:
        """As text that `snapshot_from_json` reads."""
        return json.dumps(
            {"id": self.id, "photos": self.photos, "quantiles": {k: list(v) for k, v in self.quantiles.items()}}, sort_keys=True
        )


def make_snapshot(columns: Mapping[str, Sequence[float]]) -> Snapshot:
    """Snapshot of `columns`: the values of each metric over the library, None and NaN left out by the caller or here."""
    import numpy as np  # noqa: PLC0415  0.15 s and 25 MB: a library makes a snapshot once, the daemon needs no arrays otherwise

    quantiles = {}
    photos = 0
    for key, column in sorted(columns.items()):
        values = [float(v) for v in column if v is not None and math.isfinite(v)]
        photos = max(photos, len(values))
        if values:
            quantiles[key] = tuple(round(float(v), 5) for v in np.quantile(values, np.linspace(0.0, 1.0, STEPS)))
    return Snapshot(_identity(quantiles), photos, quantiles)


def snapshot_from_json(text: str) -> Snapshot:
    """The snapshot that `to_json` wrote. Raises ConfigError when the text is not one."""
    try:
        data = json.loads(text)
        quantiles = {str(key): tuple(float(v) for v in steps) for key, steps in data["quantiles"].items()}
        photos = int(data["photos"])
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ConfigError(
            _("the stored snapshot of the library cannot be read: {error}").format(error=error), hint=_("recompute it from the library")
        ) from error
    for key, steps in quantiles.items():
        if any(not math.isfinite(v) for v in steps) or list(steps) != sorted(steps):
            raise ConfigError(
                _("the stored snapshot of the library has quantiles of {key} that fall").format(key=key),
                hint=_("recompute it from the library"),
            )
    return Snapshot(_identity(quantiles), photos, quantiles)


def _identity(quantiles: Mapping[str, tuple[float, ...]]) -> str:
    return hashlib.blake2b(json.dumps(quantiles, sort_keys=True).encode(), digest_size=8).hexdigest()


@lru_cache(maxsize=1)
def built_in() -> Snapshot:
    """The snapshot that counts until the library has its own, measured over some 350 varied photos."""
    return snapshot_from_json(resources.files("facetd.score").joinpath("snapshot.json").read_text(encoding="utf-8"))


BUILT_IN = built_in()
