"""Which opinions the catalogue can give, and with which models. Light: the daemon asks it."""

from __future__ import annotations

from collections.abc import Iterator

from facetd.fields import by_model
from facetd.infer.catalogue import AestheticHead, Catalogue, ImageEmbedding, Network, QualityScorer, TextEmbedding

FIELDS: frozenset[str] = frozenset(field.key for field in by_model())
"""What a scorer or a head may fill; a scorer's field is a kind of analysis by that name."""
OF_FACES = "face_quality_iqa"
"""The field whose scorer is shown the main face, not the photo."""
AXIS = "quality_score"
"""The field that the axis between words for good and bad photos fills, where no scorer and no head does."""
AESTHETICS, SCENES = "aesthetics", "scenes"
"""What follows from the vector of a photo: how pleasing it is, and which scenes and moods words find in it."""


def scorer_of(catalogue: Catalogue, field: str) -> QualityScorer | None:
    """The preferred scorer that fills `field`."""
    return next((each for each in catalogue.networks if isinstance(each, QualityScorer) and each.fills == field), None)


def heads_of(catalogue: Catalogue, tower: ImageEmbedding) -> Iterator[AestheticHead]:
    """The heads for vectors of `tower`, one for each field that no scorer fills."""
    filled = {field for field in FIELDS if scorer_of(catalogue, field) is not None}
    for network in catalogue.networks:
        if isinstance(network, AestheticHead) and network.space == tower.space and network.fills in FIELDS - filled:
            filled.add(network.fills)
            yield network


def has_axis(catalogue: Catalogue, tower: ImageEmbedding) -> bool:
    """Whether the axis fills AXIS."""
    taken = scorer_of(catalogue, AXIS) is not None or any(head.fills == AXIS for head in heads_of(catalogue, tower))
    return words_of(catalogue, tower) is not None and not taken


def words_of(catalogue: Catalogue, tower: ImageEmbedding) -> TextEmbedding | None:
    """What makes vectors of texts in the space of `tower`."""
    return next((each for each in catalogue.networks if isinstance(each, TextEmbedding) and each.space == tower.space), None)


def made_from_vectors(catalogue: Catalogue) -> dict[str, str]:
    """For AESTHETICS and SCENES, where they can be made: with which files of which models."""
    tower = catalogue.find(ImageEmbedding)
    if tower is None:
        return {}
    words = words_of(catalogue, tower)
    reading = "" if words is None else _version(words, words.parts["textual"].sha256, words.data["tokenizer"].sha256)
    judging = [f"{head.fills}:{_version(head, head.data['weights'].sha256)}" for head in heads_of(catalogue, tower)]
    if has_axis(catalogue, tower):
        judging.append(f"{AXIS}:{reading}")
    found = {AESTHETICS: " ".join(judging), SCENES: reading}
    return {kind: what for kind, what in found.items() if what}


def opinions_installed(catalogue: Catalogue) -> dict[str, frozenset[str]]:
    """For each kind of analysis that gives opinions and that the catalogue has models for: the fields that it fills."""
    found = {field: frozenset({field}) for field in FIELDS if scorer_of(catalogue, field) is not None}
    tower = catalogue.find(ImageEmbedding)
    if tower is not None:
        filled = {head.fills for head in heads_of(catalogue, tower)} | ({AXIS} if has_axis(catalogue, tower) else set())
        found |= {AESTHETICS: frozenset(filled)} if filled else {}
        found |= {SCENES: frozenset()} if words_of(catalogue, tower) is not None else {}
    return found


def _version(network: Network, *hashes: str) -> str:
    return "-".join((network.id, network.source.version, *(each[:8] for each in hashes)))
