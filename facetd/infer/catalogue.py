"""The catalogue of models: `models.toml`, typed and checked."""

from __future__ import annotations

import enum
import hashlib
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, ClassVar, Literal, Self, TypeVar, get_args

from pydantic import BaseModel, ConfigDict, Field, PositiveInt, TypeAdapter, ValidationError, model_validator

from facetd.assets import asset_dir
from facetd.errors import ConfigError, FieldError, NotFound

Precision = Literal["f32", "bf16", "int8"]
Task = Literal["face_detection", "face_landmarks", "face_mesh", "face_embedding", "object_detection"]
Fit = Literal["letterbox_top_left", "letterbox_centre", "stretch", "crop_upright", "aligned"]
Share = Annotated[float, Field(ge=0, le=1)]
Point = tuple[float, float]

CATALOGUE_FILE = "models.toml"


class FileState(enum.Enum):
    """Whether a model's file can be used."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


class _Entry(BaseModel):
    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class SourceFile(_Entry):
    """A published file and what it has to be, byte for byte."""

    path: str
    size: PositiveInt
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Source(_Entry):
    """The npm package that the weights come from."""

    package: str
    version: str
    files: tuple[SourceFile, ...]

    @property
    def url(self) -> str:
        """A page about the package."""
        return f"https://www.npmjs.com/package/{self.package}/v/{self.version}"


class ModelFile(_Entry):
    """A built file, relative to the catalogue's folder."""

    name: str
    size: PositiveInt
    sha256: Annotated[str, Field(pattern="^[0-9a-f]{64}$")]


class Input(_Entry):
    """What goes in: float32 [batch, 3, size, size], RGB, values in `range`. `fit` says how a photo or crop becomes the square:

    letterbox_top_left, letterbox_centre: long side to `size`, the rest black; stretch: aspect ratio ignored; crop_upright: a square of
    `crop_scale` times the face box's longer side with level eyes; aligned: landmarks moved onto the template.
    """

    name: str
    size: PositiveInt
    range: tuple[float, float]
    fit: Fit
    crop_scale: float = 1.0
    layout: Literal["NCHW"] = "NCHW"
    colour: Literal["RGB"] = "RGB"


class Output(_Entry):
    """What comes out: float32 [batch, *shape], and how far each precision may be from the reference outputs (greatest difference)."""

    name: str
    shape: tuple[PositiveInt, ...]
    meaning: str
    tolerance: Mapping[Precision, Annotated[float, Field(gt=0)]]


class Detection(_Entry):
    """Reading the face detector: accept boxes at `score`, look again at `second_pass_scale` when some lie between `weak` and `score`."""

    score: Share
    weak: Share
    second_pass_scale: Share
    nms_iou: Share


class Points(_Entry):
    """Indices of face landmarks; left and right as seen in the picture."""

    count: PositiveInt
    left_eye: tuple[int, ...]
    right_eye: tuple[int, ...]
    nose_tip: int
    mouth_left: int
    mouth_right: int


class Mesh(_Entry):
    """Reading the face mesh: confirmation by the flag, and the points of the eyes' openness."""

    count: PositiveInt
    flag: Share
    flag_people: Share
    left_eye: tuple[int, int, int, int, int, int]
    right_eye: tuple[int, int, int, int, int, int]
    eyes_closed: float


class Template(_Entry):
    """Where landmarks lie in an aligned chip: (x, y) in px of the input."""

    left_eye: Point
    right_eye: Point
    nose_tip: Point
    mouth_left: Point
    mouth_right: Point


class Embedding(_Entry):
    """A vector space of faces and its distances (Euclidean, of unit vectors)."""

    space: str
    dimension: PositiveInt
    same: float
    merge: float
    suggest: float
    min_face_px: float
    template: Template

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class Appearance(_Entry):
    """A vector space of whole photos: what a photo looks like to a model. Vectors are of unit length; near ones have a large cosine.

    `projection` is a matrix [dimension, values of `output` + 1] of float16, the shift as its last column: the vector is the direction of
    M x + shift. Its hash is part of what the vectors are made with.
    """

    space: str
    dimension: PositiveInt
    output: str
    projection: ModelFile

    def space_name(self, precision: Precision) -> str:
        """The name under which vectors are stored; vectors are compared within one name only."""
        return f"{self.space}/{precision}"


class Objects(_Entry):
    """Reading the object detector. `labels` is a file beside the catalogue, one name a line; `veto_*` are indices into it."""

    labels: str
    stride: PositiveInt
    top_k: PositiveInt
    nms_iou: Share
    index: Share
    show: Share
    person: Share
    veto_score: Share
    veto_first: int
    veto_last: int


