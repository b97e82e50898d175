"""The questions about photos whose vectors are known: nobody has to look at them again."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from facetd.errors import Unavailable
from facetd.i18n import _
from facetd.infer.opinions.heads import shares
from facetd.infer.opinions.meanings import Texts, probabilities
from facetd.infer.opinions.wanted import has_axis, heads_of

if TYPE_CHECKING:
    from facetd.infer.arrays import Floats
    from facetd.infer.engine import Engine


def learn_texts(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """{texts} -> {}: keep the vectors of some texts, ahead of being asked for photos that fit them. Raises Unavailable."""
    Texts(engine).vectors([str(text) for text in arguments["texts"]])
    return {}


def opinions(engine: Engine, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What follows from `vectors` (base64 of float32 [n, dimension]) of photos in `space`.

    `heads`: true for {heads: {field: n shares of the head's scale}}. `axis`: {good, bad}, lists of texts, for {axis: n pairs of cosines
    with their means}, unless another model fills that field. `groups`: {name: {tags: {tag: texts}, background: texts}} with `floor` for
    {groups: {name: n lists of [tag, probability from floor on]}}, a softmax over the tags of the group and its background, each text of
    which stands for itself. Raises Unavailable for vectors of another space than the one in use.
    """
    tower = engine.tower
    if tower is None or engine.photo_space(tower.id) != arguments["space"]:
        raise Unavailable(_("The vectors are of {space}, which is not in use any more.").format(space=arguments["space"]))
    photos = np.frombuffer(base64.b64decode(arguments["vectors"], validate=True), "<f4").reshape(-1, tower.dimension)
    answer: dict[str, Any] = {}
    texts = Texts(engine)
    if arguments.get("heads"):
        catalogue = engine.catalogue
        answer["heads"] = {head.fills: shares(photos, head, catalogue.part(head, "weights")) for head in heads_of(catalogue, tower)}
    if (axis := arguments.get("axis")) and has_axis(engine.catalogue, tower):
        ends = texts.ensembles([axis["good"], axis["bad"]])
        answer["axis"] = [[float(good), float(bad)] for good, bad in photos @ ends.T]
    if groups := arguments.get("groups"):
        answer["groups"] = {name: _fitting(texts, photos, group, float(arguments["floor"])) for name, group in groups.items()}
    return answer


def _fitting(texts: Texts, photos: Floats, group: Mapping[str, Any], floor: float) -> list[list[list[object]]]:
    """For each photo the tags of `group` from `floor` on, most probable first."""
    names = list(group["tags"])
    background: Sequence[str] = group["background"]
    classes = texts.ensembles([*group["tags"].values(), *([text] for text in background)])
    found = probabilities(photos, classes)[:, : len(names)]
    return [[[names[i], round(float(row[i]), 4)] for i in np.argsort(-row, kind="stable") if row[i] >= floor] for row in found]
