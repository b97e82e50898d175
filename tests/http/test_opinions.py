"""Measures that only a model fills are offered nowhere until one does, and everywhere then."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from facetd.fields import by_model
from facetd.records.sightings import Sighting
from tests.eyes import FakeEyes
from tests.house import opened, scan
from tests.http.serving import Site, served
from tests.photos import make_photo

KEYS = {field.key for field in by_model()}


async def offered(site: Site) -> set[str]:
    """Which of them the filter drawer, the sort menu and the bars of the photo page are offered, the same for all three."""
    found = await site.json("/api/config")
    lists = [
        {entry["key"] for entry in found["filters"]},
        {entry["key"] for entry in found["metrics"]},
        {key for key, _label in found["sort_options"]},
        {entry["column"] for group in found["sort_options_grouped"].values() for entry in group},
    ]
    assert all("aesthetic" in each for each in lists)
    assert all(each & KEYS == lists[0] & KEYS for each in lists)
    return lists[0] & KEYS


async def test_they_come_with_the_first_value(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data") as house, served(house) as site:
        await scan(house, tmp_path / "photos")
        assert await offered(site) == set()
        photo = await site.json("/api/photo?id=1")
        assert {photo[key] for key in KEYS} == {None} and photo["aesthetic"] is not None
        assert not KEYS & set(photo["breakdown"]["missing"])
    eyes = FakeEyes(dataclasses.replace(Sighting(objects=(), faces=()), opinions={"topiq_score": 0.7}))
    eyes.more_models, eyes.opinions = {"topiq_score": "topiq-1"}, {"topiq_score": frozenset({"topiq_score"})}
    async with opened(tmp_path / "data", eyes=eyes) as house, served(house) as site:
        await scan(house)
        assert await offered(site) == {"topiq_score"}
        photos = await site.json("/api/photos?min_topiq=6.9&sort=topiq_score")
        assert [photo["topiq_score"] for photo in photos["photos"]] == [7.0]


async def test_the_description_says_that_they_may_be_null(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house, served(house) as site:
        described = await site.json("/api/openapi.json")
    schema = described["components"]["schemas"]["Photo"]["properties"]
    assert all("Null until an installed model fills it." in schema[key]["description"] for key in KEYS)
    assert "Null until" not in schema["aesthetic"]["description"]
    parameters = {entry["name"]: entry["description"] for entry in described["paths"]["/api/photos"]["get"]["parameters"]}
    assert "Known once an installed model fills it." in parameters["min_liqe"]


async def test_what_lacks_is_told_with_the_pack_that_brings_it(tmp_path: Path) -> None:
    make_photo(tmp_path / "photos" / "a.jpg")
    async with opened(tmp_path / "data", eyes=FakeEyes(Sighting(objects=(), faces=()))) as house, served(house) as site:
        await scan(house, tmp_path / "photos")
        capabilities = (await site.json("/api/config"))["capabilities"]
    for feature in ("aesthetic_model", "scene_tags"):
        assert capabilities[feature]["state"] == "unavailable"
        assert "facetd models install clip-vit-b32" in capabilities[feature]["reason"]
    assert capabilities["quality_scorers"]["state"] == "unavailable" and "pack.toml" in capabilities["quality_scorers"]["reason"]