class Model(_Entry):
    """What all models have. bf16 runs the f32 file with a hint to the runtime."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    task: Task
    title: str
    enables: str
    licence: str
    origin: str
    precisions: tuple[Precision, ...]
    source: Source
    files: Mapping[Literal["f32", "int8"], ModelFile]
    input: Input
    outputs: tuple[Output, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for precision in self.precisions:
            if _stored(precision) not in self.files:
                raise ValueError(f"precision {precision} needs files.{_stored(precision)}")
            for output in self.outputs:
                if precision not in output.tolerance:
                    raise ValueError(f"output {output.name} has no tolerance for {precision}")
        return self

    def output(self, name: str) -> Output:
        """The output called `name`; KeyError when there is none."""
        return {output.name: output for output in self.outputs}[name]


class FaceDetector(Model):
    """photo -> boxes of faces."""

    task: Literal["face_detection"]
    detection: Detection


class FaceLandmarks(Model):
    """face box -> points for alignment."""

    task: Literal["face_landmarks"]
    points: Points


class FaceMesh(Model):
    """face -> dense points, and whether it is one."""

    task: Literal["face_mesh"]
    mesh: Mesh


class FaceEmbedding(Model):
    """aligned face -> vector."""

    task: Literal["face_embedding"]
    embedding: Embedding


class ObjectDetector(Model):
    """photo -> things with boxes; and what it looks like, where the network tells."""

    task: Literal["object_detection"]
    objects: Objects
    appearance: Appearance | None = None


AnyModel = FaceDetector | FaceLandmarks | FaceMesh | FaceEmbedding | ObjectDetector
Kind = TypeVar("Kind", bound=Model)


class _Document(_Entry):
    models: tuple[Annotated[AnyModel, Field(discriminator="task")], ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two models share an id: {', '.join(ids)}")
        return self


class Catalogue:
    """The models of one folder. Reading it opens no model file."""

    def __init__(self, folder: Path, models: tuple[AnyModel, ...]) -> None:
        self.folder = folder
        self.models = models

    @classmethod
    def load(cls, folder: Path | None = None) -> Self:
        """Read `models.toml` of `folder`, by default the starter pack that came with the program.

        Raises ConfigError that names the file and every key that is wrong.
        """
        folder = folder or asset_dir("models")
        path = folder / CATALOGUE_FILE
        try:
            document = tomllib.loads(path.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: the catalogue of models cannot be read: {error}") from error
        except tomllib.TOMLDecodeError as error:
            raise ConfigError(f"{path}: {error}; expected TOML") from error
        try:
            return cls(folder, TypeAdapter(_Document).validate_python(document).models)
        except ValidationError as error:
            problems = [FieldError(_key(problem["loc"], document), problem["msg"]) for problem in error.errors(include_url=False)]
            raise ConfigError(f"{path}: the catalogue of models is not valid", errors=problems) from error

    def model(self, model_id: str) -> AnyModel:
        """The model called `model_id`; NotFound with the known ids when there is none."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise NotFound(f"there is no model {model_id!r}; known are {', '.join(model.id for model in self.models)}")

    def for_task(self, task: Task) -> tuple[AnyModel, ...]:
        """The models that do `task`, the preferred one first."""
        return tuple(model for model in self.models if model.task == task)

    def first(self, kind: type[Kind]) -> Kind:
        """The preferred model of a kind, with its own fields: `catalogue.first(FaceDetector).detection.score`."""
        for model in self.models:
            if isinstance(model, kind):
                return model
        raise NotFound(f"{self.folder / CATALOGUE_FILE} has no model of the kind {kind.__name__}")

    def path(self, model: Model, precision: Precision) -> Path:
        """The ONNX file that runs `model` in `precision`. ValueError when the model does not allow it."""
        if precision not in model.precisions:
            raise ValueError(f"{model.id} does not run in {precision}, only in {', '.join(model.precisions)}")
        return self.folder / model.files[_stored(precision)].name

    def state(self, model: Model, precision: Precision) -> FileState:
        """Whether the file is there with its size; one stat call."""
        try:
            size = self.path(model, precision).stat().st_size
        except OSError:
            return FileState.MISSING
        return FileState.PRESENT if size == model.files[_stored(precision)].size else FileState.DAMAGED

    def verify(self, model: Model, precision: Precision) -> FileState:
        """Like `state`, but compares the content's hash as well (reads the whole file)."""
        state = self.state(model, precision)
        if state is not FileState.PRESENT:
            return state
        with self.path(model, precision).open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return state if digest == model.files[_stored(precision)].sha256 else FileState.DAMAGED

    def labels(self, model: ObjectDetector) -> tuple[str, ...]:
        """The names of what `model` detects, by index."""
        path = self.folder / model.objects.labels
        try:
            names = tuple(path.read_text(encoding="utf-8").split("\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(f"{path}: the labels of {model.id} cannot be read: {error}") from error
        names = names[:-1] if names[-1] == "" else names
        if len(names) != model.output("heatmap").shape[0]:
            raise ConfigError(f"{path}: {len(names)} labels, but {model.id} tells {model.output('heatmap').shape[0]} kinds apart")
        return names


def _stored(precision: Precision) -> Literal["f32", "int8"]:
    """Which file a precision runs."""
    return "int8" if precision == "int8" else "f32"


def _key(location: tuple[int | str, ...], document: Mapping[str, object]) -> str:
    """The path of a key, with the model's id instead of its number: models[centernet].input.size."""
    models = document.get("models")
    parts: list[str] = []
    for depth, part in enumerate(location):
        if depth == 1 and isinstance(part, int) and isinstance(models, list) and isinstance(models[part], dict):
            parts.append(str(models[part].get("id", part)))
        elif depth != 2 or part not in get_args(Task):
            parts.append(str(part))
    return ".".join(parts)
