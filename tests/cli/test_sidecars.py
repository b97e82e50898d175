from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from facetd.cli.tree import facetd
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
