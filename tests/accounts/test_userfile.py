"""The users in the configuration: one change at a time, and none that is lost."""

from __future__ import annotations

import json
import threading
from pathlib import Path

from facetd.accounts.userfile import Section, change_users, set_hash
from facetd.config import load_config
from facetd.daemon import Daemon
from facetd.listening import Address
from tests.daemons import configure
from tests.household import HASHES


def users(*names: str) -> dict[str, object]:
    """The section with these users."""
    return {name: {"password_hash": HASHES["bob"], "role": "user", "directories": ["/p"]} for name in names}


def test_two_changes_at_once_are_both_made(tmp_path: Path) -> None:
    path = configure(tmp_path, {"users": users("alice", "bob")})
    reading, go_on = threading.Event(), threading.Event()

    def renew(section: Section) -> None:
        reading.set()
        go_on.wait(0.3)  # the other one comes meanwhile
        set_hash(section, "bob", HASHES["alice"])

    def remove(section: Section) -> None:
        del section["alice"]
        go_on.set()

    first = threading.Thread(target=change_users, args=(path, renew))
    first.start()
    assert reading.wait(5)
    change_users(path, remove)
    first.join(5)
    kept = json.loads(path.read_text())["users"]
    assert set(kept) == {"bob"}
    assert kept["bob"]["password_hash"] == HASHES["alice"]


async def test_a_new_password_swallows_no_other_change(tmp_path: Path) -> None:
    path = configure(tmp_path, {"users": users("alice", "bob")})
    daemon = Daemon(tmp_path, load_config(path), [], Address(port=0))
    change_users(path, lambda section: section.pop("alice"))
    await daemon._keep_hash("bob", HASHES["alice"])
    assert set(json.loads(path.read_text())["users"]) == {"bob"}
    assert daemon._take_over(), "alice is to go"
    assert set(daemon._loaded.config.users) == {"bob"}
    assert not daemon._take_over()
