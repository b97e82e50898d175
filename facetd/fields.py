"""THE REGISTRY: every attribute of a photo that can be filtered, sorted, weighed, charted or explained.

From it come the query parameters of GET /api/photos, the OpenAPI text, the filter drawer, the sort menu, the weights of
categories and the bars of the photo page. A new metric is one entry here, one column in a migration, and the code that
computes it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum

from facetd.i18n import _


class Kind(Enum):
    """What a value is; decides how it is parsed, shown and described."""

    TEXT = "text"
    INTEGER = "integer"
    REAL = "real"
    SCORE = "score"  # 0..10
    RATIO = "ratio"  # 0..1
    FLAG = "flag"  # 0 or 1
    DATE = "date"  # local wall time, ISO 8601


class Filter(Enum):
    """How a field narrows a list of photos."""

    RANGE = "range"  # min_<param>, max_<param>, both inclusive
    EXACT = "exact"  # <param>=value
    PREFIX = "prefix"  # <param>=beginning of the value
    FLAG = "flag"  # <param>=1


GROUPS: dict[str, str] = {
    "general": _("General"),
    "quality": _("Quality"),
    "technical": _("Technical"),
    "color": _("Color"),
    "exposure": _("Exposure"),
    "composition": _("Composition"),
    "saliency": _("Subject Saliency"),
    "face": _("Faces"),
    "camera": _("Camera"),
    "content": _("Content"),
}

COMPOSITION_PATTERNS: dict[str, str] = {
    "rule_of_thirds": _("Rule of thirds"),
    "golden_ratio": _("Golden ratio"),
    "center": _("Center"),
    "diagonal": _("Diagonal"),
    "horizontal": _("Horizontal"),
    "vertical": _("Vertical"),
    "symmetric": _("Symmetric"),
    "triangle": _("Triangle"),
    "curved": _("Curved"),
    "radial": _("Radial"),
    "vanishing_point": _("Vanishing point"),
    "pattern": _("Pattern"),
    "fill_frame": _("Fill frame"),
}


@dataclass(frozen=True, slots=True)
class Field:
    """One attribute of a photo.

    `key` is its name everywhere (JSON, sort key, metric); `column` the column of table `photo` (or `rating` for what each
    viewer says) that holds it; `param` its name in filter parameters. `low`..`high` is the range of its values, `unit` what
    they are in. `weigh` is its key in a category's weights. `higher_is_better` is None where it is a matter of taste.
    `explain` tells a photographer what the number means, `source` an engineer where it comes from. `by_model`: only a model of an installed
    pack fills it; it is null, and not offered anywhere, until one does.
    """

    key: str
    label: str
    group: str
    kind: Kind
    column: str = ""
    table: str = "photo"
    param: str = ""
    unit: str | None = None
    low: float | None = None
    high: float | None = None
    filter: Filter | None = None
    sort: bool = False
    weigh: str | None = None
    chart: bool = False
    higher_is_better: bool | None = None
    explain: str = ""
    source: str = ""
    by_model: bool = False

    def __post_init__(self) -> None:
        object.__setattr__(self, "column", self.column or self.key)
        object.__setattr__(self, "param", self.param or self.key)
        if self.kind is Kind.SCORE:
            object.__setattr__(self, "low", 0.0)
            object.__setattr__(self, "high", 10.0)
        if self.kind is Kind.RATIO:
            object.__setattr__(self, "low", 0.0)
            object.__setattr__(self, "high", 1.0)


def _score(
    key: str, label: str, group: str, explain: str, source: str, *, param: str = "", weigh: str | None = None, by_model: bool = False
) -> Field:  # fmt: skip
    """A metric on the 0..10 scale that can be filtered, sorted and charted."""
    return Field(
        key, label, group, Kind.SCORE, param=param, filter=Filter.RANGE, sort=True, weigh=weigh, chart=True,
        higher_is_better=True, explain=explain, source=source, by_model=by_model,
    )  # fmt: skip


def _measure(
    key: str, label: str, group: str, kind: Kind, explain: str, source: str, *, param: str = "", unit: str | None = None,
    low: float | None = None, high: float | None = None, weigh: str | None = None, higher_is_better: bool | None = None,
) -> Field:  # fmt: skip
    """A measured number in its own unit that can be filtered, sorted and charted."""
    return Field(
        key, label, group, kind, param=param, unit=unit, low=low, high=high, filter=Filter.RANGE, sort=True, weigh=weigh,
        chart=True, higher_is_better=higher_is_better, explain=explain, source=source,
    )  # fmt: skip


FIELDS: tuple[Field, ...] = (
    # General
    _score("aggregate", _("Score"), "general", _("The overall score: the weighted metrics of the photo's category, plus bonuses, minus penalties."), "weighted mean of the category, score/judge.py", param="score"),
    _score("top_picks_score", _("Top picks score"), "general", _("A weighted sum of score, aesthetics, composition and face quality that picks the best photos."), "score/judge.py, viewer.photo_types.top_picks_weights"),
    Field("date_taken", _("Date taken"), "general", Kind.DATE, sort=True, chart=True, explain=_("When the photo was taken, in the camera's local time."), source="EXIF DateTimeOriginal, SubSecTimeOriginal, OffsetTimeOriginal"),
    Field("star_rating", _("Star rating"), "general", Kind.INTEGER, column="stars", table="rating", low=0, high=5, filter=Filter.RANGE, sort=True, explain=_("Your stars."), source="the viewer, or the XMP rating at the first scan"),
    Field("is_favorite", _("Favorite"), "general", Kind.FLAG, table="rating", sort=True, explain=_("One of your favorites."), source="the viewer"),
    Field("is_rejected", _("Rejected"), "general", Kind.FLAG, table="rating", sort=True, explain=_("You rejected it."), source="the viewer"),
    # Quality
    _score("aesthetic", _("Measured aesthetics"), "quality", _("An estimate from sharpness, light, color and composition together. Nobody's taste is in it."), "power mean of the measured scores; score/aesthetic.py", weigh="aesthetic_percent"),
    _score("aesthetic_iaa", _("Artistic merit"), "quality", _("How pleasing people would find the picture, by a model that learned it from their votes."), "an aesthetic head or a scorer of the catalogue; score/opinions.py", weigh="aesthetic_iaa_percent", by_model=True),
    _score("quality_score", _("Overall quality"), "quality", _("A second opinion: whether words for a good photograph fit the picture better than words for a bad one, or what another model says."), "a zero-shot axis or a scorer of the catalogue; score/opinions.py", weigh="quality_score_percent", by_model=True),
    _score("topiq_score", _("Technical quality (TOPIQ)"), "quality", _("How good the picture looks technically, by a model that learned it from people's votes."), "a scorer of the catalogue such as TOPIQ (Chen et al. 2023); score/opinions.py", param="topiq", weigh="topiq_score_percent", by_model=True),
    _score("liqe_score", _("Technical quality (LIQE)"), "quality", _("How good the picture looks technically, by a model of vision and language."), "a scorer of the catalogue such as LIQE (Zhang et al. 2023); score/opinions.py", param="liqe", weigh="liqe_score_percent", by_model=True),
    _score("face_quality_iqa", _("Face image quality"), "quality", _("How good the picture of the main face looks, by a model."), "a scorer of the catalogue, fed with the main face; score/opinions.py", weigh="face_quality_iqa_percent", by_model=True),
    # Technical
    _score("tech_sharpness", _("Sharpness"), "technical", _("How much fine detail the sharpest parts of the picture hold, at several scales."), "multi-scale gradient energy ratio, noise removed, after Zhuo & Sim 2011; score/sharpness.py", param="sharpness", weigh="tech_sharpness_percent"),
    _measure("sharpness_laplacian", _("Laplacian variance"), "technical", Kind.REAL, _("Variance of the Laplacian of the luminance, less the noise's share: the raw focus measure."), "Pech-Pacheco et al. 2000; score/sharpness.py", low=0, higher_is_better=True),
    _measure("sharpness_multiscale", _("Multi-scale sharpness"), "technical", Kind.REAL, _("How much more detail the sharpest parts hold at full size than at a quarter: the raw value behind Sharpness. Below 1 is blurred, above 4 crisp."), "re-blur ratio after Zhuo & Sim 2011; score/sharpness.py", unit=_("octaves"), higher_is_better=True),
    _measure("noise_sigma", _("Noise"), "technical", Kind.REAL, _("Standard deviation of the brightness noise in 8-bit levels, estimated in flat areas."), "Immerkaer 1996 at two scales; score/noise.py", param="noise", unit=_("levels"), low=0, weigh="noise_percent", higher_is_better=False),
    _score("contrast_score", _("Contrast"), "technical", _("How far the tones spread between dark and light, over the picture and within its parts."), "RMS contrast, local RMS and tonal range; score/tone.py", param="contrast", weigh="contrast_percent"),
    _measure("rms_contrast", _("RMS contrast"), "technical", Kind.RATIO, _("Standard deviation of the luminance."), "Peli 1990; score/tone.py", higher_is_better=None),
    _measure("dynamic_range_stops", _("Dynamic range"), "technical", Kind.REAL, _("Stops between the deep shadows and the bright lights of the picture, at most 10."), "0.5th to 99.5th percentile of linear light; score/tone.py", param="dynamic_range", unit=_("stops"), low=0, high=10, weigh="dynamic_range_percent", higher_is_better=True),
    _measure("megapixels", _("Megapixels"), "technical", Kind.REAL, _("Width times height in millions of pixels. Very small pictures are usually copies or previews."), "the file's header", unit=_("MP"), low=0, higher_is_better=True),
    Field("jpeg_quality", _("JPEG quality"), "technical", Kind.INTEGER, low=1, high=100, filter=Filter.RANGE, sort=True, chart=True, higher_is_better=True, explain=_("How strongly the file is compressed: the quality setting that its tables stand for. Copies from messengers are often below 60."), source="ITU-T T.81 Annex K; media/jpegquality.py"),
    # Colour
    _score("color_score", _("Color"), "color", _("Colorfulness and harmony of the colors together."), "Hasler & Suesstrunk 2003, Cohen-Or et al. 2006; score/color.py", param="color", weigh="color_percent"),
    _score("color_harmony", _("Color harmony"), "color", _("How closely the hues follow a harmonic scheme such as complementary or analogous."), "Cohen-Or et al. 2006; score/color.py", weigh="color_harmony_percent"),
    _measure("color_entropy", _("Color variety"), "color", Kind.REAL, _("Entropy of the hues: low for one color, high for many."), "64 hues weighted by chroma; score/color.py", unit=_("bits"), low=0, high=6),
    _measure("mean_saturation", _("Saturation"), "color", Kind.RATIO, _("Mean saturation of the colors."), "(max - min) / (max + 16); score/color.py", param="saturation"),
    Field("is_monochrome", _("Monochrome"), "color", Kind.FLAG, filter=Filter.FLAG, explain=_("The picture has (nearly) no color, or one tint only."), source="score/color.py"),
    # Exposure
    _score("exposure_score", _("Exposure"), "exposure", _("Whether picture and subject are neither too dark nor too bright, the lights reach up and little is lost."), "score/exposure.py", param="exposure", weigh="exposure_percent"),
    _measure("mean_luminance", _("Luminance"), "exposure", Kind.RATIO, _("Mean brightness, from black (0) to white (1)."), "score/tone.py", param="luminance"),
    _measure("histogram_spread", _("Histogram spread"), "exposure", Kind.RATIO, _("Share of the tonal range that the picture uses."), "1st to 99th percentile; score/tone.py"),
    _measure("shadow_clipping", _("Shadow clipping"), "exposure", Kind.RATIO, _("Share of the picture that is black: lost in all color channels."), "score/exposure.py", higher_is_better=False),
    _measure("highlight_clipping", _("Highlight clipping"), "exposure", Kind.RATIO, _("Share of the picture whose lights are burnt out in at least two color channels."), "second worst channel; score/exposure.py", higher_is_better=False),
    Field("shadow_clipped", _("Shadows clipped"), "exposure", Kind.FLAG, explain=_("A visible part of the shadows is lost."), source="score/exposure.py"),
    Field("highlight_clipped", _("Highlights clipped"), "exposure", Kind.FLAG, explain=_("A visible part of the highlights is lost."), source="score/exposure.py"),
    Field("is_silhouette", _("Silhouette"), "exposure", Kind.FLAG, filter=Filter.FLAG, explain=_("A dark subject before a bright background."), source="score/exposure.py"),
    # Composition
    _score("comp_score", _("Composition"), "composition", _("Placement, prominence, balance, lines, order and pattern of the picture together."), "score/composition.py", param="composition", weigh="composition_percent"),
    _score("power_point_score", _("Power points"), "composition", _("How close the main subject is to a crossing of the thirds."), "score/subject.py", param="power_point", weigh="power_point_percent"),
    _score("leading_lines_score", _("Leading lines"), "composition", _("Long lines that lead towards the subject or a vanishing point."), "soft Hough transform; score/lines.py", param="leading_lines", weigh="leading_lines_percent"),
    _score("isolation_bonus", _("Isolation"), "composition", _("How clearly one subject stands apart from a calm background."), "score/subject.py", param="isolation", weigh="isolation_percent"),
    Field("composition_pattern", _("Composition pattern"), "composition", Kind.TEXT, filter=Filter.EXACT, sort=True, explain=_("The arrangement that describes the picture best."), source="score/patterns.py"),
    # Saliency
    _score("subject_sharpness", _("Subject sharpness"), "saliency", _("Sharpness inside the main subject."), "score/sharpness.py within the mask of score/subject.py", weigh="subject_sharpness_percent"),
    _score("subject_prominence", _("Subject prominence"), "saliency", _("How much the main subject draws the eye."), "saliency (Zhang et al. 2015, Itti et al. 1998); score/saliency.py, score/subject.py", weigh="subject_prominence_percent"),
    _score("subject_placement", _("Subject placement"), "saliency", _("How well the main subject sits in the frame."), "score/subject.py", weigh="subject_placement_percent"),
    _score("bg_separation", _("Background separation"), "saliency", _("How different the subject and its background are in focus, light and color."), "score/subject.py", weigh="bg_separation_percent"),
    # Faces
    Field("face_count", _("Faces"), "face", Kind.INTEGER, low=0, filter=Filter.RANGE, sort=True, chart=True, explain=_("How many faces were found."), source="face detector and mesh verifier; infer/faces"),
    _measure("face_ratio", _("Face share"), "face", Kind.RATIO, _("Share of the picture that all faces take together."), "areas of the face boxes; score/faces.py"),
    _measure("face_confidence", _("Face confidence"), "face", Kind.RATIO, _("How sure the detector is of the best face."), "face detector; infer/faces", higher_is_better=True),
    _score("face_quality", _("Face quality"), "face", _("How well the main face can be seen: large, frontal, upright and sharp."), "infer/faces/quality.py, the face that fills most of the picture", weigh="face_quality_percent"),
    _score("eye_sharpness", _("Eye sharpness"), "face", _("How sharp the eyes of the main face are."), "re-blur ratio around the eyes; infer/faces/quality.py", weigh="eye_sharpness_percent"),
    _measure("face_sharpness", _("Face sharpness"), "face", Kind.REAL, _("How sharp the main face is."), "re-blur ratio in the face; infer/faces/quality.py", low=0, high=100, higher_is_better=True),
    Field("is_group_portrait", _("Group portrait"), "face", Kind.FLAG, filter=Filter.FLAG, explain=_("Three or more faces that the photo is about."), source="score/faces.py"),
    # Camera
    Field("camera_model", _("Camera"), "camera", Kind.TEXT, param="camera", filter=Filter.EXACT, explain=_("The camera."), source="EXIF Model"),
    Field("camera_make", _("Camera make"), "camera", Kind.TEXT, explain=_("Who made the camera."), source="EXIF Make"),
    Field("lens_model", _("Lens"), "camera", Kind.TEXT, param="lens", filter=Filter.PREFIX, explain=_("The lens."), source="EXIF LensModel"),
    Field("iso", _("ISO"), "camera", Kind.INTEGER, low=1, filter=Filter.RANGE, sort=True, chart=True, explain=_("Sensitivity."), source="EXIF PhotographicSensitivity"),
    Field("f_stop", _("Aperture"), "camera", Kind.REAL, param="aperture", unit="f/", low=0.5, filter=Filter.RANGE, sort=True, chart=True, explain=_("The f-number."), source="EXIF FNumber"),
    Field("shutter_speed", _("Exposure time"), "camera", Kind.REAL, column="exposure_time", unit="s", low=0, filter=Filter.RANGE, sort=True, chart=True, explain=_("How long the shutter was open."), source="EXIF ExposureTime"),
    Field("focal_length", _("Focal length"), "camera", Kind.REAL, unit="mm", low=0, filter=Filter.RANGE, sort=True, chart=True, explain=_("Focal length of the lens."), source="EXIF FocalLength"),
    # Content
    Field("category", _("Category"), "content", Kind.TEXT, filter=Filter.EXACT, explain=_("The kind of photo, which decides what is weighed."), source="score/categories.json"),
    Field("filename", _("File name"), "content", Kind.TEXT, sort=True, explain=_("The name of the file."), source="file system"),
)  # fmt: skip

BY_KEY: dict[str, Field] = {f.key: f for f in FIELDS}
DEFAULT_SORT = "aggregate"


def sortable() -> Iterator[Field]:
    """Fields that a list of photos can be sorted by."""
    return (f for f in FIELDS if f.sort)


def filterable(how: Filter) -> Iterator[Field]:
    """Fields that narrow a list of photos in the way `how`."""
    return (f for f in FIELDS if f.filter is how)


def by_model() -> Iterator[Field]:
    """Fields that are empty until a model of an installed pack fills them."""
    return (f for f in FIELDS if f.by_model)


def weighable() -> dict[str, Field]:
    """Fields that a category may weigh, by the key of the weight (`tech_sharpness_percent`)."""
    return {f.weigh: f for f in FIELDS if f.weigh}
