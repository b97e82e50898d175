"""What every entry of the catalogue of models has: files, what goes in, what comes out."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, PositiveInt, model_validator

Precision = Literal["f32", "bf16", "int8"]
Stored = Literal["f32", "int8"]
Fit = Literal["letterbox_top_left", "letterbox_centre", "stretch", "crop_upright", "crop_shortest", "aligned"]
Takes = Literal["any", "one", "bare"]
Share = Annotated[float, Field(ge=0, le=1)]
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Point = tuple[float, float]


def stays_inside(path: str) -> bool:
    """Whether `path`, of a table that somebody else wrote, names something in the folder it is relative to."""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\\" not in path and "\0" not in path


def _inside(path: str) -> str:
    if not stays_inside(path):
        raise ValueError("expected a path inside the folder")
    return path


InsidePath = Annotated[str, AfterValidator(_inside)]
Colour = tuple[float, float, float]


class FileState(enum.Enum):
    """Whether a model's file can be used."""

    PRESENT = "present"
    MISSING = "missing"
    DAMAGED = "damaged"


class Entry(BaseModel):
    """A table of the catalogue: unknown keys are refused."""

    model_config: ClassVar[ConfigDict] = ConfigDict(extra="forbid", frozen=True)


class SourceFile(Entry):
    """A published file and what it has to be, byte for byte."""

    path: str
    size: PositiveInt
    sha256: Hash


class NpmSource(Entry):
    """The npm package that the weights come from."""

    package: str
    version: str
    files: tuple[SourceFile, ...]

    @property
    def publisher(self) -> str:
        """Who says what the right numbers are."""
        return f"{self.package} {self.version} (JavaScript, CPU)"

    @property
    def url(self) -> str:
        """A page about the package."""
        return f"https://www.npmjs.com/package/{self.package}/v/{self.version}"


class PackSource(Entry):
    """The installed pack that the model belongs to; `version` is that of the publisher, for example a commit."""

    pack: str
    version: str
    url: str

    @property
    def publisher(self) -> str:
        """Who says what the right numbers are."""
        return f"{self.pack} {self.version} (ONNX Runtime, CPU, f32)"


class ModelFile(Entry):
    """A built file, relative to the catalogue's folder and in it."""

    name: InsidePath
    size: PositiveInt
    sha256: Hash


class Input(Entry):
    """What goes in: float32 [batch, 3, size, size], RGB, values in `range`, then minus `mean` and divided by `std` of each colour.

    `fit` says how a photo or crop becomes the square: letterbox_top_left, letterbox_centre: long side to `size`, the rest black;
    stretch: aspect ratio ignored; crop_shortest: short side to `size`, the middle of it; crop_upright: a square of `crop_scale` times the
    face box's longer side with level eyes; aligned: landmarks moved onto the template.
    """

    name: str
    size: PositiveInt
    range: tuple[float, float]
    fit: Fit
    crop_scale: float = 1.0
    layout: Literal["NCHW"] = "NCHW"
    colour: Literal["RGB"] = "RGB"
    mean: Colour = (0.0, 0.0, 0.0)
    std: Colour = (1.0, 1.0, 1.0)
    interpolation: Literal["area", "bilinear", "bicubic"] = "area"


class Output(Entry):
    """What comes out: float32 [batch, *shape], and how far each precision may be from the reference outputs (greatest difference)."""

    name: str
    shape: tuple[PositiveInt, ...]
    meaning: str
    tolerance: Mapping[Precision, Annotated[float, Field(gt=0)]]


class Network(Entry):
    """What all models have: what they are for, and whose they are."""

    id: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]*$")]
    task: str
    title: str
    enables: str
    licence: str
    origin: str
    source: NpmSource | PackSource


class Model(Network):
    """A network that looks at pictures: one input, outputs of fixed shapes. bf16 runs the f32 file with a hint to the runtime.

    `takes` says how many pictures a run takes: any; one: the file fixes the batch at 1; bare: so too, and its outputs come without the
    batch axis. `outputs` are the first ones of the file, in its order.
    """

    precisions: tuple[Precision, ...]
    takes: Takes = "any"
    files: Mapping[Stored, ModelFile]
    input: Input
    outputs: tuple[Output, ...]

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for precision in self.precisions:
            if stored_as(precision) not in self.files:
                raise ValueError(f"precision {precision} needs files.{stored_as(precision)}")
            for output in self.outputs:
                if precision not in output.tolerance:
                    raise ValueError(f"output {output.name} has no tolerance for {precision}")
        return self

    def output(self, name: str) -> Output:
        """The output called `name`; KeyError when there is none."""
        return {output.name: output for output in self.outputs}[name]

    def file(self, precision: Precision) -> ModelFile:
        """The file that runs in `precision`. ValueError when the model does not allow it."""
        if precision not in self.precisions:
            raise ValueError(f"{self.id} does not run in {precision}, only in {', '.join(self.precisions)}")
        return self.files[stored_as(precision)]


class PartsModel(Network):
    """Networks with named inputs and outputs that work together, by the name of the part: encoder, decoder. They run on the processor,
    in the precision that their files have.

    `data` are files beside them: tokenizers, settings.
    """

    parts: Mapping[str, ModelFile]
    data: Mapping[str, ModelFile] = {}


def stored_as(precision: Precision) -> Stored:
    """Which file a precision runs."""
    return "int8" if precision == "int8" else "f32"
