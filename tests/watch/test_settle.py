"""When a file counts as complete. The clock and the files are made up here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from facetd.watch.settle import Settled, Settler, Stamp, is_settled

CHANGED, GONE = Settled.CHANGED, Settled.GONE


class World:
    """Files that grow and a clock that is set."""

    def __init__(self, settle_s: float = 2.0) -> None:
        self.now = 1000.0
        self.files: dict[str, Stamp] = {}
        self.looks = 0
        self.settler = Settler(settle_s, self._probe, lambda: self.now)

    def _probe(self, path: str) -> Stamp | None:
        self.looks += 1
        return self.files.get(path)

    def write(self, path: str, size: int) -> None:
        self.files[path] = Stamp(size, round(self.now * 1e9))

    def after(self, seconds: float) -> dict[str, Settled]:
        """What settles within the next `seconds`, waking only when the settler asks for it."""
        end, done = self.now + seconds, {}
        while (due := self.settler.deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            done |= self.settler.take()
        self.now = end
        return done


@pytest.fixture
def world() -> World:
    return World()


def test_a_closed_file_is_handed_over_within_a_fifth_of_a_second(world: World) -> None:
    world.write("a", 10)
    world.settler.growing("a")
    assert world.after(1.0) == {}
    world.settler.closed("a")
    assert world.after(0.2) == {"a": CHANGED}
    assert world.settler.deadline() is None


def test_a_file_without_a_close_event_is_handed_over_when_unchanged_for_the_settle_time(world: World) -> None:
    world.write("a", 10)
    world.settler.growing("a")
    assert world.after(1.9) == {}
    assert world.after(0.3) == {"a": CHANGED}


def test_a_growing_file_waits_until_it_stops_growing(world: World) -> None:
    world.write("a", 1)
    world.settler.growing("a")
    for size in range(2, 8):
        assert world.after(1.5) == {}
        world.write("a", size)  # without an event, as through a memory map
    assert world.after(1.0) == {}
    assert world.after(3.2) == {"a": CHANGED}


def test_writes_seen_as_events_postpone_without_looking_at_the_file(world: World) -> None:
    world.write("a", 1)
    world.settler.growing("a")
    looks = world.looks
    for size in range(2, 50):
        world.now += 0.5
        world.write("a", size)
        world.settler.growing("a")
        assert world.settler.take() == {}
    assert world.looks == looks


def test_a_write_right_after_the_close_takes_the_close_back(world: World) -> None:
    world.write("a", 10)
    world.settler.closed("a")
    world.now += 0.05
    world.settler.growing("a")
    assert world.after(1.5) == {}
    world.settler.closed("a")
    assert world.after(0.3) == {"a": CHANGED}


def test_a_file_closed_empty_waits_for_its_content(world: World) -> None:
    world.write("a", 0)
    world.settler.closed("a")
    assert world.after(1.0) == {}
    world.write("a", 10)
    world.settler.growing("a")
    world.settler.closed("a")
    assert world.after(0.3) == {"a": CHANGED}


def test_a_file_that_stays_empty_is_handed_over_in_the_end(world: World) -> None:
    world.write("a", 0)
    world.settler.closed("a")
    assert world.after(4.5) == {"a": CHANGED}


def test_a_writer_that_closes_again_and_again_costs_one_early_look_then_waits(world: World) -> None:
    handed_over = 0
    for size in range(1, 20):
        world.write("a", size)
        world.settler.growing("a")
        world.settler.closed("a")
        handed_over += len(world.after(0.8))
    assert handed_over == 1
    assert world.after(2.3) == {"a": CHANGED}


def test_a_rename_is_complete_at_once(world: World) -> None:
    world.write("b", 10)
    world.settler.removed("a")
    world.settler.complete("b")
    assert world.after(0.2) == {"a": GONE, "b": CHANGED}


def test_a_file_replaced_in_place_is_changed_not_gone(world: World) -> None:
    world.write("a", 10)
    world.settler.removed("a")
    world.settler.growing("a")
    world.settler.closed("a")
    assert world.after(0.2) == {"a": CHANGED}


def test_a_file_that_vanishes_while_growing_is_gone(world: World) -> None:
    world.write("a", 10)
    world.settler.growing("a")
    del world.files["a"]
    assert world.after(2.2) == {"a": GONE}


def test_touching_does_not_cut_a_write_short_but_is_reported_by_itself(world: World) -> None:
    world.write("a", 10)
    world.settler.growing("a")
    world.settler.touched("a")
    assert world.after(1.0) == {}
    world.settler.closed("a")
    world.settler.touched("a")
    assert world.after(0.2) == {"a": CHANGED}
    world.now += 10
    world.settler.touched("a")
    assert world.after(0.2) == {"a": CHANGED}


def test_a_burst_comes_in_few_batches(world: World) -> None:
    batches = []
    for i in range(100):
        world.write(f"{i}", 10)
        world.settler.closed(f"{i}")
        world.now += 0.01
        batches += [done] if (done := world.settler.take()) else []
    batches.append(world.after(0.3))
    assert sum(len(batch) for batch in batches) == 100
    assert len(batches) <= 12


def test_what_lies_below_a_folder_that_went_can_be_forgotten(world: World) -> None:
    for path in ("/d/a", "/d/b/c", "/dd/e"):
        world.write(path, 10)
        world.settler.closed(path)
    world.settler.forget_below("/d")
    assert len(world.settler) == 1
    assert world.after(0.3) == {"/dd/e": CHANGED}
    world.settler.closed("/d/a")
    world.settler.clear()
    assert world.after(10) == {}


def test_with_no_settle_time_everything_is_handed_over_at_once() -> None:
    world = World(settle_s=0)
    world.write("empty", 0)
    world.settler.closed("empty")
    world.write("new", 5)
    world.settler.growing("new")
    assert world.after(0.1) == {"empty": CHANGED, "new": CHANGED}


@given(
    st.lists(st.tuples(st.sampled_from(["growing", "closed", "complete", "touched", "removed"]), st.sampled_from("abc"), st.floats(0, 3)))
)
def test_whatever_happens_each_path_ends_as_what_it_is(events: list[tuple[str, str, float]]) -> None:
    world = World()
    world.write("a", 5)
    world.write("b", 0)
    ended: dict[str, Settled] = {}
    for event, path, pause in events:
        getattr(world.settler, event)(path)
        ended |= world.after(pause)
    ended |= world.after(60)
    truth = {"a": CHANGED, "b": CHANGED, "c": GONE}
    assert ended == {path: truth[path] for path in {path for _, path, _ in events}}
    assert len(world.settler) == 0


@pytest.mark.parametrize(
    ("mtime", "ctime", "settled"),
    [
        (0, 0, True),
        (99, 99, False),
        (0, 99, False),  # the copying program set an old time, the change time tells
        (97, 97, True),
        (500, 500, True),  # from a machine whose clock is ahead
        (500, 99, False),
    ],
)
def test_a_file_found_by_a_walk_is_complete_when_it_is_old_enough(mtime: float, ctime: float, settled: bool) -> None:
    assert is_settled(mtime, ctime, now=100.0, settle_s=2.0) is settled
