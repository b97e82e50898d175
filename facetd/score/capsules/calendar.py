"""How photos change from month to month: getting better, and the colors of a month."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from facetd.score.capsules.photos import Draft, Photos, mean, month_text

if TYPE_CHECKING:
    from facetd.config.capsules import ColorPalette, Progress


def progress(photos: Photos, rule: Progress, today: date) -> Iterator[Draft]:
    """The last whole period (by default a quarter of the calendar) with photos, if they are better on average than those of the period
    before; every photo counts there. Shows the good ones.
    """
    scored = photos.dated & ~np.isnan(photos.aggregate)
    period = photos.month // rule.period_months
    current = (today.year * 12 + today.month - 1) // rule.period_months
    past = scored & (period < current)
    if not past.any():
        return
    last = int(period[past].max())
    ours, before = scored & (period == last), scored & (period == last - 1)
    if min(ours.sum(), before.sum()) < rule.min_photos:
        return
    now, then = mean(photos.aggregate[ours]), mean(photos.aggregate[before])
    rows = np.flatnonzero(ours & photos.good)
    if then > 0 and now >= then * (1 + rule.min_improvement_pct / 100) and len(rows):
        first = month_text(last * rule.period_months)
        percent = round(100 * (now / then - 1))
        yield Draft("progress", first, photos.best_first(rows), "progress", {"month": first, "percent": percent}, least=rule.min_photos)


def palettes(photos: Photos, rule: ColorPalette, today: date) -> Iterator[Draft]:
    """Months of the last ones that are mostly monochrome, vivid or muted, the newest first; shows the photos that make them so."""
    usable = photos.dated & photos.good & ~np.isnan(photos.saturation)
    current = today.year * 12 + today.month - 1
    months = photos.month
    for month in range(current, current - rule.months, -1):
        here = usable & (months == month)
        if here.sum() < rule.min_photos:
            continue
        colored = here & ~photos.mono
        saturation = mean(photos.saturation[colored])
        fitting = {
            "monochrome": here & photos.mono if photos.mono[here].mean() > 0.5 else None,
            "vivid": colored & (photos.saturation > rule.vivid) if saturation > rule.vivid else None,
            "muted": colored & (photos.saturation < rule.muted) if colored.any() and saturation < rule.muted else None,
        }
        for palette, which in fitting.items():
            if which is not None and which.sum() >= rule.min_photos:
                text = month_text(month)
                rows = photos.best_first(np.flatnonzero(which))
                yield Draft(
                    "color_palette", f"{text}-{palette}", rows, "color_palette", {"palette": palette, "month": text}, least=rule.min_photos
                )
