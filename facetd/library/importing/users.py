"""Facet's users in our configuration: their names, roles and folders, and their passwords, which go on to work."""

from __future__ import annotations

import copy
import os
from collections.abc import Iterable, Mapping
from typing import Any

from facetd.config.viewer import HASHES
from facetd.library.importing.facetconfig import FacetConfig
from facetd.library.importing.paths import PathRules
from facetd.library.importing.report import Report

SHARED = "shared_directories"
ROLES = ("user", "admin", "superadmin")


def usable_names(names: Iterable[str]) -> set[str]:
    """Those of `names` that can name a user here."""
    return {name for name in names if name and name == name.strip() and "/" not in name and name != SHARED}


def merge_users(raw: Mapping[str, Any], facet: FacetConfig, rules: PathRules, report: Report) -> dict[str, Any]:
    """Our configuration `raw`, as in its file, with Facet's users and shared folders. Users that it has stay as they are."""
    merged = copy.deepcopy(dict(raw))
    tally = report.tallies["users"]
    ours = merged.get("users", {})
    alone = not any(name != SHARED for name in ours)
    usable = usable_names(facet.users)
    for name, entry in facet.users.items():
        made = {
            "password_hash": entry.get("password_hash"),
            "display_name": str(entry.get("display_name") or name),
            "role": entry.get("role", "user"),
            "directories": _places(entry.get("directories"), rules, name, report),
        }
        if name not in usable or not (isinstance(made["password_hash"], str) and HASHES.fullmatch(made["password_hash"])):
            tally.left += 1
            why = (
                "the password's hash is none that is known: add the user with `facetd user add`"
                if name in usable
                else "this is no user name"
            )
            report.note("users", name, why)
            continue
        if made["role"] not in ROLES:
            report.note("users", name, f'"{made["role"]}" is no role: the user has the role user')
            made["role"] = "user"
        if name not in ours:
            ours[name] = made
            tally.brought += 1
        elif {key: ours[name].get(key) for key in ("role", "directories")} == {key: made[key] for key in ("role", "directories")}:
            tally.same += 1
        else:
            tally.kept += 1
            report.note("users", name, f"users.{name} is set here")
    if facet.users and facet.shared_directories:
        shared = list(ours.get(SHARED, []))
        shared += [each for each in _places(facet.shared_directories, rules, SHARED, report) if each not in shared]
        if shared != list(ours.get(SHARED, [])):
            ours[SHARED] = shared
            tally.brought += 1
    if ours:
        merged["users"] = ours
    if alone and tally.brought:
        report.note("users", "users", "from now on everybody signs in, with the password of Facet")
    return merged


def _places(directories: object, rules: PathRules, name: str, report: Report) -> list[str]:
    """Where folders of Facet are here."""
    found = []
    for each in directories if isinstance(directories, list | tuple) else ():
        place = rules.place(str(each)).rstrip("/") or "/"
        if place.startswith("/"):
            found.append(place)
        if not os.path.isdir(place):
            report.note("users", name, f"the folder {each} is not here: say where it is with --map, or correct users.{name}")
    return found
