"""Which paths changed: folder watches, timed rescans where these cannot work, and settling of half-copied files."""
