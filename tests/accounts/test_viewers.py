"""Without a login there is one viewer, who sees every root; settings that ask for a login are refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from facetd.accounts.viewers import require_single_user, single_viewer
from facetd.db.roots import add_root, remove_root
from facetd.errors import ConfigError
from tests.house import config, opened


async def test_the_viewer_sees_the_roots_that_are_there_now(tmp_path: Path) -> None:
    async with opened(tmp_path / "data") as house:
        assert (await single_viewer(house.db)).root_ids == frozenset()
        first, second = await add_root(house.db, "/one"), await add_root(house.db, "/two")
        viewer = await single_viewer(house.db)
        assert (viewer.user_id, viewer.role, viewer.root_ids) == (0, "superadmin", {first.id, second.id})
        await remove_root(house.db, first.id)
        assert (await single_viewer(house.db)).root_ids == {second.id}


def test_settings_without_a_login_are_welcome() -> None:
    require_single_user(config(shared_directories=("/photos",), viewer={"password": ""}))


def test_every_setting_that_asks_for_a_login_is_named() -> None:
    asking = config(viewer={"password": "a", "edition_password": "b"}, users={"anna": {"password_hash": "x"}})
    with pytest.raises(ConfigError) as caught:
        require_single_user(asking)
    assert [error.field for error in caught.value.errors] == ["viewer.password", "viewer.edition_password", "users"]
    assert caught.value.exit_code == 3
