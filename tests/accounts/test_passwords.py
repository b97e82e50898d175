"""Passwords are hashed slowly, checked equally slowly, and hashes of other programs are accepted."""

from __future__ import annotations

import hashlib
import time

import pytest

from facetd.accounts.passwords import LONGEST, fits, fits_nobody, fits_setting, hash_password, is_hash, is_outdated
from facetd.config.viewer import HASHES

SALT = bytes(range(16))
PBKDF2 = f"{SALT.hex()}:{hashlib.pbkdf2_hmac('sha256', b'geheim', SALT, 100_000).hex()}"


def test_a_password_fits_its_hash_only() -> None:
    made = hash_password("ge\u00adheim \U0001f600")
    assert fits("ge\u00adheim \U0001f600", made)
    for wrong in ("geheim", "", "ge\u00adheim \U0001f600 ", made):
        assert not fits(wrong, made)
    assert made != hash_password("ge\u00adheim \U0001f600"), "each has a salt of its own"
    assert HASHES.fullmatch(made)
    assert not is_outdated(made)


def test_hashes_of_other_programs() -> None:
    assert fits("geheim", PBKDF2)
    assert not fits("Geheim", PBKDF2)
    assert HASHES.fullmatch(PBKDF2)
    assert is_outdated(PBKDF2)


@pytest.mark.parametrize("kept", ["", "x", "geheim", "$argon2id$v=19$m=19456,t=2,p=1$broken", "zz:" + "a" * 64, "$1$abc$def"])
def test_what_is_no_hash_fits_nothing(kept: str) -> None:
    assert not fits("geheim", kept)
    assert not fits("", kept)


def test_a_setting_may_be_plain_or_hashed() -> None:
    assert fits_setting("geheim", "geheim")
    assert not fits_setting("geheim ", "geheim")
    assert fits_setting("geheim", PBKDF2)
    assert not fits_setting(PBKDF2, PBKDF2)
    assert is_hash(PBKDF2)


def test_a_huge_password_is_not_hashed() -> None:
    began = time.process_time()
    assert not fits("x" * (LONGEST + 1), hash_password("x"))
    assert time.process_time() - began < 5


def test_nobody_costs_as_much_as_somebody() -> None:
    made = hash_password("geheim")

    def cost(work: object) -> float:
        best = 10.0
        for _ in range(5):
            began = time.thread_time()
            work()  # type: ignore[operator]
            best = min(best, time.thread_time() - began)
        return best

    assert 0.5 < cost(lambda: fits("falsch", made)) / cost(lambda: fits_nobody("falsch")) < 2
