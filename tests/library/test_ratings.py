"""Stars, favorites and rejections: each viewer's own, and nobody's photos but those they see."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from facetd.db.connection import Database
from facetd.errors import Forbidden, InvalidInput, NotFound
from facetd.library.ratings import Ratings
from facetd.library.targets import Targets
from facetd.library.undoing import LASTS_S, Restored, Undoing
from facetd.records.viewer import Viewer
from tests.library.households import Household, make_household


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 1_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
async def db(tmp_path: Path) -> AsyncIterator[Database]:
    async with Database(tmp_path / "library.db", readers=1) as opened:
        yield opened


@pytest.fixture
async def home(db: Database) -> Household:
    return await make_household(db)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def told() -> list[tuple[int, list[int]]]:
    return []


@pytest.fixture
def undoing(db: Database, clock: Clock) -> Undoing:
    return Undoing(db, clock)


@pytest.fixture
def ratings(db: Database, undoing: Undoing, told: list[tuple[int, list[int]]]) -> Ratings:
    return Ratings(db, undoing, lambda viewer, ids: told.append((viewer.user_id, sorted(ids))))


async def stored(db: Database, viewer: Viewer) -> dict[int, tuple[int, int, int]]:
    """(stars, favorite, rejected) of each row of a viewer."""
    rows = await db.rows("SELECT photo_id, stars, is_favorite, is_rejected FROM rating WHERE user_id = ?", (viewer.user_id,))
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def these(*ids: int) -> Targets:
    return Targets(ids, ())


async def test_each_rule_clears_what_does_not_go_with_it(db: Database, home: Household, ratings: Ratings) -> None:
    one, two, three = home.shared
    await ratings.give_stars(home.bob, these(one, two), 4)
    await ratings.favor(home.bob, these(one))
    assert await stored(db, home.bob) == {one: (4, 1, 0), two: (4, 0, 0)}
    assert (await ratings.reject(home.bob, these(one, three))).ids == (one, three)
    assert await stored(db, home.bob) == {one: (0, 0, 1), two: (4, 0, 0), three: (0, 0, 1)}
    await ratings.favor(home.bob, these(three))
    assert (await stored(db, home.bob))[three] == (0, 1, 0)


async def test_only_what_really_changes_counts(db: Database, home: Household, ratings: Ratings, told: list[object]) -> None:
    first = await ratings.give_stars(home.bob, these(*home.shared), 3)
    assert (first.ids, first.not_found) == (home.shared, ())
    again = await ratings.give_stars(home.bob, these(*home.shared), 3)
    assert (again.ids, again.undo) == ((), None)
    assert (await ratings.give_stars(home.alice, these(home.shared[0]), 0)).ids == ()
    assert await stored(db, home.alice) == {}
    assert told == [(home.bob.user_id, list(home.shared))]
    for stars in (-1, 6):
        with pytest.raises(InvalidInput):
            await ratings.give_stars(home.bob, these(home.shared[0]), stars)


async def test_nobody_changes_what_others_think_or_own(db: Database, home: Household, ratings: Ratings) -> None:
    await ratings.give_stars(home.alice, these(*home.alices, *home.shared), 5)
    before = await stored(db, home.alice)
    photos = await ratings.photos(home.bob, [*home.shared, *home.alices, 999], None)
    assert (photos.ids, photos.not_found) == (home.shared, (*home.alices, 999))
    assert (await ratings.reject(home.bob, photos)).ids == home.shared
    assert await stored(db, home.alice) == before
    unseen = await ratings.favor(home.bob, these(*home.alices))  # seen a moment ago, not any more
    assert (unseen.ids, unseen.not_found, unseen.undo) == ((), home.alices, None)
    assert set(await stored(db, home.bob)) == set(home.shared)
    for number in (home.alices[0], 999):
        with pytest.raises(NotFound) as missing:
            await ratings.photo(home.bob, number, None)
        assert missing.value.message == "there is no such photo"
        with pytest.raises(NotFound):
            await ratings.toggle_favorite(home.bob, number)
    with pytest.raises(NotFound):
        await ratings.photo(home.bob, None, "/Alice/1.jpg")
    assert await ratings.photo(home.bob, None, "/Shared/1.jpg") == home.shared[0]


async def test_toggling_goes_to_and_fro(home: Household, ratings: Ratings) -> None:
    number = home.bobs[0]
    await ratings.give_stars(home.bob, these(number), 2)
    assert (await ratings.toggle_favorite(home.bob, number)).now == (2, True, False)
    assert (await ratings.toggle_rejected(home.bob, number)).now == (0, False, True)
    assert (await ratings.toggle_rejected(home.bob, number)).now == (0, False, False)
    assert (await ratings.toggle_favorite(home.bob, number)).now == (0, True, False)
    assert (await ratings.toggle_favorite(home.bob, number)).now == (0, False, False)


async def test_undo_brings_back_exactly_what_was(db: Database, home: Household, ratings: Ratings, undoing: Undoing) -> None:
    one, two, three = home.shared
    await ratings.give_stars(home.bob, these(one), 4)
    await ratings.favor(home.bob, these(one))
    await ratings.give_stars(home.bob, these(two), 1)
    before = await stored(db, home.bob)
    rejected = await ratings.reject(home.bob, these(one, two, three))
    assert rejected.undo is not None
    undone = await undoing.undo(home.bob, rejected.undo)
    assert (undone.kind, sorted(undone.restored.ids), undone.restored.kept) == ("ratings", [one, two, three], ())
    assert await stored(db, home.bob) == before  # also that the third has no row
    with pytest.raises(NotFound):
        await undoing.undo(home.bob, rejected.undo)
    assert undone.token is not None
    await undoing.undo(home.bob, undone.token)
    assert await stored(db, home.bob) == dict.fromkeys(home.shared, (0, 0, 1))


async def test_what_was_changed_since_stays(db: Database, home: Household, ratings: Ratings, undoing: Undoing) -> None:
    one, two, three = home.shared
    token = (await ratings.give_stars(home.bob, these(one, two, three), 5)).undo
    assert token is not None
    await ratings.give_stars(home.bob, these(two), 1)
    async with db.writing() as connection:
        await connection.execute("DELETE FROM photo WHERE id = ?", (three,))
    undone = await undoing.undo(home.bob, token)
    assert undone.restored == Restored((one,), (two,), (three,), undone.restored.again)
    assert await stored(db, home.bob) == {two: (1, 0, 0)}


async def test_photos_that_are_not_seen_any_more_are_not_restored(
    db: Database, home: Household, ratings: Ratings, undoing: Undoing
) -> None:
    token = (await ratings.give_stars(home.bob, these(*home.bobs, *home.shared), 5)).undo
    assert token is not None
    shrunk = Viewer(home.bob.user_id, "user", frozenset({home.roots[2].id}))
    restored = (await undoing.undo(shrunk, token)).restored
    assert (sorted(restored.ids), restored.not_found) == (list(home.shared), home.bobs)
    assert set(await stored(db, home.bob)) == set(home.bobs)


async def test_a_token_is_its_doers_and_lasts_ten_minutes(
    db: Database, home: Household, ratings: Ratings, undoing: Undoing, clock: Clock
) -> None:
    assert LASTS_S == 600
    token = (await ratings.give_stars(home.bob, these(*home.shared), 5)).undo
    assert token is not None
    for viewer, text in ((home.alice, token), (home.nobody, token), (home.bob, token[:-1]), (home.bob, "")):
        with pytest.raises(NotFound):
            await undoing.undo(viewer, text)
    assert token not in str([tuple(row) for row in await db.rows("SELECT * FROM undo")])
    clock.now += LASTS_S - 1
    afresh = Undoing(db, clock)  # as after a restart
    Ratings(db, afresh)
    assert (await afresh.undo(home.bob, token)).restored.ids
    second = (await ratings.give_stars(home.bob, these(*home.shared), 2)).undo
    assert second is not None
    clock.now += LASTS_S
    with pytest.raises(NotFound):
        await undoing.undo(home.bob, second)
    await ratings.give_stars(home.alice, these(*home.shared), 1)
    assert [row[0] for row in await db.rows("SELECT user_id FROM undo")] == [home.alice.user_id]  # the old ones are forgotten


async def test_what_others_see_is_taken_back_by_editors_only(db: Database, home: Household, undoing: Undoing) -> None:
    async def restore(_connection: object, _viewer: Viewer, data: list[int]) -> Restored:
        return Restored(tuple(data))

    done: list[Restored] = []
    undoing.register("texts", restore, editing=True, done=lambda _viewer, restored: done.append(restored))
    async with db.writing() as connection:
        token = await undoing.keep(connection, home.bob, "texts", [1])
    with pytest.raises(Forbidden):
        await undoing.undo(home.bob, token)
    assert done == []
    promoted = Viewer(home.bob.user_id, "admin", home.bob.root_ids)
    assert (await undoing.undo(promoted, token)).token is None
    assert done == [Restored((1,))]


async def test_a_restore_that_fails_leaves_the_token(db: Database, home: Household, undoing: Undoing) -> None:
    works = False

    async def restore(connection: object, _viewer: Viewer, data: list[int]) -> Restored:
        await connection.execute("DELETE FROM photo")  # type: ignore[attr-defined]
        if not works:
            raise OSError
        return Restored(tuple(data))

    undoing.register("odd", restore)
    async with db.writing() as connection:
        token = await undoing.keep(connection, home.bob, "odd", [1])
    with pytest.raises(OSError):
        await undoing.undo(home.bob, token)
    assert (await db.rows("SELECT COUNT(*) FROM photo"))[0][0] == 9
    works = True
    assert (await undoing.undo(home.bob, token)).restored.ids == (1,)


async def test_ten_thousand_at_once(db: Database, home: Household, ratings: Ratings, undoing: Undoing) -> None:
    async with db.writing() as connection:
        folder, root = (await db.rows("SELECT folder_id, root_id FROM photo JOIN gate ON photo_id = id WHERE id = ?", home.shared[:1]))[0]
        await connection.execute(
            "WITH RECURSIVE n (i) AS (SELECT 1000 UNION ALL SELECT i + 1 FROM n WHERE i < 10999)"
            " INSERT INTO photo (id, folder_id, filename, size, mtime_ns, content_hash, added_at, updated_at)"
            " SELECT i, ?, 'copy ' || i, 1, 1, i, '', '' FROM n",
            (folder,),
        )
        await connection.execute("INSERT INTO gate SELECT id, ?, 0 FROM photo WHERE id >= 1000", (root,))
    ids = list(range(1000, 11_000))
    rated = await ratings.give_stars(home.bob, await ratings.photos(home.bob, ids, None), 4)
    assert len(rated.ids) == 10_000
    assert rated.undo is not None
    assert len((await undoing.undo(home.bob, rated.undo)).restored.ids) == 10_000
    assert await stored(db, home.bob) == {}
