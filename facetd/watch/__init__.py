"""Which paths changed: folder watches, timed rescans where these cannot work, and settling of half-copied files."""

from facetd.watch.exclude import Excludes
from facetd.watch.lookout import Settings
from facetd.watch.watcher import Change, RootState, Watcher

__all__ = ["Change", "Excludes", "RootState", "Settings", "Watcher"]
