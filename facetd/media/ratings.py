"""Stars, as the different tags count them."""

from __future__ import annotations


def stars_of_percent(percent: float) -> float:
    """Stars 0..5 of the percentages that Windows writes: 1, 25, 50, 75 and 99 for one to five."""
    return round(percent / 25) + 1 if percent > 0 else 0


def percent_of_stars(stars: int) -> int:
    """The percentage that Windows writes for stars 0..5; 0 for rejected photos too."""
    return (0, 1, 25, 50, 75, 99)[max(0, stars)]
