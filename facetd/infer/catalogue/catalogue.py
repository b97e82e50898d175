"""The catalogue of models: `models.toml` of the starter pack and `pack.toml` of each installed pack, typed and checked."""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Self, TypeVar, get_args

from pydantic import Field, TypeAdapter, ValidationError, model_validator

from facetd.assets import asset_dir
from facetd.errors import ConfigError, FieldError, NotFound
from facetd.i18n import _
from facetd.infer.catalogue.entries import Entry, FileState, Model, ModelFile, Network, PartsModel, Precision
from facetd.infer.catalogue.packs import (
    AestheticHead,
    ArcFace,
    Captioner,
    ImageEmbedding,
    QualityScorer,
    Saliency,
    ScrfdDetector,
    TextEmbedding,
    Translator,
)
from facetd.infer.catalogue.starter import FaceDetector, FaceEmbedding, FaceLandmarks, FaceMesh, ObjectDetector

AnyModel = (
    FaceDetector
    | FaceLandmarks
    | FaceMesh
    | FaceEmbedding
    | ObjectDetector
    | ImageEmbedding
    | QualityScorer
    | ScrfdDetector
    | ArcFace
    | Saliency
)
"""Networks that look at pictures: they take part in the trial and are run in batches."""
AnyNetwork = AnyModel | TextEmbedding | AestheticHead | Captioner | Translator
Kind = TypeVar("Kind", bound=Network)

TASKS = frozenset(get_args(kind.model_fields["task"].annotation)[0] for kind in get_args(AnyNetwork))
CATALOGUE_FILE = "models.toml"
PACK_FILE = "pack.toml"


class _Document(Entry):
    models: tuple[Annotated[AnyNetwork, Field(discriminator="task")], ...]

    @model_validator(mode="after")
    def _distinct(self) -> Self:
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            raise ValueError(f"two models share an id: {', '.join(ids)}")
        return self


