"""What files and sidecars say about a photo."""

from __future__ import annotations

from dataclasses import dataclass


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
