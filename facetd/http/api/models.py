"""Models that several resources share: the photo object, and naming one photo."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, create_model

from facetd.fields import FIELDS, Kind
from facetd.filters import Flag, PhotoConditions, PhotoFilter
from facetd.library.paging import KEY, LONGEST
from facetd.together import Rule, Together, together

PageKey = Annotated[str, Field(max_length=LONGEST, json_schema_extra={"pattern": KEY})]
PhotoId = Annotated[int, Field(ge=1, le=2**63 - 1)]
ONE_PHOTO = Together("photo", ("id", "path"), Rule.ONE)
PHOTOS = Together("photos", ("photo_ids", "photo_paths"), Rule.ONE)


# What names and texts are made of, as patterns that say what the library takes: no characters that steer a terminal or turn a line round.
# Blanks of any kind become spaces, so tabs and ends of lines are no matter.
_STEERING = r"\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_TURNING = r"\u202a-\u202e\u2066-\u2069"
_BLANK = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
PLAIN = rf"^[^{_STEERING}{_TURNING}]*$"
PLAIN_NAME = rf"^[^{_STEERING}{_TURNING}]*[^{_STEERING}{_TURNING}{_BLANK}][^{_STEERING}{_TURNING}]*$"
PLAIN_TEXT = rf"^[^{_STEERING}\x1f{_TURNING}]*$"


class Strict(BaseModel):
    """A request: unknown parameters are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)


class HideQuery(Strict):
    """What is hidden while counting."""

    hide_blinks: Flag = Field(default=False, description="Leave out photos with closed eyes.")
    hide_bursts: Flag = Field(default=False, description="Only the best photo of each burst.")
    hide_duplicates: Flag = Field(default=False, description="Only one photo of each set of duplicates.")

    def chosen(self) -> PhotoConditions:
        """The photos that are counted."""
        return PhotoFilter(hide_blinks=self.hide_blinks, hide_bursts=self.hide_bursts, hide_duplicates=self.hide_duplicates)


class HideAnyQuery(HideQuery):
    """The same, and what the viewer rejected."""

    hide_rejected: Flag = Field(default=False, description="Leave out photos that you rejected.")

    def chosen(self) -> PhotoConditions:
        """The photos that are counted."""
        return PhotoFilter(**self.model_dump(include=set(HideAnyQuery.model_fields)))


class OnePhoto(Strict):
    """A photo named by its id or its virtual path; exactly one of the two."""

    model_config = ConfigDict(json_schema_extra=together(ONE_PHOTO))

    id: PhotoId | None = Field(default=None, description="The id of the photo, stable across moves and renames.")
    path: str | None = Field(default=None, max_length=4096, description="The virtual path, /<root>/<folder>/<name>.")


class PhotoBody(Strict):
    """A photo that something is done to, named by its id or its virtual path; exactly one of the two."""

    model_config = ConfigDict(json_schema_extra=together(Together("photo", ("photo_id", "photo_path"), Rule.ONE)))

    photo_id: PhotoId | None = Field(default=None, description="The id of the photo.")
    photo_path: str | None = Field(default=None, max_length=4096, description="The virtual path, /<root>/<folder>/<name>.")


class PhotosBody(Strict):
    """Photos that something is done to, named by their ids or their virtual paths; exactly one of the two lists."""

    model_config = ConfigDict(json_schema_extra=together(PHOTOS))

    photo_ids: list[PhotoId] | None = Field(default=None, min_length=1, max_length=10_000, description="The ids of the photos.")
    photo_paths: list[Annotated[str, Field(max_length=1024)]] | None = Field(
        default=None, min_length=1, max_length=10_000, description="Virtual paths, /<root>/<folder>/<name>; longer ones by id."
    )


Undo = Annotated[str | None, Field(description="For POST /api/undo/{token}, ten minutes long; null where nothing changed.")]


class PhotoPerson(BaseModel):
    """A person in a photo."""

    id: int
    name: str


