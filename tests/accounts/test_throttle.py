"""Who guesses passwords is slowed down; who mistypes, or has nothing to do with it, is not locked out."""

from __future__ import annotations

import pytest

from facetd.accounts.throttle import KEPT, NETWORK_FREE, NETWORK_LONGEST_S, USER_FREE, USER_LONGEST_S, Throttle
from facetd.errors import TooManyRequests


class Clock:
    """Seconds that a test moves on."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def throttle(clock: Clock) -> Throttle:
    return Throttle(clock)


def test_a_few_mistakes_cost_nothing(throttle: Throttle) -> None:
    assert [throttle.begin("anna", "10.0.0.1") for _ in range(NETWORK_FREE)] == [0.0] * NETWORK_FREE


def test_a_network_that_guesses_gets_ever_fewer_tries_and_never_none(throttle: Throttle, clock: Clock) -> None:
    tried = 0
    for _ in range(3600):
        clock.now += 1
        try:
            throttle.begin(f"user{tried}", "2001:db8::/64")
        except TooManyRequests as refused:
            assert 1 <= refused.retry_after_s <= NETWORK_LONGEST_S
        else:
            tried += 1
    assert NETWORK_FREE + 100 < tried < NETWORK_FREE + 3600 / NETWORK_LONGEST_S + 60
    assert throttle.begin("anna", "10.0.0.9") == 0.0, "another network has nothing to do with it"
    clock.now += NETWORK_LONGEST_S + 1
    throttle.begin("anna", "2001:db8::/64")


def test_a_refused_try_does_not_prolong_the_wait(throttle: Throttle, clock: Clock) -> None:
    for _ in range(NETWORK_FREE + 30):
        clock.now += NETWORK_LONGEST_S
        throttle.begin("anna", "10.0.0.1", trusted=True)
    for _ in range(100):
        with pytest.raises(TooManyRequests):
            throttle.begin("anna", "10.0.0.1", trusted=True)
    clock.now += NETWORK_LONGEST_S
    assert throttle.begin("anna", "10.0.0.1", trusted=True) == 0.0


def test_many_networks_against_one_user_wait_for_their_turn(throttle: Throttle, clock: Clock) -> None:
    for number in range(USER_FREE):
        assert throttle.begin("anna", f"10.0.{number}.1") == 0.0
    waits = []
    for number in range(1000):
        try:
            waits.append(throttle.begin("ANNA", f"10.1.{number}.1"))
        except TooManyRequests as refused:
            assert refused.retry_after_s <= USER_LONGEST_S + 2
    assert waits == sorted(waits)
    assert len(waits) <= USER_LONGEST_S + 2
    assert throttle.begin("anna", "10.9.9.9", trusted=True) == 0.0, "where she signed in before"
    assert throttle.begin("bert", "10.9.9.8") == 0.0
    clock.now += USER_LONGEST_S + 2
    assert throttle.begin("anna", "10.8.8.8") <= USER_LONGEST_S


def test_tries_that_are_looked_at_count_too(throttle: Throttle) -> None:
    """So that a hundred at once are no way round."""
    with pytest.raises(TooManyRequests):
        for _ in range(100):
            throttle.begin("anna", "10.0.0.1", trusted=True)


def test_a_right_password_forgives_half(throttle: Throttle) -> None:
    for _ in range(NETWORK_FREE):
        throttle.begin("bert", "10.0.0.1")
    throttle.succeeded("anna", "10.0.0.1")
    for _ in range(NETWORK_FREE // 2):
        throttle.begin("bert", "10.0.0.1")
    for _ in range(3):
        throttle.begin("anna", "10.0.0.2")
        throttle.succeeded("anna", "10.0.0.2")


def test_it_is_forgotten_after_a_while_and_takes_bounded_memory(throttle: Throttle, clock: Clock) -> None:
    for _ in range(NETWORK_FREE + 5):
        clock.now += NETWORK_LONGEST_S
        throttle.begin("anna", "10.0.0.1")
    clock.now += 16 * 60
    assert [throttle.begin("anna", "10.0.0.1") for _ in range(NETWORK_FREE)] == [0.0] * NETWORK_FREE
    for number in range(KEPT + 10):
        throttle.begin(f"user{number}", f"net{number}")
    assert len(throttle._networks) == len(throttle._users) == KEPT
