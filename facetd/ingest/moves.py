"""Who sees which folders, and whether a file that turned up may be a photo that is gone elsewhere, with its caption, persons and all.

In a household the two places may be seen by different people. Who takes a photo out of a folder of others, or shares one of their own,
moves it; but a file of the same content in somebody else's private folder is theirs, and tells nothing of what others wrote about it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

from facetd.accounts.viewers import within
from facetd.config import Config
from facetd.db.matching import Place

JUST_GONE = timedelta(hours=6)  # a move to where more people see it is one; later, it is a copy that somebody had


class Moves:
    """Knows who sees which folders; everybody sees all of them where there are no users."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._directories: dict[str, tuple[str, ...]] | None = None

    def fits(self, gone: Place, root_path: str) -> bool:
        """Whether the photo that was at `gone` may be the one that turned up in the root at `root_path`. Looks at the disk."""
        if not self._config.users or gone.root_path == root_path:
            return True
        before, after = self.seen_by(gone.root_path), self.seen_by(root_path)
        return after <= before or (before < after and _is_recent(gone.missing_since))

    def shows(self, root_path: str, target: str) -> bool:
        """Whether a link in one root may lead into another: whoever sees the one sees the other. Looks at the disk."""
        return not self._config.users or self.seen_by(root_path) <= self.seen_by(target)

    def seen_by(self, root_path: str) -> frozenset[str]:
        """The users who see the root at `root_path`; none where there are no users. Looks at the disk."""
        if self._directories is None:
            shared = self._config.shared_directories
            self._directories = {
                name: tuple(os.path.realpath(os.path.expanduser(each)) for each in (*user.directories, *shared)) if user.directories else ()
                for name, user in self._config.users.items()
            }
        return frozenset(name for name, theirs in self._directories.items() if any(within(root_path, each) for each in theirs))


def _is_recent(missing_since: str | None) -> bool:
    """Whether something went missing lately, or is not known to be missing yet."""
    return missing_since is None or datetime.now(UTC) - datetime.fromisoformat(missing_since) < JUST_GONE
