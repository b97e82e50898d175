"""What the viewer is configured to show, and what the registry offers for sorting, filtering and explaining."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from aiohttp import web
from pydantic import BaseModel

from facetd.accounts.viewers import ADMIN, SUPERADMIN
from facetd.config import Config
from facetd.config.viewer import QUALITY_LABELS
from facetd.fields import COMPOSITION_PATTERNS, FIELDS, GROUPS, Field, Kind
from facetd.http.openapi import Nothing, Operations
from facetd.http.services import services, viewer_of
from facetd.i18n import _
from facetd.score.rules import categories, type_labels

operations = Operations("config")
THUMBNAIL_SLIDER = {"min_px": 120, "max_px": 400, "default_px": 168, "step_px": 8}
NOT_BUILT = frozenset({"show_critique", "show_vlm_critique"})


class ConfigReply(BaseModel):
    """The viewer's configuration."""

    sort_options: list[tuple[str, str]]
    sort_options_grouped: dict[str, list[dict[str, str]]]
    quality_levels: list[tuple[str, str]]
    quality_thresholds: dict[str, float]
    type_labels: dict[str, str]
    pattern_labels: dict[str, str]
    category_labels: dict[str, str]
    defaults: dict[str, Any]
    pagination: dict[str, int]
    display: dict[str, Any]
    features: dict[str, bool]
    notification_duration_ms: int
    translation_target_language: str
    is_multi_user: bool
    edition_enabled: bool
    edition_authenticated: bool
    filters: list[dict[str, Any]]
    metrics: list[dict[str, Any]]
    capabilities: dict[str, dict[str, str]]
    download_profiles: list[str]


@operations.add("GET", "/api/config", summary="The viewer's configuration", reply=ConfigReply)
async def get_config(request: web.Request, _parameters: Nothing) -> Any:
    """Sort keys, filters and metrics of the registry, as far as the library has values of them, quality levels, defaults and features."""
    house = services(request)
    viewer, role = house.config.viewer, (await viewer_of(request)).role
    unfilled = await house.gallery.unfilled()
    fields = [entry for entry in FIELDS if entry.key not in unfilled]
    return {
        "sort_options": [(entry.key, entry.label) for entry in fields if entry.sort],
        "sort_options_grouped": _grouped(fields),
        "quality_levels": list(QUALITY_LABELS.items()),
        "quality_thresholds": viewer.quality_thresholds.model_dump(),
        "type_labels": {"": _("All Photos"), **type_labels()},
        "pattern_labels": COMPOSITION_PATTERNS,
        "category_labels": {name: category.label for name, category in categories().items()},
        "defaults": {**viewer.defaults.model_dump(), "gallery_mode": "grid"},
        "pagination": viewer.pagination.model_dump(),
        "display": {**viewer.display.model_dump(), "thumbnail_slider": THUMBNAIL_SLIDER},
        "features": shown_features(house.config, role),
        "notification_duration_ms": viewer.notification_duration_ms,
        "translation_target_language": house.config.translation.target_language,
        "is_multi_user": house.authentication.multi_user,
        "edition_enabled": True,
        "edition_authenticated": role in (ADMIN, SUPERADMIN),
        "filters": [_filter(entry) for entry in fields if entry.filter is not None],
        "metrics": [_metric(entry) for entry in fields if entry.kind in (Kind.SCORE, Kind.RATIO, Kind.REAL) and entry.group != "camera"],
        "capabilities": {**house.ingest.models.capabilities(), **house.captioning.writers.capabilities()},
        "download_profiles": house.downloads.profiles(),
    }


def shown_features(config: Config, role: str) -> dict[str, bool]:
    """Which parts of the product are there for somebody of this role: switched on, and built."""
    features: dict[str, bool] = config.viewer.features.model_dump()
    there = {key: value and key not in NOT_BUILT for key, value in features.items()}
    return {**there, "show_scan_button": features["show_scan_button"] and role == SUPERADMIN}


def _grouped(fields: Iterable[Field]) -> dict[str, list[dict[str, str]]]:
    groups: dict[str, list[dict[str, str]]] = {}
    for entry in fields:
        if entry.sort:
            groups.setdefault(GROUPS[entry.group], []).append({"column": entry.key, "label": entry.label})
    return groups


def _metric(entry: Field) -> dict[str, Any]:
    return {
        "key": entry.key,
        "label": entry.label,
        "group": entry.group,
        "group_label": GROUPS[entry.group],
        "kind": entry.kind.value,
        "unit": entry.unit,
        "low": entry.low,
        "high": entry.high,
        "higher_is_better": entry.higher_is_better,
        "explain": entry.explain,
        "source": entry.source,
    }


def _filter(entry: Field) -> dict[str, Any]:
    return {**_metric(entry), "param": entry.param, "filter": entry.filter.value if entry.filter else None}
