"""Passwords: hashing, and checking against what a configuration holds."""

from __future__ import annotations

import hashlib
import hmac
import re

from passlib.hash import argon2

LONGEST = 1024  # characters; hashing more is work that only an attacker asks for
PBKDF2 = re.compile(r"([0-9a-f]{16,128}):([0-9a-f]{64})")  # salt_hex:dk_hex, as other programs wrote it
PBKDF2_ROUNDS = 100_000
# OWASP Password Storage Cheat Sheet: 19 MiB, 2 passes, 1 lane; some 40 ms and 20 MB on a small processor.
HASHER = argon2.using(type="ID", time_cost=2, memory_cost=19_456, parallelism=1)
NOBODYS = HASHER.hash("the password of nobody")


def hash_password(password: str) -> str:
    """`password` as it is kept: Argon2id with a salt of its own. Takes tens of milliseconds."""
    return str(HASHER.hash(password))


def is_hash(text: str) -> bool:
    """Whether this is a hash that passwords can be checked against."""
    return bool(PBKDF2.fullmatch(text)) or bool(HASHER.identify(text))


def fits(password: str, kept: str) -> bool:
    """Whether `password` is the one that `kept` was made of. Takes as long when it is not."""
    if len(password) > LONGEST:
        return False
    if match := PBKDF2.fullmatch(kept):
        made = hashlib.pbkdf2_hmac("sha256", password.encode(), bytes.fromhex(match[1]), PBKDF2_ROUNDS)
        return hmac.compare_digest(made.hex(), match[2])
    try:
        return bool(HASHER.verify(password, kept))
    except (ValueError, TypeError):
        return False


def fits_nobody(password: str) -> None:
    """As much work as `fits`, for a user that does not exist."""
    fits(password, NOBODYS)


def fits_setting(password: str, setting: str) -> bool:
    """Whether `password` is that of a setting such as `viewer.password`: in plain text, or a hash."""
    if is_hash(setting):
        return fits(password, setting)
    return hmac.compare_digest(password.encode("utf-8", "surrogatepass"), setting.encode())


def is_outdated(kept: str) -> bool:
    """Whether the hash should be made anew from the password, now that it is known."""
    return not HASHER.identify(kept) or bool(HASHER.needs_update(kept))
