"""The sections of scoring_config.json about what the library sees: inference, faces, people, objects and tags."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from facetd.config.viewer import Section, Texts

Confidence = Annotated[float, Field(ge=0, le=1)]
Distance = Annotated[float, Field(gt=0, le=2)]


class Inference(Section):
    """Where and how models run. `auto` measures once on this machine and takes the fastest that gives the right numbers."""

    enabled: bool = True
    device: Literal["auto", "cpu", "gpu", "npu", "cuda", "tensorrt", "migraphx"] = "auto"
    runtime: Literal["auto", "openvino", "onnxruntime"] = "auto"
    precision: Literal["auto", "f32", "bf16", "int8"] = "auto"
    streams: int = Field(default=0, ge=0, le=64)  # photos at once in the inference process; 0: one for every other core
    idle_s: float = Field(default=120, ge=1, le=86400)
    timeout_s: float = Field(default=120, ge=1, le=3600)


class Faces(Section):
    """Finding faces. `frame_px` is the long side of the decode they are looked for in; `tiles` looks at quarters too, for group photos."""

    enabled: bool = True
    frame_px: int = Field(default=1600, ge=1280, le=6000)
    tiles: bool = False
    min_score: Confidence = 0.5
    min_person_px: int = Field(default=30, ge=16, le=400)


class People(Section):
    """Which faces are the same person; distances of unit embeddings. None: what the model's entry in the catalogue says."""

    join_distance: Distance | None = None
    suggest_distance: Distance | None = None
    min_faces: int = Field(default=2, ge=1, le=100)
    names_from_files: bool = True


class Objects(Section):
    """Things in photos: what search finds, what is shown as a fact, and persons."""

    enabled: bool = True
    search_score: Confidence = 0.30
    shown_score: Confidence = 0.40
    person_score: Confidence = 0.35


class TagRule(Section):
    """A tag: the object labels that give it, and other words that find it."""

    labels: Texts = ()
    synonyms: Texts = ()


class Tags(Section):
    """The tag vocabulary: entries replace or add to the built-in ones (score/tags.json) by name."""

    vocabulary: dict[str, TagRule] = {}
