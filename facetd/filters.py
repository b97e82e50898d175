"""PhotoFilter: the only way to say "these photos". Derived from the registry, used by the gallery, the API and the command line."""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    create_model,
    model_validator,
)
from pydantic_core import InitErrorDetails

from facetd.fields import FIELDS, Filter, Kind
from facetd.i18n import _
from facetd.together import Rule, Together, choices, together


def _flag(value: object) -> object:
    """The query values `1` and `true` are on, `0`, `false` and empty are off."""
    if isinstance(value, str):
        known = {"1": True, "true": True, "0": False, "false": False, "": False}
        if value.lower() not in known:
            raise ValueError(_("expected 1 or 0"))
        return known[value.lower()]
    return value


def _day(value: str) -> str:
    try:
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", value, re.ASCII) and date.fromisoformat(value):
            return value
    except ValueError:
        pass  # 30 February
    raise ValueError(_("expected a day as YYYY-MM-DD"))


def blank_is_none(value: object) -> object:
    """An empty text is no condition, as in a form that was not filled in."""
    return None if value == "" else value


def _ids(value: str) -> str:
    """Ids separated by commas, each once, ascending, so that the same question is written in one way."""
    parts = [part.strip() for part in value.split(",")]
    if len(parts) > MOST_IDS or not all(re.fullmatch("[0-9]{1,18}", part) for part in parts):
        raise ValueError(_("expected at most {count} ids separated by commas").format(count=MOST_IDS))
    return ",".join(map(str, sorted({int(part) for part in parts})))


MOST_IDS = 50
_ID = " *[0-9]{1,18} *"
IDS_PATTERN = rf"^({_ID}(,{_ID}){{0,{MOST_IDS - 1}}})?$"
CIRCLE = Together("circle", ("gps_lat", "gps_lng", "gps_radius_km"), Rule.ALL)
Flag = Annotated[bool, BeforeValidator(_flag), WithJsonSchema({"anyOf": [{"type": "boolean"}, {"type": "string", "enum": ["1", "0", ""]}]})]
Day = Annotated[str, AfterValidator(_day), WithJsonSchema({"type": "string", "format": "date"})]
Number = Annotated[float, Field(allow_inf_nan=False)]
Latitude = Annotated[float, Field(ge=-90, le=90, allow_inf_nan=False)]
Longitude = Annotated[float, Field(ge=-180, le=180, allow_inf_nan=False)]
Radius = Annotated[float, Field(gt=0, le=20_100, allow_inf_nan=False)]
Whole = Annotated[int, Field(ge=-(2**63), le=2**63 - 1)]
Text = Annotated[str | None, Field(max_length=500), BeforeValidator(blank_is_none)]
Names = Annotated[str | None, Field(max_length=4000), BeforeValidator(blank_is_none)]
Ids = Annotated[
    Annotated[str, AfterValidator(_ids), WithJsonSchema({"type": "string", "pattern": IDS_PATTERN})] | None, BeforeValidator(blank_is_none)
]
Quality = Literal["good", "great", "excellent", "best"]
QUALITIES = {"type": ["string", "null"], "enum": [*get_args(Quality), "", None]}


