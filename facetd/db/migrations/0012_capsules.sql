-- Capsules: themed selections of photos, made in the background for each viewer and kept.

-- A list of one viewer who sees exactly `roots` (JSON, ascending), of photos of these days ('' for any). `made_of` tells what it was made
-- of (JSON), to see when it is outdated; null until it was made. `shuffle` counts how often the viewer asked for other ones.
CREATE TABLE capsule_list (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id   INTEGER NOT NULL,
    roots     TEXT NOT NULL,
    date_from TEXT NOT NULL DEFAULT '',
    date_to   TEXT NOT NULL DEFAULT '',
    shuffle   INTEGER NOT NULL DEFAULT 0,
    made_of   TEXT,
    made_at   TEXT,
    took_s    REAL NOT NULL DEFAULT 0,
    asked_at  TEXT NOT NULL,
    UNIQUE (user_id, roots, date_from, date_to)
);

-- `title` is the key of its text, `params` (JSON) what stands in it; `persons` (JSON) are named there as they are called at the moment.
-- `photos` (JSON) are in the order they are shown, `best` (JSON) those that the cover is one of.
CREATE TABLE capsule (
    list_id  INTEGER NOT NULL REFERENCES capsule_list (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    key      TEXT NOT NULL,
    type     TEXT NOT NULL,
    title    TEXT NOT NULL,
    params   TEXT NOT NULL,
    persons  TEXT NOT NULL,
    photos   TEXT NOT NULL,
    best     TEXT NOT NULL,
    PRIMARY KEY (list_id, position)
) WITHOUT ROWID;
