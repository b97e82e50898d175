"""The sections that the product description names: viewer, users, memories, translation."""

from __future__ import annotations

import re
from typing import Literal

from pydantic import Field, field_validator, model_validator

from facetd.config.darktable import RawProcessor
from facetd.config.section import Section, Texts
from facetd.i18n import _

__all__ = ["Section", "Texts"]  # as other sections import them


ORIGIN = re.compile(r"https?://(\[[0-9a-fA-F:.]+\]|[0-9a-zA-Z._-]+)(:[0-9]{1,5})?/?")  # no *, no null: answers carry what a cookie opens


class Display(Section):
    """How photos are shown."""

    tags_per_photo: int = Field(default=4, ge=0, le=50)
    card_width_px: int = Field(default=168, ge=80, le=800)
    image_width_px: int = Field(default=160, ge=80, le=800)
    image_jpeg_quality: int = Field(default=96, ge=30, le=100)


class Pagination(Section):
    """How many photos one page of a list has."""

    default_per_page: int = Field(default=64, ge=1, le=500)


class Dropdowns(Section):
    """How many choices the filters offer."""

    max_cameras: int = Field(default=50, ge=1, le=1000)
    max_lenses: int = Field(default=50, ge=1, le=1000)
    max_persons: int = Field(default=50, ge=1, le=1000)
    max_tags: int = Field(default=20, ge=1, le=1000)
    min_photos_for_person: int = Field(default=10, ge=1)


class QualityThresholds(Section):
    """From which aggregate score a photo is good, great, excellent, best."""

    good: float = Field(default=6, ge=0, le=10)
    great: float = Field(default=7, ge=0, le=10)
    excellent: float = Field(default=8, ge=0, le=10)
    best: float = Field(default=9, ge=0, le=10)

    @model_validator(mode="after")
    def _in_order(self) -> QualityThresholds:
        if not self.good <= self.great <= self.excellent <= self.best:
            raise ValueError("expected good <= great <= excellent <= best")
        return self


class Defaults(Section):
    """What the gallery hides and how it sorts until the viewer says otherwise."""

    hide_blinks: bool = True
    hide_bursts: bool = True
    hide_duplicates: bool = True
    hide_details: bool = True
    hide_tooltip: bool = False
    hide_rejected: bool = True
    sort: str = "aggregate"
    sort_direction: Literal["ASC", "DESC"] = "DESC"
    type: str = ""


class TopPicksWeights(Section):
    """What the top picks score weighs."""

    aggregate_percent: float = Field(default=30, ge=0, le=100)
    aesthetic_percent: float = Field(default=28, ge=0, le=100)
    composition_percent: float = Field(default=18, ge=0, le=100)
    face_quality_percent: float = Field(default=24, ge=0, le=100)


class PhotoTypes(Section):
    """When a photo is a top pick."""

    top_picks_min_score: float = Field(default=7, ge=0, le=10)
    top_picks_min_face_ratio: float = Field(default=0.2, ge=0, le=1)
    top_picks_weights: TopPicksWeights = TopPicksWeights()


class Features(Section):
    """Parts of the product that can be switched off; a part that is off answers 403 and shows no controls."""

    show_similar_button: bool = True
    show_merge_suggestions: bool = True
    show_rating_controls: bool = True
    show_rating_badge: bool = True
    show_semantic_search: bool = True
    show_albums: bool = True
    show_critique: bool = True
    show_vlm_critique: bool = False
    show_memories: bool = True
    show_captions: bool = True
    show_timeline: bool = True
    show_map: bool = True
    show_capsules: bool = True
    show_folders: bool = True
    show_scan_button: bool = True


class Viewer(Section):
    """What the web UI and the API show."""

    password: str = ""
    edition_password: str = ""
    display: Display = Display()
    pagination: Pagination = Pagination()
    dropdowns: Dropdowns = Dropdowns()
    quality_thresholds: QualityThresholds = QualityThresholds()
    defaults: Defaults = Defaults()
    default_category: str = ""
    photo_types: PhotoTypes = PhotoTypes()
    features: Features = Features()
    raw_processor: RawProcessor = RawProcessor()
    allowed_origins: Texts = ()
    cache_ttl_seconds: float = Field(default=60, ge=0)
    notification_duration_ms: int = Field(default=2000, ge=0)

    @field_validator("allowed_origins")
    @classmethod
    def _named_sites(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            if not ORIGIN.fullmatch(each):
                raise ValueError(f"'{each}' is not the origin of a site: expected one like https://photos.example or http://nas:8080")
        return value


HASHES = re.compile(r"[0-9a-f]{16,128}:[0-9a-f]{64}|\$argon2id?\$\S+")


class User(Section):
    """One account. `password_hash` is made by `facetd user passwd`; `salt_hex:dk_hex` (PBKDF2-HMAC-SHA256) is accepted too."""

    password_hash: str
    display_name: str = ""
    role: Literal["user", "admin", "superadmin"] = "user"
    directories: Texts = ()

    @field_validator("password_hash")
    @classmethod
    def _known_hash(cls, value: str) -> str:
        if not HASHES.fullmatch(value):
            raise ValueError("expected a hash that `facetd user passwd` made, or salt_hex:dk_hex")
        return value


class Memories(Section):
    """What is shown of this day in the years before: how many photos of each year, and how many days around the day count, too."""

    top_per_year: int = Field(default=5, ge=1, le=100)
    window_days: int = Field(default=0, ge=0, le=15)


class Translation(Section):
    """The language that captions are translated to."""

    target_language: Literal["fr", "de", "es", "it"] = "fr"


QUALITY_LABELS = {"good": _("Good"), "great": _("Great"), "excellent": _("Excellent"), "best": _("Best")}
