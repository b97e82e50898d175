"""The typed model of scoring_config.json: every section, its keys, defaults and limits.

`viewer`, `users`, `translation` and `memories` follow the product description; the other sections are ours.
"""

from __future__ import annotations

import ipaddress
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from facetd.config.capsules import Capsules
from facetd.config.captions import Captions
from facetd.config.eyes import Faces, Inference, Objects, People, Tags
from facetd.config.plugins import Plugins
from facetd.config.sidecars import SidecarRoot
from facetd.config.viewer import Memories, Section, Texts, Translation, User, Viewer

Percent = Annotated[float, Field(ge=0, le=100)]
Score = Annotated[float, Field(ge=0, le=10)]
Ratio = Annotated[float, Field(ge=0, le=1)]

DEFAULT_EXCLUDES = (
    "@*/",  # Synology: @eaDir, @tmp; QNAP: @Recently-Snapshot, @Recycle; only folders, a photo may be called @home.jpg
    "#recycle",
    "#snapshot",
    ".*",  # dot folders and files, and macOS `._name` companions
    "$RECYCLE.BIN",
    "System Volume Information",
    "lost+found",
)


class Scanning(Section):
    """Which folders are read, and how."""

    directories: Texts = ()
    exclude: Texts = DEFAULT_EXCLUDES
    also_exclude: Texts = ()
    follow_symlinks: bool = False
    raw_jpeg: Literal["pair", "separate"] = "pair"
    max_megapixels: float = Field(default=300, gt=0, le=2000)
    workers: int = Field(default=0, ge=0, le=64)
    worker_memory_mb: int = Field(default=1024, ge=512, le=65536)
    timeout_s: float = Field(default=60, ge=1, le=3600)
    settle_s: float = Field(default=2.0, ge=0, le=600)
    watch: bool = True
    rescan_interval_s: float = Field(default=900, ge=5, le=7 * 86400)
    keep_missing_days: int = Field(default=30, ge=1, le=3650)
    confirm_missing_percent: Percent = 20
    confirm_missing_photos: int = Field(default=50, ge=0)


class Thumbnails(Section):
    """The stored thumbnails: JPEG, long side 240, 640 and 1600 px."""

    quality: int = Field(default=82, ge=30, le=100)


class Scoring(Section):
    """How components become one score."""

    default_category: str = "default"


class CategoryOverride(Section):
    """Changes to one built-in category; what is absent keeps its built-in value."""

    priority: int | None = None
    weights: dict[str, Percent] | None = None
    modifiers: dict[str, float] | None = None
    filters: dict[str, bool | float | str | list[str]] | None = None


class Thresholds(Section):
    """Where a measured number becomes a yes or no."""

    monochrome_saturation: Ratio = 0.05
    silhouette_dark_share: Ratio = 0.30
    pattern_confidence: Ratio = 0.25


class Exposure(Section):
    """What counts as clipped and as well exposed."""

    shadow_level: int = Field(default=2, ge=0, le=64)
    highlight_level: int = Field(default=253, ge=191, le=255)
    clipped_share: Ratio = 0.02


class Penalties(Section):
    """Points taken from the aggregate (0..10) at the worst, and where each penalty begins."""

    noise_sigma_start: float = Field(default=6.0, ge=0)
    noise_max_points: Score = 1.0
    shadow_clipping_start: Ratio = 0.10
    shadow_clipping_max_points: Score = 0.7
    highlight_clipping_start: Ratio = 0.04
    highlight_clipping_max_points: Score = 1.0
    exposure_start: Score = 4.5
    exposure_max_points: Score = 2.0
    blur_start: Score = 2.8
    small_start_megapixels: float = Field(default=0.15, ge=0)
    small_max_points: Score = 2.0
    compression_start: Percent = 65
    compression_max_points: Score = 0.25
    blur_max_points: Score = 1.2
    blink_points: Score = 1.0


class Normalization(Section):
    """How a metric is set in relation to the library before it is weighed."""

    enabled: bool = True
    strength: Ratio = 0.5
    min_photos: int = Field(default=500, ge=50)


class BurstDetection(Section):
    """What counts as one burst."""

    window_s: float = Field(default=48.0, gt=0)
    rapid_s: float = Field(default=0.4, ge=0)
    similarity_percent: Percent = 70


class DuplicateDetection(Section):
    """What counts as the same picture twice."""

    similarity_percent: Percent = 90


class Map(Section):
    """The map of where photos were taken. Below the threshold of zoom (0..22) photos are shown in clusters."""

    cluster_zoom_threshold: int = Field(default=10, ge=0, le=23)


class Server(Section):
    """The daemon's HTTP side."""

    allowed_hosts: Texts = ()
    trusted_proxies: Texts = ()
    readers: int = Field(default=2, ge=1, le=32)
    image_cache_mb: int = Field(default=512, ge=16)
    metrics_token: str = ""

    @field_validator("metrics_token")
    @classmethod
    def _hard_to_guess(cls, token: str) -> str:
        if token and (len(token) < 16 or not token.isascii() or token != token.strip()):
            raise ValueError("expected at least 16 ASCII characters without spaces at their ends, or none for no token")
        return token

    @field_validator("trusted_proxies")
    @classmethod
    def _networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for each in value:
            try:
                ipaddress.ip_network(each, strict=False)
            except ValueError:
                raise ValueError(f"'{each}' is not an address: expected one like 192.168.1.2 or a network like 10.0.0.0/8") from None
        return value


class Config(BaseModel):
    """The whole of scoring_config.json."""

    model_config = ConfigDict(frozen=True, extra="ignore", strict=True, allow_inf_nan=False)

    viewer: Viewer = Viewer()
    users: dict[str, User] = {}
    shared_directories: Texts = ()
    translation: Translation = Translation()
    memories: Memories = Memories()
    captions: Captions = Captions()
    scanning: Scanning = Scanning()
    thumbnails: Thumbnails = Thumbnails()
    scoring: Scoring = Scoring()
    categories: dict[str, CategoryOverride] = {}
    thresholds: Thresholds = Thresholds()
    exposure: Exposure = Exposure()
    penalties: Penalties = Penalties()
    normalization: Normalization = Normalization()
    burst_detection: BurstDetection = BurstDetection()
    duplicate_detection: DuplicateDetection = DuplicateDetection()
    inference: Inference = Inference()
    faces: Faces = Faces()
    people: People = People()
    objects: Objects = Objects()
    tags: Tags = Tags()
    map: Map = Map()
    sidecars: dict[str, SidecarRoot] = {}
    capsules: Capsules = Capsules()
    server: Server = Server()
    plugins: Plugins = Plugins()

    @model_validator(mode="before")
    @classmethod
    def _lift_shared_directories(cls, data: object) -> object:
        """The file keeps `shared_directories` among the users; here it has its own name."""
        if isinstance(data, dict) and isinstance(data.get("users"), dict) and "shared_directories" in data["users"]:
            users = dict(data["users"])
            data = {**data, "shared_directories": users.pop("shared_directories"), "users": users}
        return data

    @field_validator("users")
    @classmethod
    def _user_names(cls, users: dict[str, User]) -> dict[str, User]:
        for name in users:
            if not name.strip() or "/" in name or name != name.strip():
                raise ValueError(f"'{name}' is not a user name: expected text without '/' and without spaces at its ends")
        return users
