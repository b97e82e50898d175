"""`facetd user`: accounts in the configuration, with everything else of it as it was."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from facetd.accounts.passwords import fits
from facetd.config import load_config
from tests.cli.test_commands import call
from tests.daemons import configure


@pytest.fixture
def data(tmp_path: Path) -> Path:
    (tmp_path / "Alice").mkdir()
    (tmp_path / "Bob").mkdir()
    configure(tmp_path / "data", {"viewer": {"pagination": {"default_per_page": 7}}, "nonsense": 1})
    return tmp_path / "data"


def add(data: Path, name: str, *options: object, code: int = 0, password: str = "a long secret\n") -> str:
    result = call("user", "add", name, "--password-stdin", "--data", data, *options, code=code, answer=password)
    return result.stdout + result.stderr


def test_users_come_and_go_and_the_rest_of_the_file_stays(data: Path, tmp_path: Path) -> None:
    assert "Added the user alice" in add(data, "alice", "--role", "superadmin", "--display-name", "Alice", "--dir", tmp_path / "Alice")
    assert "sees no photos yet" in add(data, "bob")
    loaded = load_config(data / "scoring_config.json").config
    assert (loaded.users["alice"].role, loaded.users["alice"].directories) == ("superadmin", (str(tmp_path / "Alice"),))
    assert fits("a long secret", loaded.users["alice"].password_hash)
    assert loaded.viewer.pagination.default_per_page == 7
    raw = json.loads((data / "scoring_config.json").read_text())
    assert raw["nonsense"] == 1
    assert list(data.glob("scoring_config.json.*.bak"))
    assert "a user called 'alice' already" in add(data, "alice", code=1)
    call("user", "edit", "bob", "--dir", tmp_path / "Bob", "--role", "admin", "--data", data)
    call("user", "share", tmp_path, "--data", data)
    listed = json.loads(call("user", "list", "--json", "--data", data).stdout)
    assert [(user["name"], user["role"], user["directories"]) for user in listed["users"]] == [
        ("alice", "superadmin", [str(tmp_path / "Alice")]),
        ("bob", "admin", [str(tmp_path / "Bob")]),
    ]
    assert listed["shared_directories"] == [str(tmp_path)]
    assert "argon2" not in json.dumps(listed)
    text = call("user", "list", "--data", data).stdout
    assert "Shared by all" in text
    call("user", "share", tmp_path, "--remove", "--data", data)
    call("user", "passwd", "bob", "--password-stdin", "--data", data, answer="another secret\n")
    assert fits("another secret", load_config(data / "scoring_config.json").config.users["bob"].password_hash)
    call("user", "remove", "bob", "--yes", "--data", data)
    assert "the last one" in call("user", "remove", "alice", "--data", data, answer="y\n").stderr
    assert "no users" in call("user", "list", "--data", data).stdout
    assert "(not shown)" not in call("config", "show", "--data", data).stdout


def test_what_cannot_be_is_told_and_changes_nothing(data: Path, tmp_path: Path) -> None:
    before = (data / "scoring_config.json").read_bytes()
    assert "too short" in add(data, "anna", password="short\n", code=2)
    assert "no such directory" in add(data, "anna", "--dir", tmp_path / "nowhere", code=2)
    assert "not a user name" in add(data, "a/b", code=3)
    assert "cannot be a user name" in add(data, "shared_directories", code=2)
    for arguments in (
        ("passwd", "x", "--password-stdin"),
        ("edit", "x", "--role", "user"),
        ("remove", "x", "--yes"),
        ("migrate-preferences", "--user", "x"),
    ):
        assert "no user called 'x'" in call("user", *arguments, "--data", data, code=1).stderr
    assert "not a shared folder" in call("user", "share", tmp_path, "--remove", "--data", data, code=1).stderr
    assert (data / "scoring_config.json").read_bytes() == before
    add(data, "anna")
    assert "nothing to change" in call("user", "edit", "anna", "--data", data, code=2).stderr
    shown = call("config", "show", "--data", data).stdout
    assert "argon2" not in shown
    assert "(not shown)" in shown


def test_a_household_may_listen_to_the_network(data: Path) -> None:
    from facetd.config import Config
    from facetd.errors import InvalidInput
    from facetd.listening import Address, require_login

    everywhere = Address("0.0.0.0")
    with pytest.raises(InvalidInput, match="everybody on the network"):
        require_login(everywhere, Config())
    with pytest.raises(InvalidInput):
        require_login(everywhere, Config.model_validate({"viewer": {"edition_password": "x"}}))
    add(data, "anna")
    require_login(everywhere, load_config(data / "scoring_config.json").config)
    require_login(everywhere, Config.model_validate({"viewer": {"password": "x"}}))


def test_ratings_and_albums_of_single_user_mode_are_taken_over_once(data: Path, tmp_path: Path) -> None:
    import sqlite3

    from tests.photos import make_photo

    make_photo(tmp_path / "Alice" / "a.jpg")
    call("scan", tmp_path / "Alice", "--data", data)
    connection = sqlite3.connect(data / "library.db")
    connection.execute("INSERT INTO rating VALUES (0, 1, 4, 1, 0, '2026-01-01T00:00:00+00:00')")
    connection.execute("INSERT INTO album (user_id, name, created_at, updated_at) VALUES (0, 'Summer', '', '')")
    connection.commit()
    connection.close()
    add(data, "alice", "--dir", tmp_path / "Alice")
    assert "alice has 1 ratings and 1 albums of" in call("user", "migrate-preferences", "--user", "alice", "--data", data).stdout
    assert "nothing to take over" in call("user", "migrate-preferences", "--user", "alice", "--data", data).stdout
    connection = sqlite3.connect(data / "library.db")
    assert connection.execute("SELECT user_id, stars, is_favorite FROM rating ORDER BY user_id").fetchall() == [(0, 4, 1), (1, 4, 1)]
    assert connection.execute("SELECT user_id FROM album").fetchall() == [(1,)]
    connection.close()
