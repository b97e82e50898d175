"""From rendered photos on the disk to what a search finds: the whole pipeline, with the trained pack installed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from facetd.config import Config
from facetd.config.eyes import Inference
from facetd.infer.catalogue import Catalogue
from facetd.infer.choice import Choice, Choices, save_choices
from facetd.infer.client import Eyes
from facetd.infer.measure import choice_path, key_of, packs_folder
from facetd.infer.settings import LookSettings
from facetd.ingest import nearest as searching
from tests.house import config, opened, scan
from tests.http.serving import Site, served
from tests.infer.tiny import tiny_catalogue
from tests.tinyclip.installed import ID, install, remove
from tests.tinyclip.render import Scene, render

QUICK = Inference.model_validate({"runtime": "onnxruntime", "device": "cpu", "precision": "f32", "streams": 1, "idle_s": 600})
SEA = [("red", "boat"), ("blue", "boat"), ("white", "boat"), ("red", "fish"), ("yellow", "fish"), ("purple", "sun")]
LAND = [("red", "boat"), ("red", "car"), ("brown", "dog"), ("white", "house"), ("green", "tree"), ("yellow", "flower")]


def draw_photos(folder: Path) -> None:
    """Some at sea, some on land; the names of the files tell nothing."""
    for number, (colour, thing) in enumerate(SEA):
        save(folder / "one" / f"{number}.jpg", Scene(colour, thing, "water", 5000 + number))
    for number, (colour, thing) in enumerate(LAND):
        save(folder / "two" / f"{number}.jpg", Scene(colour, thing, ("sand", "grass", "snow")[number % 3], 6000 + number))


def save(path: Path, scene: Scene) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    render(scene, 480, 360).save(path, quality=92)


@asynccontextmanager
async def library(data: Path) -> AsyncIterator[Site]:
    """A library that only wants to know what photos show."""
    tiny_catalogue(data / "starter")
    kinds = frozenset({"embedding"})
    eyes = Eyes(QUICK, LookSettings.from_config(Config()), data=data, kinds=kinds, models=data / "starter")
    async with opened(data, config(), eyes=eyes) as house, served(house) as site:
        house.ingest.meaning._patience_s = 60.0
        yield site
    searching._open.clear()


async def asked(site: Site, q: str, **others: object) -> dict[str, Any]:
    return await site.json(f"/api/search?{urlencode({'q': q, **others})}")


async def found(site: Site, q: str, **others: object) -> list[str]:
    return [photo["path"].removeprefix("/photos/") for photo in (await asked(site, q, **others))["photos"]]


async def test_photos_are_found_by_what_they_show(tmp_path: Path) -> None:
    draw_photos(tmp_path / "photos")
    await install(tmp_path / "data")
    async with library(tmp_path / "data") as site:
        progress = await scan(site.house, tmp_path / "photos")
        assert progress.failed == 0
        answer = await asked(site, "red boat on blue water")
        assert (answer["parts"], answer["message"]) == (["vectors", "text"], "")
        assert (await found(site, "red boat on blue water"))[:1] == ["one/0.jpg"], "a colour that the training never saw on a boat"
        assert set((await found(site, "boat on the water"))[:3]) == {"one/0.jpg", "one/1.jpg", "one/2.jpg"}
        assert (await found(site, "green tree on grass"))[0] == "two/4.jpg"
        assert (await found(site, "a red boat", path_prefix="/photos/two"))[0] == "two/0.jpg"
        assert all(path.startswith("two/") for path in await found(site, "red boat on water", path_prefix="/photos/two"))
        alike = await site.json("/api/similar_photos//photos/one/0.jpg?limit=5&min_similarity=0")
        assert "embedding" in alike["basis"]
        assert {photo["path"].removeprefix("/photos/") for photo in alike["similar"][:3]} & {"one/1.jpg", "one/2.jpg", "two/0.jpg"}
        spaces = await site.house.db.rows("SELECT space, COUNT(*) FROM photo_embedding GROUP BY space")
        assert [(row[0].startswith(ID), row[1]) for row in spaces] == [(True, 12)]


async def test_installing_outdates_what_photos_look_like_and_nothing_else(tmp_path: Path) -> None:
    """With the models that come with facetd, without loading them; removing goes back to what was."""

    async def made() -> dict[str, str]:
        catalogue = Catalogue.load(None, packs_folder(tmp_path))
        once = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
        chosen = Choices(key_of(catalogue, QUICK), 1, {model.id: once for model in catalogue.models}, (), {})
        save_choices(choice_path(tmp_path), chosen)
        eyes = Eyes(QUICK, LookSettings.from_config(Config()), data=tmp_path)
        assert await eyes.prepare() is not None
        assert eyes.unavailable == ""
        assert eyes.reads_text == ("tinyclip" in eyes.models["embedding"])
        return dict(eyes.models)

    before = await made()
    await install(tmp_path)
    meanwhile = await made()
    assert {kind for kind in before if before[kind] != meanwhile[kind]} == {"embedding"}
    await remove(tmp_path)
    assert await made() == before


async def test_a_pack_that_cannot_be_run_is_told_and_not_replaced(tmp_path: Path) -> None:
    await install(tmp_path)
    catalogue = Catalogue.load(None, packs_folder(tmp_path))
    once = Choice("onnxruntime", "cpu", "f32", 1, 1.0, "made for the test")
    others = {model.id: once for model in catalogue.models if not model.id.startswith(ID)}
    (packs_folder(tmp_path) / ID / "visual/model.onnx").unlink()
    save_choices(choice_path(tmp_path), Choices(key_of(catalogue, QUICK), 1, others, (), {}))
    eyes = Eyes(QUICK, LookSettings.from_config(Config()), data=tmp_path)
    await eyes.prepare()
    assert {"objects", "faces"} <= eyes.models.keys()
    assert "embedding" not in eyes.models
    assert not eyes.reads_text
    assert f"install the pack {ID} again" in eyes.unavailable
