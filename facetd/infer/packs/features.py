"""What packs make possible, and which one to install for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache

from facetd.i18n import _
from facetd.infer.packs.index import PackIndex

FEATURES: Mapping[str, tuple[str, ...]] = {
    "semantic_search": ("image_embedding", "text_embedding"),
    "aesthetic_model": ("aesthetic_head",),
    "scene_tags": ("image_embedding", "text_embedding"),
    "insightface": ("face_detection_scrfd", "face_embedding_arcface"),
    "saliency_model": ("saliency",),
}
"""By name, the tasks of the catalogue that it takes. Nothing of it is there without a pack."""


def lacking(feature: str, there: Callable[[str], bool]) -> str:
    """What to do to get `feature`; empty when it is there, which `there` tells for each task."""
    tasks = FEATURES[feature]
    if all(map(there, tasks)):
        return ""
    packs = [pack for pack in _index().for_task(tasks[0]) if all(pack in _index().for_task(task) for task in tasks)]
    if len(packs) == 1:
        return _("Run `facetd models install {pack}`.").format(pack=packs[0])
    return _("Run `facetd models install {pack}` (or {others}).").format(pack=packs[0], others=", ".join(packs[1:]))


@cache
def _index() -> PackIndex:
    return PackIndex.load()
