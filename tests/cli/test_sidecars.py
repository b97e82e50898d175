from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
from facetd.db.moment import now
from tests.daemons import QUICK, eventually, running
from tests.house import InlineWorkers
from tests.photos import make_photo, sidecar


def call(*words: str) -> Result:
    return CliRunner().invoke(facetd, list(words))


def test_status_and_write(tmp_path: Path) -> None:
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    data = ["--data", str(tmp_path / "data")]
    (tmp_path / "data").mkdir()
    settings = {"sidecars": {"photos": {"mode": "beside"}, "elsewhere": {"mode": "beside"}}, "inference": {"enabled": False}}
    (tmp_path / "data" / "scoring_config.json").write_text(json.dumps(settings))
    assert call("scan", *data, str(photo.parent)).exit_code == 0
    sidecar(tmp_path / "photos" / "a.xmp", rating=3)
    done = call("sidecars", "status", *data, "--json")
    report = json.loads(done.stdout)
    assert [(root["root"], root["mode"], root["waiting"]) for root in report["roots"]] == [("photos", "beside", 0)]
    assert "elsewhere" in report["problems"][0]
    shown = call("sidecars", "status", *data)
    assert "photos\tbeside" in shown.stdout and "elsewhere" in shown.stdout
    assert "0 would be written." in call("sidecars", "write", *data, "--dry-run").stdout
    assert "0 written, 0 failed." in call("sidecars", "write", *data, "--root", "photos").stdout
    assert call("sidecars", "write", *data, "--root", "elsewhere").exit_code == 1


async def test_beside_a_daemon(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("facetd.house.Workers", lambda *_args, **_more: InlineWorkers())
    monkeypatch.setattr("facetd.ingest.sidecars.QUIET_S", 3600.0)  # it is the command that writes
    monkeypatch.setenv("XDG_RUNTIME_DIR", "")
    photo = make_photo(tmp_path / "photos" / "a.jpg")
    data = ["--data", str(tmp_path / "data")]
    settings = {**QUICK, "sidecars": {"photos": {"mode": "beside"}}}
    async with running(tmp_path / "data", photo.parent, raw=settings) as daemon:
        await eventually(lambda: daemon.house and not daemon.house.ingest.scanning)
        assert daemon.house is not None
        async with daemon.house.db.writing() as connection:
            sql = "INSERT INTO rating (user_id, photo_id, stars, updated_at) SELECT 0, id, 4, ? FROM photo"
            await connection.execute(sql, (now(),))
        shown = await asyncio.to_thread(call, "sidecars", "status", *data)
        assert "1 to write" in shown.stdout
        planned = await asyncio.to_thread(call, "sidecars", "write", *data, "--dry-run")
        assert f"{photo}.xmp: rating: 0 -> 4" in planned.stdout and "1 would be written." in planned.stdout
        assert (await asyncio.to_thread(call, "sidecars", "write", *data, "--root", "nothing")).exit_code == 1
        done = await asyncio.to_thread(call, "sidecars", "write", *data, "--root", "photos", "--json")
        assert json.loads(done.stdout)["written"] == 1
        assert b"<xmp:Rating>4<" in photo.with_name("a.jpg.xmp").read_bytes()
