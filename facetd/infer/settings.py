"""What the tasks are told: thresholds of the catalogue, overridden by the configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from facetd.config.model import Config
from facetd.infer.catalogue import Catalogue, FaceDetector, FaceMesh, ObjectDetector


@dataclass(frozen=True, slots=True)
class LookSettings:
    """Plain values that travel to the inference process as JSON.

    Scores and flags are 0..1. Boxes of faces count from `min_score` on, those from `weak_score` on announce a face between two scales, and
    `min_flag` of the verifier confirms one; people are told by faces of `people_flag` and `min_person_px` or more. Objects count from
    `search_score` on, below `sure_score` only where a second look confirms them, persons from `person_score`; animals (labels
    `animal_first`..`animal_last` by number) veto faces from `veto_score`. Eyes whose aspect ratio is below `closed_eyes` may be shut.
    `labels` are the objects' names by number.
    """

    labels: tuple[str, ...]
    min_score: float = 0.5
    weak_score: float = 0.2
    same_face: float = 0.45
    min_flag: float = 0.5
    people_flag: float = 0.9
    min_person_px: float = 30.0
    tiles: bool = False
    closed_eyes: float = 0.15
    search_score: float = 0.30
    sure_score: float = 0.40
    person_score: float = 0.35
    veto_score: float = 0.30
    animal_first: int = 14
    animal_last: int = 23

    @classmethod
    def from_config(cls, config: Config, catalogue: Catalogue | None = None) -> Self:
        """The settings of `config` and `catalogue` (the starter pack's if None). Raises ConfigError for a catalogue that cannot be read."""
        catalogue = catalogue or Catalogue.load()
        objects = catalogue.first(ObjectDetector)
        detection, mesh = catalogue.first(FaceDetector).detection, catalogue.first(FaceMesh).mesh
        return cls(
            labels=catalogue.labels(objects),
            min_score=config.faces.min_score,
            weak_score=min(detection.weak, config.faces.min_score),
            same_face=detection.nms_iou,
            min_flag=mesh.flag,
            people_flag=mesh.flag_people,
            min_person_px=float(config.faces.min_person_px),
            tiles=config.faces.tiles,
            closed_eyes=mesh.eyes_closed,
            search_score=config.objects.search_score,
            sure_score=objects.objects.show,
            person_score=config.objects.person_score,
            veto_score=objects.objects.veto_score,
            animal_first=objects.objects.veto_first,
            animal_last=objects.objects.veto_last,
        )
