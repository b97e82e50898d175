"""What the models can do: which networks make each analysis here, and what is lacking for the others."""

from __future__ import annotations

from collections.abc import Mapping

from facetd.i18n import _
from facetd.infer.catalogue import Catalogue, FileState, ImageEmbedding, Model, ObjectDetector, PackSource, Saliency, TextEmbedding
from facetd.infer.choice import Choices
from facetd.infer.opinions.wanted import FIELDS, OF_FACES, made_from_vectors, scorer_of

EMBEDDING = "embedding"
TASKS: Mapping[str, tuple[str, ...]] = {
    "objects": ("object_detection",),
    "faces": ("face_detection", "face_landmarks", "face_mesh", "face_embedding", "object_detection"),  # animals veto faces
    EMBEDDING: ("object_detection",),  # what its backbone makes of the whole picture, unless a pack brings TOWER
}
"""What each kind of analysis needs."""
TOWER = "image_embedding"
SALIENCY = "saliency"  # both the analysis and the task; only packs have it
OF_PACKS: Mapping[str, str] = {"face_detection": "face_detection_scrfd", "face_embedding": "face_embedding_arcface"}
"""What an installed pack does instead, by what the starter pack does; as with TOWER, also where it cannot be run here."""


class Abilities:
    """The analyses of a catalogue, run as `choices` says. `kinds` are those that the settings want."""

    def __init__(self, catalogue: Catalogue, choices: Choices, kinds: frozenset[str]) -> None:
        self._catalogue = catalogue
        self._choices = choices
        self._kinds = kinds

    @property
    def models(self) -> Mapping[str, str]:
        """By kind of analysis that can be made, the models it is made with: ids, versions, precisions."""
        made = {kind: self._made_with(kind) for kind in self.wanted if not self.lacks(kind)}
        return made if EMBEDDING not in made else made | made_from_vectors(self._catalogue)

    @property
    def wanted(self) -> tuple[str, ...]:
        """The analyses that the settings want, and the opinions that installed packs have."""
        possible = FIELDS if "faces" in self._kinds else FIELDS - {OF_FACES}
        opinions = [field for field in sorted(possible) if scorer_of(self._catalogue, field) is not None]
        subject = (SALIENCY,) if self._catalogue.find(Saliency) is not None else ()
        return (*(kind for kind in TASKS if kind in self._kinds), *opinions, *subject)

    @property
    def reads_text(self) -> bool:
        """Whether texts have vectors in the space of photos: the pack in use brings both towers."""
        tower = self._tower
        if tower is None or EMBEDDING not in self._kinds or self.lacks(EMBEDDING):
            return False
        return any(isinstance(each, TextEmbedding) and each.space == tower.space for each in self._catalogue.networks)

    def used_by(self, kind: str) -> tuple[Model, ...]:
        """The networks that make `kind`, as far as they are there."""
        if kind in FIELDS:
            scorer = scorer_of(self._catalogue, kind)
            return (*(() if scorer is None else (scorer,)), *(self.used_by("faces") if kind == OF_FACES else ()))
        found = (next((each for each in self._catalogue.models if each.task == task), None) for task in self._tasks(kind))
        return tuple(model for model in found if model is not None)

    def _tasks(self, kind: str) -> tuple[str, ...]:
        if kind in FIELDS:
            return ("quality", *(self._tasks("faces") if kind == OF_FACES else ()))
        if kind == EMBEDDING and self._tower is not None:
            return (TOWER,)
        if kind == SALIENCY:
            return (SALIENCY,)
        there = {model.task for model in self._catalogue.models}
        return tuple(OF_PACKS[task] if OF_PACKS.get(task) in there else task for task in TASKS[kind])

    @property
    def _tower(self) -> ImageEmbedding | None:
        """What an installed pack has for whole photos. One that cannot be run is not replaced by the backbone: for an hour of
        trouble the whole library would be looked at again, and again afterwards.
        """
        return self._catalogue.find(ImageEmbedding)

    def lacks(self, kind: str) -> str:
        """Why `kind` cannot be made; empty when it can."""
        used = self.used_by(kind)
        if len(used) < len(self._tasks(kind)):
            return _("the catalogue has no model for it")
        for model in used:
            if model.id not in self._choices.models:
                if self._catalogue.state(model, "f32") is not FileState.PRESENT:
                    what = _("facetd") if not isinstance(model.source, PackSource) else _("the pack {pack}").format(pack=model.source.pack)
                    return _("the file of the model {model} is missing; install {what} again").format(model=model.id, what=what)
                why = (self._choices.missing or {}).get(model.id, "")
                return _("the model {model} cannot be run here: {why}").format(model=model.id, why=why)
        return self._lacks_projection() if kind == EMBEDDING and self._tower is None else ""

    def _lacks_projection(self) -> str:
        entry = self._catalogue.first(ObjectDetector).appearance
        if entry is None:
            return _("the catalogue has no model for it")
        if not (self._catalogue.folder_of(self._catalogue.first(ObjectDetector)) / entry.projection.name).is_file():
            return _("the file {name} is missing; install facetd again").format(name=entry.projection.name)
        return ""

    def _made_with(self, kind: str) -> str:
        versions = " ".join(map(self._version, self.used_by(kind)))
        if kind == EMBEDDING and self._tower is not None:
            return f"{versions} {self._tower.space}-{next(iter(self._tower.files.values())).sha256[:8]}"
        entry = self._catalogue.first(ObjectDetector).appearance if kind == EMBEDDING else None
        return versions if entry is None else f"{versions} {entry.space}-{entry.projection.sha256[:8]}"

    def _version(self, model: Model) -> str:
        return f"{model.id}-{model.source.version}/{self._choices.precision_of(model.id)}"
