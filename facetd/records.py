"""The dataclasses that cross rooms. No behaviour."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

CareTask = Literal["check", "optimize", "stats", "rebuild-fts", "refresh-stats"]  # of `facetd db`


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. Made by accounts/; turned into SQL in db/visibility.py only.

    `user_id` is 0 in single-user mode and on the daemon's own socket. `role` is reader (may look only), user (rates for
    themselves), admin (also persons, faces, albums, texts) or superadmin (also scans and settings).
    """

    user_id: int
    role: str
    root_ids: frozenset[int]
    name: str = ""


@dataclass(frozen=True, slots=True)
class Root:
    """One photo share. `path` is the absolute directory; `name` is unique, ignoring case, and never holds `/`."""

    id: int
    name: str
    path: str
    online: bool
    fs_id: str | None = None


@dataclass(frozen=True, slots=True)
class FilePlace:
    """Where a photo's file is and what it is, as far as the library knows."""

    root_path: str
    root_online: bool
    relative: str
    content_hash: str
    format: str | None
    orientation: int
    readable: bool
    size: int
    mtime_ns: int
    root_name: str = ""
    date_taken: str | None = None

    @property
    def path(self) -> str:
        """The absolute path."""
        return os.path.join(self.root_path, self.relative)

    @property
    def name(self) -> str:
        """The file's own name, as the file system functions take it."""
        return self.relative.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class PictureHeader:
    """What the first bytes of a photo file say, before any pixel is decoded.

    `width` and `height` are pixels as stored (before EXIF orientation; for HEIF after the container's own rotation).
    `format` is a name of media.formats. `decode_bytes` estimates the memory that decoding to the working size takes.
    `jpeg_quality` (1..100) is that of JPEG files, `megapixels` width x height in millions, to four places.
    `orientation` (EXIF 1..8) is set where the decoder knows it better than EXIF: RAW, and 1 where the container rotates by itself.
    """

    format: str
    width: int
    height: int
    decode_bytes: int
    orientation: int | None = None
    jpeg_quality: int | None = None
    megapixels: float | None = None


