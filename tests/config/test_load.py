"""scoring_config.json: every problem at once, with the key and what was expected; whatever the file holds, nothing but ConfigError."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from facetd.assets import default_data_dir
from facetd.config import Config, load_config, save_config
from facetd.errors import ConfigError

SECTIONS = list(Config.model_fields)

HASH = "0123456789abcdef:" + 64 * "a"


def written(tmp_path: Path, text: str | bytes) -> Path:
    path = tmp_path / "scoring_config.json"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def problems(tmp_path: Path, raw: object) -> dict[str, str]:
    """What is wrong with `raw`, by key."""
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, json.dumps(raw)))
    return {error.field: error.message for error in caught.value.errors}


def warnings(tmp_path: Path, raw: object) -> dict[str, str]:
    return {warning.field: warning.message for warning in load_config(written(tmp_path, json.dumps(raw))).warnings}


def test_a_file_that_is_not_there_means_defaults(tmp_path: Path) -> None:
    loaded = load_config(tmp_path / "absent.json")
    assert loaded.config == Config()
    assert loaded.path == tmp_path / "absent.json"
    assert loaded.warnings == ()


def test_every_problem_is_reported_at_once_by_its_key(tmp_path: Path) -> None:
    found = problems(
        tmp_path,
        {
            "viewer": {"pagination": {"default_per_page": 501}, "defaults": {"sort_direction": "up"}},
            "scanning": {"workers": "4", "directories": ["/a", 5], "watch": 1},
            "penalties": 3,
            "users": {"anna": {"role": "king", "password_hash": HASH}, "bert": {}, "shared_directories": "/photos"},
            "categories": {"portrait": {"weights": {"aesthetic_percent": 101}, "filters": {"iso_min": None}}},
        },
    )
    assert found == {
        "viewer.pagination.default_per_page": "expected less than or equal to 500, found 501",
        "viewer.defaults.sort_direction": "expected 'ASC' or 'DESC', found \"up\"",
        "scanning.workers": 'expected a whole number, found "4"',
        "scanning.directories.1": "expected a text, found 5",
        "scanning.watch": "expected true or false, found 1",
        "penalties": "expected an object, found 3",
        "users.anna.role": "expected 'user', 'admin' or 'superadmin', found \"king\"",
        "users.bert.password_hash": "expected it to be there",
        "users.shared_directories": 'expected a list, found "/photos"',
        "categories.portrait.weights.aesthetic_percent": "expected less than or equal to 100, found 101",
        "categories.portrait.filters.iso_min": "expected true or false or a number or a text or a list, found null",
    }


def test_values_that_contradict_each_other_are_told_together(tmp_path: Path) -> None:
    found = problems(tmp_path, {"viewer": {"quality_thresholds": {"good": 9, "best": 5}}})
    assert found == {"viewer.quality_thresholds": "expected good <= great <= excellent <= best"}


@pytest.mark.parametrize("name", ["", " anna", "a/b"])
def test_user_names_that_could_be_paths_are_refused(tmp_path: Path, name: str) -> None:
    found = problems(tmp_path, {"users": {name: {"password_hash": HASH}}})
    assert f"'{name}' is not a user name" in found["users"]


def test_unknown_keys_are_warned_about_wherever_they_are(tmp_path: Path) -> None:
    found = warnings(
        tmp_path,
        {
            "veiwer": {},
            "viewer": {"pasword": "x", "display": {"tags_per_foto": 3}},
            "users": {"anna": {"password_hash": HASH, "directorys": []}},
            "categories": {"portrait": {"weight": {}}},
            "xyz": {"else": 1},
        },
    )
    assert found == {
        "veiwer": 'unknown key, ignored; did you mean "viewer"?',
        "viewer.pasword": 'unknown key, ignored; did you mean "password"?',
        "viewer.display.tags_per_foto": 'unknown key, ignored; did you mean "tags_per_photo"?',
        "users.anna.directorys": 'unknown key, ignored; did you mean "directories"?',
        "categories.portrait.weight": 'unknown key, ignored; did you mean "weights"?',
        "xyz": "unknown key, ignored",
    }


def test_unknown_keys_are_told_beside_what_is_wrong(tmp_path: Path) -> None:
    found = problems(tmp_path, {"scaning": {}, "scanning": {"workers": -1}})
    assert found == {
        "scanning.workers": "expected greater than or equal to 0, found -1",
        "scaning": 'unknown key, ignored; did you mean "scanning"?',
    }


@pytest.mark.parametrize(
    ("text", "fields"),
    [
        ('{"inference": {"idle_s": 9}, "viewer": {}, "inference": {"enabled": false}}', ["inference"]),
        ('{"scanning": {"workers": 1, "workers": 2, "watch": true, "watch": 5}}', ["scanning.watch", "scanning.workers", "scanning.watch"]),
        ('{"penalties": {"x": 1, "x": 2}, "server": {}, "server": {}}', ["penalties.x", "server", "penalties.x"]),
    ],
)
def test_a_key_that_is_there_twice_is_told_and_not_half_forgotten(tmp_path: Path, text: str, fields: list[str]) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(written(tmp_path, text))
    assert [error.field for error in caught.value.errors] == fields
    assert "expected once, found more than once" in {error.message for error in caught.value.errors}


def test_shared_directories_live_among_the_users(tmp_path: Path) -> None:
    config = load_config(written(tmp_path, json.dumps({"users": {"shared_directories": ["/p"], "anna": {"password_hash": HASH}}}))).config
    assert config.shared_directories == ("/p",)
    assert list(config.users) == ["anna"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "line 1, column 1"),
        ('{"viewer": {},\n "scanning": }', "line 2, column 14"),
        ("[]", "found a list"),
        ('"viewer"', "found a text"),
        ("null", "found null"),
        ("3", "found a number"),
        ('{"server": {"readers": NaN}}', "NaN is not a number"),
        ('{"burst_detection": {"window_s": 1e999}}', "burst_detection.window_s"),
        ('{"server": {"readers": ' + "9" * 5000 + "}}", "digits"),
        ("[" * 100_000, "recursion"),
        (b"\xff\xfe{}", "cannot be read"),
    ],
)
def test_files_that_are_no_configuration_say_where(tmp_path: Path, text: str | bytes, said: str) -> None:
    path = written(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert str(path) in str(caught.value)
    assert said in str(caught.value)


def test_a_byte_order_mark_of_a_windows_editor_is_no_problem(tmp_path: Path) -> None:
    assert load_config(written(tmp_path, b'\xef\xbb\xbf{"scanning": {"workers": 3}}')).config.scanning.workers == 3


def test_a_folder_in_its_place_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(SECTIONS) | st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def known_keys(model: Any = Config) -> st.SearchStrategy[dict[str, Any]]:
    """Objects with the right keys and any values."""
    return st.fixed_dictionaries({}, optional=dict.fromkeys(model.model_fields, JSON))


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=JSON | known_keys() | st.fixed_dictionaries({}, optional={name: known_keys(Config.model_fields[name].annotation)
    for name in ("viewer", "scanning", "thresholds", "penalties", "server")}))  # fmt: skip
def test_any_json_is_a_configuration_or_a_config_error(tmp_path: Path, raw: Any) -> None:
    try:
        loaded = load_config(written(tmp_path, json.dumps(raw)))
    except ConfigError as error:
        assert str(error)
    else:
        assert isinstance(loaded.config, Config)
        json.dumps(loaded.config.model_dump(mode="json"), allow_nan=False)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=60) | st.text(st.sampled_from('{}[]":,0129.eE-+ntfu\\ \n"'), max_size=60).map(str.encode))
def test_any_bytes_are_a_configuration_or_a_config_error(tmp_path: Path, content: bytes) -> None:
    try:
        load_config(written(tmp_path, content))
    except ConfigError as error:
        assert str(error)


def test_what_is_saved_can_be_loaded_and_the_old_file_is_kept(tmp_path: Path) -> None:
    path = written(tmp_path, '{"scanning": {"workers": 1}}')
    path.chmod(0o640)
    backup = save_config(path, {"scanning": {"workers": 2}, "note": "Grüße"})
    assert backup is not None
    assert json.loads(backup.read_text())["scanning"]["workers"] == 1
    assert load_config(path).config.scanning.workers == 2
    assert "Grüße" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640
    assert backup.stat().st_mode & 0o777 == 0o640
    assert sorted(entry.name for entry in tmp_path.iterdir()) == sorted([path.name, backup.name])


def test_two_saves_keep_two_backups(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    first, second = save_config(path, {"viewer": {}}), save_config(path, {"server": {}})
    assert first is not None
    assert second is not None
    assert first != second
    assert (json.loads(first.read_text()), json.loads(second.read_text())) == ({}, {"viewer": {}})


def test_a_new_file_is_for_nobody_else(tmp_path: Path) -> None:
    path = tmp_path / "new" / "scoring_config.json"
    assert save_config(path, {}) is None
    assert path.stat().st_mode & 0o777 == 0o600


def test_a_link_to_the_file_stays_a_link(tmp_path: Path) -> None:
    path = written(tmp_path, "{}")
    link = tmp_path / "link.json"
    link.symlink_to(path)
    save_config(link, {"scanning": {"workers": 7}})
    assert link.is_symlink()
    assert load_config(path).config.scanning.workers == 7


@pytest.mark.parametrize("raw", [{"scanning": {"workers": -1}}, {"note": float("nan")}, {"note": {1, 2}}, {"note": "\ud800"}])
def test_what_is_not_valid_is_not_saved(tmp_path: Path, raw: Any) -> None:
    path = written(tmp_path, '{"scanning": {"workers": 1}}')
    with pytest.raises(ConfigError):
        save_config(path, raw)
    assert path.read_text() == '{"scanning": {"workers": 1}}'
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_a_save_that_fails_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, '{"scanning": {"workers": 1}}')

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("facetd.config.load.os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        save_config(path, {})
    assert path.read_text() == '{"scanning": {"workers": 1}}'
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_the_data_folder_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_data_dir() == tmp_path / "facetd"
    monkeypatch.setenv("XDG_DATA_HOME", "relative")
    monkeypatch.setenv("HOME", "/home/anna")
    assert default_data_dir() == Path("/home/anna/.local/share/facetd")