class PhotoConditions(BaseModel):
    """The conditions that are not one attribute's range or value. All conditions given are ANDed."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True, json_schema_extra=together(CIRCLE))

    search: Text = Field(
        default=None,
        description="Words, all of them found in names of files, folders, cameras, lenses, categories, people and places, in tags, titles,"
        ' descriptions, captions or the date; "phrases"; -words to leave out. The last word may be a beginning.',
    )
    tag: Text = Field(default=None, description="One tag, exactly.")
    require_tags: Names = Field(default=None, description="Tags separated by commas; any of them.")
    exclude_tags: Names = Field(default=None, description="Tags separated by commas; none of them.")
    exclude_art: Flag = Field(default=False, description="Leave out photos with a tag of the category art.")
    person: Ids = Field(
        default=None,
        validation_alias=AliasChoices("person", "person_id"),
        description="Ids of persons separated by commas; all of them are in the photo.",
    )
    type: Text = Field(default=None, description="A photo type of /api/type_counts, or a category.", json_schema_extra=choices("types"))
    quality: Annotated[Quality | None, BeforeValidator(blank_is_none), WithJsonSchema(QUALITIES)] = Field(
        default=None, description="good, great, excellent or best: a lower bound of the score."
    )
    top_picks_filter: Flag = Field(default=False, description="Top picks only.")
    hide_blinks: Flag = Field(
        default=False, validation_alias=AliasChoices("hide_blinks", "no_blink"), description="Leave out photos with closed eyes."
    )
    hide_bursts: Flag = Field(
        default=False, validation_alias=AliasChoices("hide_bursts", "burst_only"), description="Only the best photo of each burst."
    )
    hide_duplicates: Flag = Field(default=False, description="Only one photo of each set of duplicates.")
    hide_rejected: Flag = Field(default=False, description="Leave out rejected photos.")
    show_rejected: Flag = Field(default=False, description="Only rejected photos; wins over hide_rejected.")
    show_companions: Flag = Field(default=False, description="Also the RAW files of RAW+JPEG pairs.")
    favorites_only: Flag = Field(default=False, description="Only favorites.")
    min_rating: int | None = Field(default=None, ge=1, le=5, description="At least this many stars.")
    date_from: Day | None = Field(default=None, description="First local day, YYYY-MM-DD.")
    date_to: Day | None = Field(default=None, description="Last local day, YYYY-MM-DD, inclusive.")
    gps_lat: Latitude | None = Field(default=None, description="Latitude of a circle's center.")
    gps_lng: Longitude | None = Field(default=None, description="Longitude of a circle's center.")
    gps_radius_km: Radius | None = Field(default=None, description="Radius of the circle in km.")
    path_prefix: Annotated[str | None, Field(max_length=4096), BeforeValidator(blank_is_none)] = Field(
        default=None, description="A folder and all below it, as /<root>/<folder>."
    )
    album_id: Annotated[int, Field(ge=1, le=2**63 - 1)] | None = Field(default=None, description="Only photos of this album.")
    min_aggregate: Number | None = Field(default=None, description="The same as min_score.")

    @model_validator(mode="after")
    def _whole_circle(self) -> PhotoConditions:
        missing = [name for name in CIRCLE.fields if getattr(self, name) is None]
        if not missing or len(missing) == len(CIRCLE.fields):
            return self
        reason = ValueError(_("gps_lat, gps_lng and gps_radius_km go together"))
        problems = [InitErrorDetails(type="value_error", loc=(name,), input=None, ctx={"error": reason}) for name in missing]
        raise ValidationError.from_exception_data(type(self).__name__, problems)


def _registry_parameters() -> dict[str, Any]:
    parameters: dict[str, Any] = {}
    for entry in FIELDS:
        if entry.filter is Filter.RANGE:
            number = Whole if entry.kind is Kind.INTEGER else Number
            unit = f" ({entry.unit})" if entry.unit else ""
            known = " Known once an installed model fills it." if entry.by_model else ""
            parameters[f"min_{entry.param}"] = (number | None, Field(default=None, description=f"{entry.label}{unit}, at least.{known}"))
            parameters[f"max_{entry.param}"] = (number | None, Field(default=None, description=f"{entry.label}{unit}, at most.{known}"))
        elif entry.filter is Filter.EXACT:
            parameters[entry.param] = (Text, Field(default=None, description=f"{entry.label}, exactly."))
        elif entry.filter is Filter.PREFIX:
            parameters[entry.param] = (Text, Field(default=None, description=f"{entry.label}, its beginning."))
        elif entry.filter is Filter.FLAG:
            parameters[entry.param] = (Flag | None, Field(default=None, description=f"{entry.label}: 1 only these, 0 none of these."))
    return parameters


class _PhotoFilter(PhotoConditions):
    """What the type checker sees of PhotoFilter; the registry adds the rest."""


PhotoFilter: type[_PhotoFilter] = create_model("PhotoFilter", __base__=_PhotoFilter, **_registry_parameters())


def split_list(text: str | None) -> tuple[str, ...]:
    """The parts of a comma-separated parameter, without blanks."""
    return tuple(part.strip() for part in (text or "").split(",") if part.strip())
