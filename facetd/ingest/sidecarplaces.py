"""Where sidecars are written: what the configuration says of each root, checked against the roots there are."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from facetd.accounts.viewers import seen_roots
from facetd.config import Config
from facetd.config.sidecars import SidecarRoot
from facetd.db.names import shown
from facetd.i18n import _
from facetd.records.files import Root


@dataclass(frozen=True, slots=True)
class Place:
    """A root whose sidecars are written: beside its photos, or below `tree` where that is not ''. `problem` says why they cannot be.
    `user` is whose ratings are written, '' in single-user mode.
    """

    root: Root
    settings: SidecarRoot
    tree: str = ""
    problem: str = ""
    user: str = ""


def find_places(roots: Sequence[Root], sections: Mapping[str, SidecarRoot], data: str) -> tuple[list[Place], list[str]]:
    """The places, and what is wrong with sections that name no root. Looks at the disk for links."""
    found: dict[int, Place] = {}
    problems = []
    for name, section in sections.items():
        root = _named(roots, name)
        if root is None:
            problems.append(_("sidecars.{name}: no photo folder of this name or directory").format(name=name))
        elif section.mode != "off" and root.id in found:
            problems.append(_("sidecars.{name}: this folder has a section already").format(name=name))
        elif section.mode == "beside":
            found[root.id] = Place(root, section)
        elif section.mode == "tree":
            tree = os.path.realpath(os.path.expanduser(section.tree))
            others = [each.tree for each in found.values() if each.tree]
            problem = _tree_problem(tree, roots, data, others)
            found[root.id] = Place(root, section, tree, _("sidecars.{name}.tree: {why}").format(name=name, why=problem) if problem else "")
    return list(found.values()), problems


def whose_ratings(root: Root, section: SidecarRoot, config: Config) -> tuple[str, str]:
    """The user whose ratings are written in a root ('' in single-user mode), and why none are ('' where some are).

    Without one in the section it is the only user who has the root to themselves. Looks at the disk for links.
    """
    if not config.users:
        return "", _("there is no user {user}").format(user=section.user) if section.user else ""
    if section.user:
        if section.user not in config.users:
            return "", _("there is no user {user}").format(user=section.user)
        directories = (*config.users[section.user].directories, *config.shared_directories)
        if not _sees(root, directories):
            return "", _("{user} does not see this folder").format(user=section.user)
        return section.user, ""
    owners = [name for name, user in config.users.items() if _sees(root, user.directories)]
    if len(owners) != 1 or _sees(root, config.shared_directories):
        return "", _("ratings are not written: expected the user whose they are, as several people see this folder")
    return owners[0], ""


def _sees(root: Root, directories: Sequence[str]) -> bool:
    return bool(seen_roots([root], [os.path.realpath(os.path.expanduser(directory)) for directory in directories]))


def _named(roots: Sequence[Root], name: str) -> Root | None:
    path = os.path.realpath(os.path.expanduser(name)) if "/" in name else ""
    return next((root for root in roots if root.name.casefold() == name.casefold() or root.path == path), None)


def _tree_problem(tree: str, roots: Sequence[Root], data: str, others: Sequence[str]) -> str:
    """Why no sidecars can be kept in a folder; '' when they can."""
    if _touch(tree, os.path.realpath(data)):
        return _("{tree} and the data folder of facetd lie in one another").format(tree=shown(tree))
    for root in roots:
        if _touch(tree, os.path.realpath(root.path)):
            return _("{tree} and the photo folder {root} lie in one another").format(tree=shown(tree), root=root.name)
    if any(_touch(tree, other) for other in others):
        return _("{tree} is for another photo folder already").format(tree=shown(tree))
    return ""


def _touch(one: str, other: str) -> bool:
    return one == other or is_inside(one, other) or is_inside(other, one)


def is_inside(path: str, folder: str) -> bool:
    """Whether an absolute path lies below a folder."""
    return path.startswith(folder.rstrip("/") + "/")
