"""`facetd import facet` as a person types it, alone and beside a daemon."""

from __future__ import annotations

import asyncio
import json
import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
from facetd.ingest.lock import DataLock
from tests.daemons import QUICK, configure, eventually, running
from tests.facetmaker import FacetMaker
from tests.house import InlineWorkers, opened, scan
from tests.people import Cast, add_faces, group
from tests.photos import make_photo


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A library of two photos, one of them with a name that is no text, and what Facet knows of them and of a third."""
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    folder = tmp_path / "data"
    configure(folder, QUICK)
    (tmp_path / "Photos").mkdir()
    for name in ("a.jpg", os.fsdecode(b"\xff.jpg")):
        make_photo(tmp_path / "Photos" / name)

    async def fill() -> None:
        async with opened(folder) as house:
            await scan(house, tmp_path / "Photos")

    asyncio.run(fill())
    facet = FacetMaker(tmp_path / "photo_scores.db")
    facet.photo("/old/a.jpg", star_rating=3, caption="A dog", caption_translated="Un chien")
    facet.photo("/old/lost.jpg", star_rating=1)
    facet.run("INSERT INTO photos (path, filename, is_favorite) VALUES (CAST(x'2F6F6C642FFF2E6A7067' AS TEXT), '', 1)")
    facet.run("INSERT INTO photos (path, filename, is_favorite) VALUES (CAST(x'2F6F6C642FFE2E6A7067' AS TEXT), '', 1)")
    portrait = {"aesthetic_percent": 60, "liqe_percent": 30, "fractal_percent": 10, "color_percent": 0}
    categories = [{"name": "portrait", "weights": portrait, "filters": {"has_face": True}}, {"name": "underwater", "weights": portrait}]
    settings = {
        "categories": categories,
        "viewer": {"path_mapping": {"/old": str(tmp_path / "Photos")}},
        "translation": {"target_language": "fr"},
    }
    (tmp_path / "scoring_config.json").write_text(json.dumps(settings))
    return folder


def call(*arguments: object, code: int = 0) -> Result:
    found = CliRunner().invoke(facetd, [os.fspath(a) if isinstance(a, Path) else str(a) for a in arguments])
    if found.exception is not None and not isinstance(found.exception, SystemExit):
        raise found.exception
    assert found.exit_code == code, (found.exit_code, found.stdout, found.stderr)
    return found


def bring(data: Path, *options: object, code: int = 0) -> Result:
    folder = data.parent
    return call(
        "import",
        "facet",
        "--db",
        folder / "photo_scores.db",
        "--config",
        folder / "scoring_config.json",
        "--data",
        data,
        *options,
        code=code,
    )


def test_what_came_is_told(data: Path) -> None:
    trial = bring(data, "--dry-run").stdout
    assert "Nothing was changed; it would have been 5." in trial
    found = json.loads(bring(data, "--json").stdout)
    assert (found["changes"], found["photos"]) == (5, {"total": 4, "matched": 2, "moved": 0, "left": {"not found": 2}})
    assert found["ratings"] == {"brought": 2, "same": 0, "kept": 0, "left": 2}
    lines = bring(data).stdout.splitlines()
    assert lines[0] == "2 of 4 photos of Facet are here."
    assert "  /old/lost.jpg" in lines
    assert "  /old/%FE.jpg" in lines
    assert lines[-1] == "Nothing was new."


def test_without_the_configuration_the_folder_is_given(data: Path) -> None:
    command = ("import", "facet", "--db", data.parent / "photo_scores.db", "--data", data, "--json")
    assert json.loads(call(*command).stdout)["photos"]["matched"] == 0
    found = json.loads(call(*command, "--map", f"/old={data.parent}/Photos").stdout)
    assert (found["photos"]["matched"], found["translations"]["left"]) == (2, 1)
    assert "FROM=TO" in call(*command, "--map", "old", code=2).stderr


def test_what_cannot_be_read_is_named(data: Path) -> None:
    folder = data.parent
    assert "nothing.db: cannot be read" in call("import", "facet", "--db", folder / "nothing.db", "--data", data, code=2).stderr.replace(
        "\n", ""
    )
    (folder / "scoring_config.json").write_text("{")
    assert "expected JSON" in bring(data, code=2).stderr
    (folder / "scoring_config.json").write_text("[]")
    assert "expected a JSON object" in bring(data, code=2).stderr
    assert "not a database of Facet" in call("import", "facet", "--db", data / "library.db", "--data", data, code=2).stderr


def test_a_library_in_use_is_left_alone(data: Path) -> None:
    lock = DataLock(data)
    lock.acquire(None)
    try:
        assert "in use" in bring(data, code=1).stderr
    finally:
        lock.release()


async def test_a_running_daemon_does_it(data: Path) -> None:
    async with running(data) as daemon:
        await eventually(lambda: daemon.house and not daemon.house.ingest.scanning)
        found = json.loads((await asyncio.to_thread(bring, data, "--json")).stdout)
        assert (found["changes"], found["photos"]["matched"]) == (5, 2)
        assert await eventually(lambda: daemon.house and daemon.house.config.categories)
        await eventually(lambda: daemon.house and daemon.started.is_set() and not daemon.house.ingest.scanning)
        assert (await asyncio.to_thread(bring, data)).stdout.splitlines()[-1] == "Nothing was new."
        (data.parent / "photo_scores.db").write_bytes(b"")
        assert "the file is empty" in (await asyncio.to_thread(bring, data, code=2)).stderr


def test_weights_go_into_our_configuration(data: Path) -> None:
    ours = data / "scoring_config.json"
    before = ours.read_bytes()
    trial = json.loads(bring(data, "--dry-run", "--json").stdout)
    assert (trial["weights"], ours.read_bytes()) == ({"brought": 1, "same": 0, "kept": 0, "left": 1}, before)
    assert json.loads(bring(data, "--no-weights", "--json").stdout)["weights"]["brought"] == 0
    assert ours.read_bytes() == before
    lines = bring(data).stdout.splitlines()
    assert "weights: portrait: these have no equivalent: fractal_percent 10" in lines
    assert "weights: underwater: there is no such category here, and none can be added" in lines
    raw = json.loads(ours.read_text())
    assert raw["categories"] == {"portrait": {"weights": {"aesthetic_percent": 60.0, "liqe_score_percent": 30.0}}}
    assert raw["scanning"] == QUICK["scanning"]
    (backup,) = data.glob("scoring_config.json.*.bak")
    assert backup.read_bytes() == before
    raw["categories"]["portrait"]["weights"]["color_percent"] = 5
    ours.write_text(json.dumps(raw))
    assert json.loads(bring(data, "--json").stdout)["weights"] == {"brought": 0, "same": 0, "kept": 1, "left": 1}
    assert json.loads(ours.read_text()) == raw
    call("config", "check", "--data", data)


def test_weights_go_where_they_are_told_to(data: Path) -> None:
    bring(data, "--into", data.parent / "other.json")
    assert list(json.loads((data.parent / "other.json").read_text())["categories"]) == ["portrait"]
    assert "categories" not in json.loads((data / "scoring_config.json").read_text())
    (data.parent / "other.json").write_text("[")
    assert "expected JSON" in bring(data, "--into", data.parent / "other.json", code=3).stderr


def test_users_come_with_what_they_think(data: Path) -> None:
    folder = data.parent
    facet = FacetMaker(folder / "shared.db")
    path = facet.photo(f"{folder}/Photos/a.jpg", star_rating=1)
    facet.put("user_preferences", user_id="alice", photo_path=path, star_rating=4)
    secret = "00112233445566778899aabbccddeeff:" + "ab" * 32
    users = {"alice": {"password_hash": secret, "role": "superadmin", "directories": [f"{folder}/Photos"]}}
    (folder / "facet.json").write_text(json.dumps({"users": users}))
    command = ("import", "facet", "--db", facet.path, "--config", folder / "facet.json", "--data", data, "--json")
    assert json.loads(call(*command, "--no-users").stdout)["ratings"] == {"brought": 1, "same": 0, "kept": 0, "left": 1}
    assert "there is no user called 'bob'" in call(*command, "--user", "bob", code=1).stderr
    found = json.loads(call(*command).stdout)
    assert (found["ratings"]["brought"], found["users"]["brought"], found["changes"]) == (1, 1, 2)
    assert secret not in json.dumps(found)
    listed = json.loads(call("user", "list", "--data", data, "--json").stdout)["users"]
    assert [(user["name"], user["role"]) for user in listed] == [("alice", "superadmin")]
    assert json.loads(call(*command).stdout)["changes"] == 0
    assert json.loads(call(*command, "--user", "alice").stdout)["changes"] == 0


def test_what_came_is_told_also_when_the_configuration_cannot_be_written(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_arguments: object) -> None:
        raise OSError(28, "No space left on device", "scoring_config.json")

    monkeypatch.setattr("facetd.cli.importing.save_config", full)
    found = bring(data, "--json", code=1)
    assert json.loads(found.stdout)["ratings"]["brought"] == 2
    assert "No space left" in found.stderr


async def test_people_are_there_at_once(data: Path) -> None:
    async with opened(data) as house:
        faces = await add_faces(house.db, Cast(), [1, 2], ["a", "a"])
        await group(house.db)
    facet = FacetMaker(data.parent / "people.db")
    anna = facet.put("persons", name="Anna")
    for name in ("a.jpg", "other.jpg"):
        path = facet.photo(f"{data.parent}/Photos/{name}", image_width=3000, image_height=2000)
        facet.face(path, (150, 400, 450, 800), anna)
    async with running(data) as daemon:
        await eventually(lambda: daemon.house and not daemon.house.ingest.scanning)
        command = ("import", "facet", "--db", facet.path, "--data", data, "--json")
        found = json.loads((await asyncio.to_thread(call, *command)).stdout)
        assert (found["persons"]["brought"], found["faces"]["brought"], found["faces"]["left"]) == (1, 1, 1)
        listed = await asyncio.to_thread(call, "people", "list", "--data", data)
        assert "Anna (2 faces in 2 photos)" in listed.stdout
    assert len(faces["a"]) == 2
    assert json.loads((await asyncio.to_thread(call, *command)).stdout)["changes"] == 0
