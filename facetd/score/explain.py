"""Sentences about a judgement for the photo page."""

from __future__ import annotations

from facetd.fields import BY_KEY, Kind
from facetd.i18n import _
from facetd.records.judgement import ScoreComponent

GRADES = ((8.0, _("excellent")), (6.5, _("good")), (4.5, _("fair")), (2.5, _("weak")), (0.0, _("poor")))


def grade(normalized: float) -> str:
    """A word for 0..10."""
    return next(word for limit, word in GRADES if normalized >= limit)


def explain(component: ScoreComponent) -> str:
    """One sentence such as "Sharpness 7.8: good. How much fine detail the sharpest parts of the picture hold, at several scales."."""
    field = BY_KEY[component.key]
    unit = f" {field.unit}" if field.unit and field.kind is not Kind.SCORE else ""
    return f"{field.label} {component.value:.1f}{unit}: {grade(max(0.0, component.normalized))}. {field.explain}"
