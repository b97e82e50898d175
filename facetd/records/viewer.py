"""Who asks."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. Made by accounts/; turned into SQL in db/visibility.py only.

    `user_id` is 0 in single-user mode and on the daemon's own socket. `role` is reader (may look only), user (rates for
    themselves), admin (also persons, faces, albums, texts) or superadmin (also scans and settings).
    """

    user_id: int
    role: str
    root_ids: frozenset[int]
    name: str = ""