@dataclass(frozen=True, slots=True)
class FaceRegion:
    """A named or unnamed area that another program wrote into XMP (MWG regions) or that Picasa kept.

    Centre and size are fractions 0..1 of the picture as it is shown (after orientation). `kind` is Face, Pet, Focus or BarCode.
    """

    name: str | None
    kind: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class SidecarReading:
    """How the XMP sidecars of a photo were read: which fields of Metadata come from them; whether all of them could be read (`sound`), and
    without leaving out odd values (`whole`); and when the newest was changed (seconds since 1970).
    """

    fields: frozenset[str]
    sound: bool
    whole: bool
    changed_at: float


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a file and its sidecars say about a photo. None where nothing usable was found.

    `date_taken` is ISO 8601 local wall time with sub-seconds where known (`2024-07-14T18:03:22.25`), `date_offset` like `+02:00`.
    `exposure_time` in seconds; `focal_length` and `focal_length_35mm` in mm; `gps_latitude` and `gps_longitude` in
    signed degrees; `gps_altitude` in metres; `orientation` 1..8 (EXIF), already 1 for containers that rotate by themselves;
    `rating` 0..5, or -1 for rejected; `label` is the word for a colour. `keywords` are in the order of the file, without duplicates.
    `warnings` are sentences about values that were odd and left out. `sidecar` is None without an XMP sidecar.
    """

    date_taken: str | None = None
    date_offset: str | None = None
    camera_make: str | None = None
    camera_model: str | None = None
    lens_model: str | None = None
    iso: int | None = None
    f_stop: float | None = None
    exposure_time: float | None = None
    focal_length: float | None = None
    focal_length_35mm: float | None = None
    exposure_bias: float | None = None
    flash_fired: bool | None = None
    gps_latitude: float | None = None
    gps_longitude: float | None = None
    gps_altitude: float | None = None
    orientation: int = 1
    rating: int | None = None
    label: str | None = None
    title: str | None = None
    description: str | None = None
    keywords: tuple[str, ...] = ()
    regions: tuple[FaceRegion, ...] = ()
    warnings: tuple[str, ...] = ()
    sidecar: SidecarReading | None = None


@dataclass(frozen=True, slots=True)
class PixelMetrics:
    """Everything that is measured from the pixels at the working size (long side at most 1600 px).

    The names are the keys of fields.py, which has range, unit and source of each. `details` holds what only the
    photo page shows, as JSON values: `clipping` {r|g|b: [shadow, highlight]}, `subject_box` [x, y, width, height] as
    fractions or null, `pattern_scores` {pattern: 0..1}. `histogram` is 4 x 64 little-endian uint16 (luminance, red,
    green, blue), each channel scaled so that its largest bin is 65535.
    """

    sharpness_laplacian: float
    sharpness_multiscale: float
    tech_sharpness: float
    noise_sigma: float
    rms_contrast: float
    contrast_score: float
    dynamic_range_stops: float
    histogram_spread: float
    shadow_clipping: float
    highlight_clipping: float
    shadow_clipped: bool
    highlight_clipped: bool
    mean_luminance: float
    exposure_score: float
    color_score: float
    color_harmony: float
    color_entropy: float
    mean_saturation: float
    is_monochrome: bool
    is_silhouette: bool
    subject_sharpness: float
    subject_prominence: float
    subject_placement: float
    bg_separation: float
    comp_score: float
    power_point_score: float
    leading_lines_score: float
    isolation_bonus: float
    composition_pattern: str
    details: Mapping[str, object] = field(default_factory=dict)
    histogram: bytes = b""


@dataclass(frozen=True, slots=True)
class Appearance:
    """How a photo looks before its pixels arrive: a thumbhash and its dominant colours (`#rrggbb`, most common first)."""

    placeholder: bytes
    colors: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ScoreComponent:
    """One line of "why this score".

    `value` is the stored metric, `normalized` the 0..10 that was weighed, `weight` its share 0..1 of the sum after missing
    metrics gave theirs away, `contribution` = normalized x weight.
    """

    key: str
    value: float
    normalized: float
    weight: float
    contribution: float


@dataclass(frozen=True, slots=True)
class Adjustment:
    """A bonus (positive) or penalty (negative) in points 0..10 that was added to the weighted sum, and why."""

    key: str
    points: float
    reason: str


@dataclass(frozen=True, slots=True)
class Judgement:
    """What score/ makes of a photo: its category, its aggregate 0..10 and how that came about.

    `aesthetic` is the measured estimate 0..10. `missing` names weighed metrics that this photo does not have; their weight went to the
    others.
    """

    category: str
    aggregate: float | None
    top_picks_score: float | None
    aesthetic: float | None = None
    components: tuple[ScoreComponent, ...] = ()
    adjustments: tuple[Adjustment, ...] = ()
    missing: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in the upright picture: left, top, width and height as fractions 0..1 of it."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class FacePlace:
    """Where a stored face is: in which photo and content, whose it is, and the box in a picture of this size (px, upright)."""

    face_id: int
    photo_id: int
    person_id: int | None
    content_hash: str
    image_width: int | None
    image_height: int | None
    box: Box


@dataclass(frozen=True, slots=True)
class DetectedObject:
    """A thing found in a photo: its label (a name of the catalogue's label list), how sure the model is (0..1), and where."""

    label: str
    score: float
    box: Box


@dataclass(frozen=True, slots=True)
class DetectedFace:
    """A face found in a photo.

    `score` is the detector's, `flag` the verifier's confidence (0..1). `width_px` is the width of the box in pixels of the decode it was
    found in. `roll_deg` and `yaw_deg` turn the head upright and to the camera. `quality` (0..10) says how well the face can be
    recognised, `eye_sharpness` (0..10) how sharp the eyes are, `sharpness` (0..100) the whole face. `eye_openness` is the eye aspect
    ratio (left, right in the picture); `eyes_closed` a hint, never a fact. `embedding` is a unit vector, little-endian float32, in the
    space named `space` (model and precision); None where it was not computed. `clusterable` is False for faces too small or doubtful
    to tell people by.
    """

    box: Box
    score: float
    flag: float
    width_px: float
    roll_deg: float
    yaw_deg: float
    quality: float
    eye_sharpness: float
    sharpness: float
    eye_openness: tuple[float, float]
    eyes_closed: bool
    embedding: bytes | None
    space: str
    clusterable: bool


@dataclass(frozen=True, slots=True)
class FaceFacts:
    """What the faces of a photo say about it; the names are keys of fields.py. All None when nobody could look.

    `is_blink` is a hint that somebody's eyes are closed.
    """

    face_count: int | None = None
    face_ratio: float | None = None
    face_confidence: float | None = None
    face_quality: float | None = None
    eye_sharpness: float | None = None
    face_sharpness: float | None = None
    is_group_portrait: bool | None = None
    is_blink: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """Why an analysis could not be made: a stable word, and a sentence for people."""

    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class PhotoVector:
    """What a photo looks like to a model: a unit vector, little-endian float32, in a space that names model and precision."""

    space: str
    vector: bytes


@dataclass(frozen=True, slots=True)
class SubjectMap:
    """How much each place of the upright picture belongs to the subject, to a model: 0..255, row by row; of the picture's shape."""

    width: int
    height: int
    values: bytes


@dataclass(frozen=True, slots=True)
class SubjectMetrics:
    """What of PixelMetrics depends on where the subject is. `subject_box` and `pattern_scores` are details."""

    subject_sharpness: float
    subject_prominence: float
    subject_placement: float
    bg_separation: float
    comp_score: float
    power_point_score: float
    leading_lines_score: float
    isolation_bonus: float
    composition_pattern: str
    subject_box: tuple[float, float, float, float] | None
    pattern_scores: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Sighting:
    """What the models saw in one photo. None where that analysis was not asked for or failed; `failures` by kind of analysis.

    `opinions` are shares of a scorer's scale (0: its low end, 1: its high one) by the field it fills; None where there was nothing to
    judge. `subject` is measured by where the model's `saliency` has the subject.
    """

    objects: tuple[DetectedObject, ...] | None = None
    faces: tuple[DetectedFace, ...] | None = None
    failures: Mapping[str, Failure] = field(default_factory=dict)
    embedding: PhotoVector | None = None
    opinions: Mapping[str, float | None] = field(default_factory=dict)
    saliency: SubjectMap | None = None
    subject: SubjectMetrics | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """A line for the ledger: one analysis of one photo, done or failed. `fingerprint` says of what and by what."""

    kind: str
    fingerprint: str
    error: str | None = None
    reason: str | None = None
    model: str = ""


@dataclass(frozen=True, slots=True)
class PhotoVisit:
    """What one visit found out about one file: everything that is stored for it in one transaction.

    `folder` is relative to the root, `photo_id` is set when the row is known already (also after a move). Parts that the
    visit did not look at are None and stay as they are; parts whose analysis failed are emptied.
    """

    root_id: int
    folder: str
    filename: str
    size: int
    mtime_ns: int
    content_hash: str
    sidecar_stamp: str
    outcomes: tuple[Outcome, ...]
    photo_id: int | None = None
    header: PictureHeader | None = None
    metadata: Metadata | None = None
    appearance: Appearance | None = None
    phash: str | None = None
    metrics: PixelMetrics | None = None
    judgement: Judgement | None = None


@dataclass(frozen=True, slots=True)
class KnownFile:
    """What the library remembers of a file; enough to see whether it changed."""

    photo_id: int
    filename: str
    size: int
    mtime_ns: int
    content_hash: str
    sidecar_stamp: str
    missing: bool
    readable: bool


@dataclass(frozen=True, slots=True)
class CapsuleOccasion:
    """When capsules are made: today's date, and what the random choices of this period follow from.

    `shuffle` counts how often the viewer asked for other ones.
    """

    today: date
    seed: str
    shuffle: int = 0


@dataclass(frozen=True, slots=True)
class Capsule:
    """A capsule as it is kept: photos in the order they are shown, and the best of them, one of which is the cover.

    `title` is the key of its text, `params` what stands in it: names, numbers, and words of the vocabulary. `persons` are those it is
    about; their names are looked up when it is shown.
    """

    id: str
    type: str
    title: str
    params: dict[str, str | int]
    persons: tuple[int, ...]
    photos: tuple[int, ...]
    best: tuple[int, ...]
