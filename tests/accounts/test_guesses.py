"""Guessing tokens of links: slowed down per network, without holding up who has a right one or a page with an ended one."""

from __future__ import annotations

import pytest

from facetd.accounts.guesses import FREE, GAP_S, NETWORKS_KEPT, TOKENS_KEPT, Guesses
from facetd.errors import TooManyRequests

HERE, THERE = "192.0.2.1", "192.0.2.2"


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def token(number: int) -> bytes:
    return number.to_bytes(8, "big")


def guess(guesses: Guesses, number: int, network: str = HERE) -> None:
    guesses.begin(network, token(number))
    guesses.wrong(network, token(number))


def test_a_network_that_guesses_waits() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for number in range(FREE):
        guess(guesses, number)
    with pytest.raises(TooManyRequests) as error:
        guess(guesses, FREE)
    assert error.value.retry_after_s == GAP_S
    guess(guesses, 1, THERE)
    clock.now += GAP_S
    guess(guesses, FREE)
    with pytest.raises(TooManyRequests):
        guess(guesses, FREE + 1)


def test_one_wrong_token_however_often_is_one_guess() -> None:
    guesses = Guesses(Clock())
    for _ in range(FREE * 3):
        guess(guesses, 7)
    guess(guesses, 8)


def test_who_has_a_right_token_is_not_held_up() -> None:
    guesses = Guesses(Clock())
    guesses.begin(HERE, token(1))
    guesses.right(HERE, token(1))
    for number in range(100, 100 + FREE):
        guess(guesses, number)
    guesses.begin(HERE, token(1))
    guesses.wrong(HERE, token(1))  # the link was ended
    guesses.begin(HERE, token(1))
    with pytest.raises(TooManyRequests):
        guess(guesses, 2)


def test_an_hour_later_all_is_forgotten_and_memory_is_bounded() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    for number in range(FREE):
        guess(guesses, number)
    clock.now += 3601
    guess(guesses, 999)
    guess(guesses, 1000)
    for number in range(NETWORKS_KEPT + 10):
        guesses.right(str(number), token(1))
    assert len(guesses._networks) == NETWORKS_KEPT
    for number in range(TOKENS_KEPT + 10):
        guesses.right(HERE, token(number))
    assert len(guesses._networks[HERE].right) == TOKENS_KEPT
