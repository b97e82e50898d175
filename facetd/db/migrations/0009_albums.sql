-- Albums: photos that somebody put in an order, or (smart) a filter that is looked up whenever the album is opened.

-- `user_id` is the owner. `visibility`: private, or household for everybody of this library. `smart_filter` is JSON; null in a manual album.
-- `cover_photo_id` is the cover that was chosen; without one the first photo is it.
CREATE TABLE album (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id        INTEGER NOT NULL,
    name           TEXT NOT NULL,
    description    TEXT NOT NULL DEFAULT '',
    visibility     TEXT NOT NULL DEFAULT 'private',
    smart_filter   TEXT,
    cover_photo_id INTEGER REFERENCES photo (id) ON DELETE SET NULL,
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);
CREATE INDEX album_user ON album (user_id);
CREATE INDEX album_cover ON album (cover_photo_id) WHERE cover_photo_id IS NOT NULL;

-- Positions ascend and may have gaps. A photo whose file is gone, or whose share is offline, keeps its place.
CREATE TABLE album_photo (
    album_id INTEGER NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    PRIMARY KEY (album_id, photo_id)
) WITHOUT ROWID;
CREATE INDEX album_photo_position ON album_photo (album_id, position);
CREATE INDEX album_photo_photo ON album_photo (photo_id);

-- How many photos of an album each (root, hide) has, so that every viewer's count is a sum of a few rows.
CREATE TABLE album_count (
    album_id INTEGER NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    root_id  INTEGER NOT NULL,
    hide     INTEGER NOT NULL,
    photos   INTEGER NOT NULL,
    PRIMARY KEY (album_id, root_id, hide)
) WITHOUT ROWID;
CREATE TRIGGER album_photo_came AFTER INSERT ON album_photo BEGIN
    INSERT INTO album_count SELECT new.album_id, root_id, hide, 1 FROM gate WHERE photo_id = new.photo_id
        ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER album_photo_went AFTER DELETE ON album_photo BEGIN
    UPDATE album_count SET photos = photos - 1 WHERE album_id = old.album_id
        AND (root_id, hide) = (SELECT root_id, hide FROM gate WHERE photo_id = old.photo_id);
END;
CREATE TRIGGER album_gate_came AFTER INSERT ON gate BEGIN
    INSERT INTO album_count SELECT album_id, new.root_id, new.hide, 1 FROM album_photo WHERE photo_id = new.photo_id
        ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER album_gate_changed AFTER UPDATE OF root_id, hide ON gate WHEN new.root_id <> old.root_id OR new.hide <> old.hide BEGIN
    UPDATE album_count SET photos = photos - 1 WHERE root_id = old.root_id AND hide = old.hide
        AND album_id IN (SELECT album_id FROM album_photo WHERE photo_id = old.photo_id);
    INSERT INTO album_count SELECT album_id, new.root_id, new.hide, 1 FROM album_photo WHERE photo_id = new.photo_id
        ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER album_gate_went AFTER DELETE ON gate BEGIN
    UPDATE album_count SET photos = photos - 1 WHERE root_id = old.root_id AND hide = old.hide
        AND album_id IN (SELECT album_id FROM album_photo WHERE photo_id = old.photo_id);
END;

-- Links that open an album to somebody without a login. `token_hash` is the BLAKE2b-256 of a random token.
CREATE TABLE album_share (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    album_id   INTEGER NOT NULL REFERENCES album (id) ON DELETE CASCADE,
    token_hash BLOB NOT NULL UNIQUE,
    created_at TEXT NOT NULL,
    expires_at TEXT
);
CREATE INDEX album_share_album ON album_share (album_id);