class _PhotoBase(BaseModel):
    """A photo as lists show it. Every metric of the registry is a field; null where it is unknown."""

    id: int
    path: str
    filename: str
    format: str | None
    image_width: int | None = Field(description="Pixels, after orientation.")
    image_height: int | None
    size: int = Field(description="Bytes.")
    phash: str | None
    date_taken: str | None = Field(description="ISO 8601 local wall time, with its offset where that is known.")
    date_offset: str | None = Field(description="Offset of the local time where known, like +02:00.")
    date_formatted: str | None
    added_at: str
    camera_make: str | None
    focal_length_35mm: float | None
    exposure_bias: float | None
    gps_latitude: float | None
    gps_longitude: float | None
    gps_altitude: float | None
    title: str | None
    shutter_speed: str | None = Field(description="Seconds as text, or 1/b.")
    star_rating: int
    is_favorite: int
    is_rejected: int
    is_blink: int
    is_burst_lead: int
    is_duplicate_lead: int
    burst_group_id: int | None = Field(description="The series of photos it was taken in.")
    burst_kind: str | None = Field(description="burst, bracket or panorama; the last two are kept whole.")
    burst_count: int = Field(description="How many frames that series has; 0 for none.")
    duplicate_group_id: int | None = Field(description="The set of photos that are the same picture.")
    duplicate_count: int = Field(description="How many photos that set has; 0 for none.")
    is_companion: int
    tags: str | None
    tags_list: list[str]
    color: str | None = Field(description="The most common color, #rrggbb.")
    placeholder: str | None = Field(description="A thumbhash, base64.")
    v: str = Field(description="The content's hash; makes thumbnail addresses immutable.")
    offline: bool = Field(description="The photo's root is not there at the moment.")
    readable: bool
    place: str | None = Field(description="The nearest town and its country.")
    caption: str | None = Field(description="What somebody, or a model, wrote about the photo; /api/caption also knows a rule's.")
    caption_translated: str | None = Field(description="The same in translation.target_language, where it was translated.")
    persons: list[PhotoPerson]
    unassigned_faces: int = Field(description="Faces that are nobody's.")


def _registry_fields() -> dict[str, Any]:
    kinds: dict[Kind, Any] = {Kind.TEXT: str | None, Kind.DATE: str | None, Kind.INTEGER: int | None, Kind.FLAG: int | None}
    return {
        entry.key: (
            kinds.get(entry.kind, float | None),
            Field(description=entry.explain + (" Null until an installed model fills it." if entry.by_model else "")),
        )
        for entry in FIELDS
        if entry.key not in _PhotoBase.model_fields
    }


Photo = create_model("Photo", __base__=_PhotoBase, **_registry_fields())


class Component(BaseModel):
    """One weighed metric of a score."""

    key: str
    label: str
    value: float
    normalized: float
    weight: float
    contribution: float
    text: str


class AdjustmentOut(BaseModel):
    """A bonus or penalty of a score."""

    key: str
    points: float
    reason: str


class Breakdown(BaseModel):
    """How a score came about."""

    category: str
    aggregate: float | None
    components: list[Component]
    adjustments: list[AdjustmentOut]
    missing: list[str]


class ObjectOut(BaseModel):
    """A thing in the photo; the box in fractions of the upright picture. Not `shown`: search finds it, too uncertain for a fact."""

    label: str
    score: float
    x: float
    y: float
    width: float
    height: float
    shown: bool


class PhotoDetail(Photo):
    """A photo with everything known of it."""

    description: str | None
    label: str | None = Field(description="A word for a colour.")
    keywords: list[str]
    regions: list[dict[str, Any]]
    objects: list[ObjectOut]
    warnings: list[str]
    colors: list[str]
    histogram: dict[str, Any] | None
    details: dict[str, Any]
    breakdown: Breakdown | None
    failures: list[dict[str, Any]]
    orientation: int
    flash_fired: bool | None