class Catalogue:
    """The models of the starter pack and of the installed packs. Reading it opens no model file.

    `models` are those that look at pictures, `networks` all; what a pack brings stands before what the starter pack has for the same
    task. `problems` tell which packs could not be read, and why.
    """

    def __init__(self, folder: Path, networks: Sequence[AnyNetwork], packs: Path | None = None) -> None:
        self.folder = folder
        self.packs = packs
        self.networks: tuple[AnyNetwork, ...] = tuple(networks)
        self.models: tuple[AnyModel, ...] = tuple(each for each in networks if isinstance(each, Model))
        self.problems: tuple[str, ...] = ()

    @classmethod
    def load(cls, folder: Path | None = None, packs: Path | None = None) -> Self:
        """Read `models.toml` of `folder`, by default the starter pack's, and `pack.toml` of each folder in `packs`.

        Raises ConfigError that names the file and every key that is wrong; a pack that cannot be read is only a problem.
        """
        folder = folder or asset_dir("models")
        starter = read_entries(folder / CATALOGUE_FILE)
        found: list[AnyNetwork] = []
        problems: list[str] = []
        for path in sorted(packs.glob(f"[!.]*/{PACK_FILE}")) if packs is not None else ():
            try:
                own = _of_pack(path)
            except ConfigError as error:
                problems.append(str(error))
                continue
            taken = {each.id for each in (*starter, *found)} & {each.id for each in own}
            if taken:
                problems.append(f"{path}: there is another model called {', '.join(sorted(taken))}")
                continue
            found += own
        catalogue = cls(folder, [*found, *starter], packs)
        catalogue.problems = tuple(problems)
        return catalogue

    def model(self, model_id: str) -> AnyModel:
        """The model called `model_id` that looks at pictures; NotFound with the known ids when there is none."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise NotFound(
            _("there is no model {model_id!r}; known are {names}").format(
                model_id=model_id, names=", ".join(model.id for model in self.models)
            )
        )

    def for_task(self, task: str) -> tuple[AnyNetwork, ...]:
        """The networks that do `task`, the preferred one first."""
        return tuple(network for network in self.networks if network.task == task)

    def first(self, kind: type[Kind]) -> Kind:
        """The preferred network of a kind, with its own fields: `catalogue.first(FaceDetector).detection.score`. Raises NotFound."""
        found = self.find(kind)
        if found is None:
            raise NotFound(_("{value} has no model of the kind {name}").format(value=self.folder / CATALOGUE_FILE, name=kind.__name__))
        return found

    def find(self, kind: type[Kind]) -> Kind | None:
        """The preferred network of a kind; None when there is none."""
        return next((network for network in self.networks if isinstance(network, kind)), None)

    def folder_of(self, network: Network) -> Path:
        """Where the files of `network` are."""
        pack = getattr(network.source, "pack", None)
        return self.folder if pack is None or self.packs is None else self.packs / pack

    def path(self, model: Model, precision: Precision) -> Path:
        """The ONNX file that runs `model` in `precision`. ValueError when the model does not allow it."""
        return self.folder_of(model) / model.file(precision).name

    def part(self, network: PartsModel, name: str) -> Path:
        """The file of a part, or of the data, of `network`. KeyError when it has none of that name."""
        return self.folder_of(network) / ({**network.data, **network.parts})[name].name

    def state(self, model: Model, precision: Precision) -> FileState:
        """Whether the file is there with its size; one stat call."""
        self.path(model, precision)
        return self.state_of(model, model.file(precision))

    def state_of(self, network: Network, file: ModelFile) -> FileState:
        """The same of any file of `network`."""
        try:
            size = (self.folder_of(network) / file.name).stat().st_size
        except OSError:
            return FileState.MISSING
        return FileState.PRESENT if size == file.size else FileState.DAMAGED

    def verify(self, model: Model, precision: Precision) -> FileState:
        """Like `state`, but compares the content's hash as well (reads the whole file)."""
        return self.verify_file(model, model.file(precision))

    def verify_file(self, network: Network, file: ModelFile) -> FileState:
        """The same of any file of `network`."""
        state = self.state_of(network, file)
        if state is not FileState.PRESENT:
            return state
        with (self.folder_of(network) / file.name).open("rb") as stream:
            digest = hashlib.file_digest(stream, "sha256").hexdigest()
        return state if digest == file.sha256 else FileState.DAMAGED

    def labels(self, model: ObjectDetector) -> tuple[str, ...]:
        """The names of what `model` detects, by index."""
        path = self.folder_of(model) / model.objects.labels
        try:
            names = tuple(path.read_text(encoding="utf-8").split("\n"))
        except (OSError, UnicodeDecodeError) as error:
            raise ConfigError(
                _("{path}: the labels of {id} cannot be read: {error}").format(path=path, id=model.id, error=error)
            ) from error
        names = names[:-1] if names[-1] == "" else names
        if len(names) != model.output("heatmap").shape[0]:
            raise ConfigError(
                _("{path}: {count} labels, but {id} tells {found} kinds apart").format(
                    path=path, count=len(names), id=model.id, found=model.output("heatmap").shape[0]
                )
            )
        return names


def read_entries(path: Path) -> tuple[AnyNetwork, ...]:
    """The entries in the file `path`. Raises ConfigError that names it and every key that is wrong."""
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(_("{path}: the catalogue of models cannot be read: {error}").format(path=path, error=error)) from error
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(_("{path}: {error}; expected TOML").format(path=path, error=error)) from error
    try:
        return TypeAdapter(_Document).validate_python(document).models
    except ValidationError as error:
        problems = [FieldError(_key(problem["loc"], document), problem["msg"]) for problem in error.errors(include_url=False)]
        raise ConfigError(_("{path}: the catalogue of models is not valid").format(path=path), errors=problems) from error


def _of_pack(path: Path) -> tuple[AnyNetwork, ...]:
    """The entries of a pack; each has to say that it belongs to the pack of its folder. Raises ConfigError."""
    found = read_entries(path)
    for network in found:
        if getattr(network.source, "pack", None) != path.parent.name:
            raise ConfigError(
                _("{path}: models[{id}].source.pack: expected {name!r}, the name of the folder").format(
                    path=path, id=network.id, name=path.parent.name
                )
            )
    return found


def _key(location: tuple[int | str, ...], document: Mapping[str, object]) -> str:
    """The path of a key, with the model's id instead of its number: models[centernet].input.size."""
    models = document.get("models")
    parts: list[str] = []
    for depth, part in enumerate(location):
        if depth == 1 and isinstance(part, int) and isinstance(models, list) and isinstance(models[part], dict):
            parts.append(str(models[part].get("id", part)))
        elif depth != 2 or part not in TASKS:
            parts.append(str(part))
    return ".".join(parts)
