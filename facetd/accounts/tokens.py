"""Secrets that a program made: random, so that a fast hash keeps them safe."""

from __future__ import annotations

import hashlib
import secrets

TOKEN_BYTES = 32


def new_token() -> str:
    """A random token of 256 bits, as text that fits into an address or a header."""
    return secrets.token_urlsafe(TOKEN_BYTES)


def token_hash(token: str) -> bytes:
    """What is kept of a token: 32 bytes."""
    return hashlib.blake2b(token.encode("utf-8", "surrogatepass"), digest_size=32).digest()


def stamp_of(*secret: str) -> str:
    """A short name of the secrets in force, by which a session notices that they changed."""
    return hashlib.blake2b("\0".join(secret).encode("utf-8", "surrogatepass"), digest_size=12).hexdigest()
