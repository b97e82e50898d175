-- Who uses the library. The configuration says what they may do; here is the number that their ratings and albums belong to. It stays when
-- a user is taken out of the configuration, so that one who comes back finds everything again.
CREATE TABLE account (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL UNIQUE,
    created_at TEXT NOT NULL
);

-- Who is signed in (`login`), and passwords for programs (`app`). `token_hash` is the BLAKE2b-256 of a random token. `stamp` tells which
-- password was in force: with another one the session is over. `edition`: single-user mode, unlocked. `network`: where it was opened.
CREATE TABLE session (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id    INTEGER NOT NULL,
    kind       TEXT NOT NULL,
    token_hash BLOB NOT NULL UNIQUE,
    stamp      TEXT NOT NULL,
    edition    INTEGER NOT NULL DEFAULT 0,
    label      TEXT NOT NULL DEFAULT '',
    network    TEXT NOT NULL DEFAULT '',
    created_at TEXT NOT NULL,
    used_at    TEXT NOT NULL
);
CREATE INDEX session_user ON session (user_id);
