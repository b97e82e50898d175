"""The section `capsules`: which photos make a capsule, of how many, and when the list rotates."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, Strict, model_validator

from facetd.config.viewer import Section, Texts
from facetd.i18n import _

Photos = Annotated[int, Field(ge=1, le=10_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Cosine = Annotated[float, Field(ge=0, le=1)]
Score = Annotated[float, Field(ge=0, le=10)]
Hours = Annotated[tuple[Annotated[float, Field(ge=0, le=24)], ...], Strict(False)]
Millimetres = Annotated[tuple[Annotated[float, Field(gt=0)], ...], Strict(False)]


class Journey(Section):
    """Photos taken far from home, until nothing was taken for `time_gap_hours`.

    Home is where most photos were taken, and where most of a year's were if there are photos from there on `home_days` days of it.
    """

    min_distance_km: float = Field(default=50, gt=0)
    min_photos: Photos = 8
    time_gap_hours: float = Field(default=24, gt=0)
    home_days: int = Field(default=60, ge=1)


class AtLeast(Section):
    """How many photos a capsule of this type needs."""

    min_photos: Photos = 10


class OfPair(AtLeast):
    """Two named persons together."""

    min_photos: Photos = 8


class Monthly(AtLeast):
    """The best of a month."""

    min_photos: Photos = 8


class Yearly(AtLeast):
    """The best of a year."""

    min_photos: Photos = 20


class Often(AtLeast):
    """What many photos have: a camera, a lens, a tag."""

    min_photos: Photos = 15


class Favorites(AtLeast):
    """Favorites of a year, and of a season."""

    min_photos: Photos = 5


class Golden(Section):
    """The photos above this percentile of the score, at most `max_photos`."""

    percentile: float = Field(default=99, ge=0, lt=100)
    max_photos: Photos = 50
    min_photos: Photos = 3


class ColorStory(Section):
    """Photos that look alike to a model: parts that hang together at this cosine among the newest good photos."""

    embedding_threshold: Cosine = 0.75
    min_group_size: Photos = 8
    max_groups: int = Field(default=5, ge=0, le=100)
    newest_photos: int = Field(default=2000, ge=1, le=5000)


class ThisWeek(Section):
    """The days around today in earlier years."""

    min_photos_per_year: Photos = 3
    days: int = Field(default=3, ge=0, le=30)


class Location(Section):
    """Cells of the globe with many photos."""

    cell_degrees: float = Field(default=0.5, ge=0.01, le=10)
    min_photos: Photos = 10
    max_places: int = Field(default=50, ge=0, le=1000)


class Seeded(Section):
    """Around photos drawn at random anew each period; moods are alike within these shares of saturation and luminance."""

    num_seeds: int = Field(default=10, ge=0, le=100)
    min_photos: Photos = 8
    time_window_days: float = Field(default=7, gt=0)
    embedding_threshold: Cosine = 0.7
    location_radius_km: float = Field(default=30, gt=0)
    mood_saturation: Share = 0.08
    mood_luminance: Share = 0.08


class Progress(Section):
    """A period whose mean score is so much above that of the one before."""

    min_improvement_pct: float = Field(default=5, gt=0, le=1000)
    min_photos: Photos = 10
    period_months: int = Field(default=3, ge=1, le=12)

    @model_validator(mode="after")
    def _whole_years(self) -> Progress:
        if 12 % self.period_months:
            raise ValueError(_("period_months: expected 1, 2, 3, 4, 6 or 12, found {found}").format(found=self.period_months))
        return self


class ColorPalette(Section):
    """Months in one mood of color: mostly monochrome, or with a mean saturation above `vivid` or below `muted`."""

    min_photos: Photos = 8
    vivid: Share = 0.5
    muted: Share = 0.25
    months: int = Field(default=24, ge=1, le=1200)


class RarePair(Section):
    """Two named persons on few photos, good ones."""

    min_photos: Photos = 3
    max_shared_photos: Photos = 5
    min_score: Score = 7.0


class Dimensions(Section):
    """Capsules that follow from one attribute or two. At most `max_capsules` are kept, of all such types in turns."""

    min_photos: Photos = 10
    max_capsules: int = Field(default=200, ge=0, le=1000)
    min_stars: int = Field(default=3, ge=1, le=5)
    focal_ranges_mm: Millimetres = (24, 35, 70, 135, 300)
    times_of_day: Hours = (5, 8, 11, 14, 17, 20)

    @model_validator(mode="after")
    def _bounds(self) -> Dimensions:
        for key, bounds, count in (("focal_ranges_mm", self.focal_ranges_mm, 5), ("times_of_day", self.times_of_day, 6)):
            if len(bounds) != count or list(bounds) != sorted(set(bounds)):
                raise ValueError(_("{key}: expected {count} rising numbers").format(key=key, count=count))
        return self


class Capsules(Section):
    """Which capsules are made. `disabled` names types that are not, `dimensions` all that follow from attributes.

    Each capsule has at most `max_photos_per_capsule`, chosen by score and variety (`mmr_lambda`: 1 score alone, 0 variety alone); one that
    shares more than `max_photo_overlap` of its photos with an earlier one is left out. Of each type there are `max_capsules_per_type` at
    most. Covers and seeds change every `freshness_hours`.
    """

    min_aggregate: Score = 6.0
    max_photos_per_capsule: int = Field(default=40, ge=2, le=200)
    max_photo_overlap: Share = 0.2
    max_capsules_per_type: int = Field(default=100, ge=1, le=1000)
    mmr_lambda: Share = 0.5
    freshness_hours: float = Field(default=24, ge=1, le=24 * 366)
    reverse_geocoding: bool = True
    disabled: Texts = ()
    journey: Journey = Journey()
    faces_of: AtLeast = AtLeast()
    seasonal: AtLeast = AtLeast()
    golden: Golden = Golden()
    color_story: ColorStory = ColorStory()
    this_week_years_ago: ThisWeek = ThisWeek()
    location: Location = Location()
    person_pair: OfPair = OfPair()
    seeded: Seeded = Seeded()
    progress: Progress = Progress()
    color_palette: ColorPalette = ColorPalette()
    rare_pair: RarePair = RarePair()
    favorites: Favorites = Favorites()
    monthly: Monthly = Monthly()
    yearly: Yearly = Yearly()
    camera: Often = Often()
    tag_collection: Often = Often()
    dimensions: Dimensions = Dimensions()
