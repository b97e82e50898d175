"""Numbers for Prometheus: parsed by its own parser, each viewer's own, and no name in any of them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from facetd.errors import ConfigError
from facetd.records.viewer import Viewer
from tests.house import config
from tests.http.acting import Acting, acting
from tests.http.serving import Site

TOKEN = "a-token-that-nobody-guesses"


def values(text: str) -> dict[str, float]:
    """The samples, with their labels' values behind their names."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = [value for key, value in sample.labels.items() if key != "le"]
            if not sample.name.endswith(("_bucket", "_created")):
                found[" ".join([sample.name, *labels])] = sample.value
    return found


async def read(served: Site, **headers: str) -> dict[str, float]:
    answer = await served.get("/metrics", **headers)
    assert answer.status == 200
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    return values(await answer.text())


async def test_a_library_in_numbers(library: Site) -> None:
    await library.get("/api/photos")
    await library.get("/api/photos?per_page=0")
    await library.get("/api/photo?id=999")
    await library.get("/no/such/page")
    found = await read(library)
    assert found["facetd_photos listed"] == 7
    assert found["facetd_photos unreadable"] == found["facetd_failed_photos"] == 1
    assert (found["facetd_roots online"], found["facetd_roots offline"]) == (1, 0)
    assert found["facetd_scan_running"] == found["facetd_event_listeners"] == 0
    assert found["facetd_database_bytes"] > 100_000
    assert found["process_resident_memory_bytes"] > 10_000_000
    assert found["facetd_inference_ready faces"] == 0
    assert found["facetd_http_requests_total list_photos 200"] == found["facetd_http_requests_total list_photos 400"] == 1
    assert found["facetd_http_requests_total get_photo 404"] == found["facetd_http_requests_total other 404"] == 1
    assert found["facetd_http_request_seconds_count list_photos"] == 2
    assert 0 < found["facetd_http_request_seconds_sum list_photos"] < 60


async def test_live_streams_are_counted_and_not_timed(library: Site) -> None:
    async with library.client.get("/api/events"):
        assert (await read(library))["facetd_event_listeners"] == 1
    while (await read(library))["facetd_event_listeners"]:  # until the server has seen that nobody listens any more
        library.house.ingest.events.publish("x", {})
    found = await read(library)
    assert not any(key.startswith("facetd_http_request_seconds_count events") for key in found)


async def test_no_name_is_in_it(library: Site) -> None:
    text = await (await library.get("/metrics")).text()
    names = {"Pictures", "Rome", "broken", "beach", "jpg", "EOS", str(library.house.data)}
    assert {name for name in names if name in text} == set()
    allowed = "operation|status|le|state|outcome|ability|version|implementation|major|minor|patchlevel"
    assert {label for label in re.findall(r'[{,](\w+)="', text) if not re.fullmatch(allowed, label)} == set()


async def seen(served: Acting, viewer: Viewer) -> dict[str, float]:
    served.viewer = viewer
    return await read(served.site)


async def test_each_has_numbers_of_their_own(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        home = served.home
        bobs = await seen(served, home.bob)
        assert (bobs["facetd_photos listed"], bobs["facetd_roots online"]) == (6, 2)
        assert not any(key.startswith(("facetd_http", "facetd_database", "facetd_library", "process")) for key in bobs)
        nobodys = await seen(served, home.nobody)
        assert (nobodys["facetd_photos listed"], nobodys["facetd_roots online"]) == (0, 0)
        alices = await seen(served, home.alice)
        assert (alices["facetd_photos listed"], alices["facetd_http_requests_total metrics 200"]) == (6, 2)


async def test_the_token_sees_everything(tmp_path: Path) -> None:
    async with acting(tmp_path / "data", config(server={"metrics_token": TOKEN})) as served:
        served.viewer = replace(served.home.nobody, role="user")
        assert (await read(served.site, Authorization=f"Bearer {TOKEN}"))["facetd_photos listed"] == 9
        assert (await read(served.site))["facetd_photos listed"] == 0
        for header in (f"Bearer {TOKEN}x", "Bearer", "Bearer ä"):
            assert (await served.site.get("/metrics", Authorization=header)).status == 401
        for header in (f"Basic {TOKEN}", TOKEN):
            assert (await served.site.get("/metrics", Authorization=header)).status in (200, 401)  # whoever that is: not the operator
            assert "facetd_http" not in await (await served.site.get("/metrics", Authorization=header)).text()
        served.nobody_asks()
        assert (await served.site.get("/metrics")).status == 401
        assert (await read(served.site, Authorization=f"Bearer {TOKEN}"))["facetd_photos listed"] == 9
        assert (await served.site.get("/api/photos", Authorization=f"Bearer {TOKEN}")).status == 401


async def test_without_a_token_in_the_configuration_none_fits(tmp_path: Path) -> None:
    async with acting(tmp_path / "data") as served:
        served.nobody_asks()
        for header in ("Bearer ", "Bearer", "Bearer x"):
            assert (await served.site.get("/metrics", Authorization=header)).status == 401


@pytest.mark.parametrize("token", ["short", " " * 20, "ünicode-ünicode-ünicode"])
def test_a_token_that_is_guessed_is_refused(token: str) -> None:
    with pytest.raises((ConfigError, ValueError), match="metrics_token"):
        config(server={"metrics_token": token})
