-- What imports from other programs brought, so that a later one tells what a user changed since from what came.

-- The last value that came: kind rating (of user_id; `stars favourite rejected`), caption, translation; `ref` is the photo.
CREATE TABLE imported (
    kind    TEXT NOT NULL,
    user_id INTEGER NOT NULL,
    ref     INTEGER NOT NULL,
    value   TEXT NOT NULL,
    PRIMARY KEY (kind, user_id, ref)
) WITHOUT ROWID;
CREATE INDEX imported_ref ON imported (ref);
CREATE TRIGGER imported_photo_went AFTER DELETE ON photo BEGIN
    DELETE FROM imported WHERE ref = old.id AND kind IN ('rating', 'caption', 'translation');
END;

-- Which of two photos somebody prefers; photo_a_id < photo_b_id, each pair once for each user. `source`: vote, culling, rating.
CREATE TABLE comparison (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL,
    photo_a_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    photo_b_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    winner     TEXT NOT NULL CHECK (winner IN ('a', 'b', 'tie', 'skip')),
    category   TEXT,
    source     TEXT NOT NULL DEFAULT 'vote',
    session_id TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    CHECK (photo_a_id < photo_b_id),
    UNIQUE (user_id, photo_a_id, photo_b_id)
);
CREATE INDEX comparison_b ON comparison (photo_b_id);
CREATE INDEX comparison_a ON comparison (photo_a_id);
CREATE INDEX comparison_when ON comparison (user_id, created_at);

-- Weights of a category as they once were, to go back to; `weights` is a JSON object of percents by the keys of fields.weighable().
CREATE TABLE weight_snapshot (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    category         TEXT NOT NULL,
    weights          TEXT NOT NULL,
    description      TEXT NOT NULL DEFAULT '',
    accuracy_before  REAL,
    accuracy_after   REAL,
    comparisons_used INTEGER,
    created_by       TEXT NOT NULL DEFAULT 'manual',
    created_at       TEXT NOT NULL
);
CREATE INDEX weight_snapshot_category ON weight_snapshot (category, created_at);
