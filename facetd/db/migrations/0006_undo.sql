-- What can be taken back for a while, by whoever did it. `token` is a hash of what they hold, `kind` says what `data` (JSON) is about;
-- `ends_at` is in seconds since 1970.
CREATE TABLE undo (
    token   TEXT PRIMARY KEY,
    user_id INTEGER NOT NULL,
    kind    TEXT NOT NULL,
    data    TEXT NOT NULL,
    ends_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX undo_ends ON undo (ends_at);
