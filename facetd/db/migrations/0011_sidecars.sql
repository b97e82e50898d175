-- Writing ratings, labels, keywords and captions to XMP sidecars, and taking over what other programs change there.

-- The colour label of a photo, in the words of whoever gave it ('' after it was taken away).
CREATE TABLE label (
    photo_id   INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    text       TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- Roots whose sidecars are written, with whose ratings, and which of rating, label, keywords, caption (separated by blanks).
CREATE TABLE sidecar_root (
    root_id INTEGER PRIMARY KEY REFERENCES root (id) ON DELETE CASCADE,
    user_id INTEGER NOT NULL,
    fields  TEXT NOT NULL
);

-- What file and sidecars of a photo say, as last read or written; `user_id` is whose rating it was compared with. `keywords` is JSON.
CREATE TABLE sidecar (
    photo_id  INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    user_id   INTEGER NOT NULL,
    rating    INTEGER NOT NULL, -- -1 rejected, 0 none, 1 to 5
    label     TEXT NOT NULL,
    caption   TEXT NOT NULL,
    keywords  TEXT NOT NULL,
    present   INTEGER NOT NULL, -- whether there was a sidecar
    synced_at TEXT NOT NULL
);

-- What the library says and the sidecar may not, since when.
CREATE TABLE sidecar_due (
    photo_id INTEGER NOT NULL,
    field    TEXT NOT NULL,
    at       TEXT NOT NULL,
    PRIMARY KEY (photo_id, field)
) WITHOUT ROWID;

-- Sidecars that could not be written, `stamp` as they were then.
CREATE TABLE sidecar_failure (
    photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    stamp    TEXT NOT NULL,
    message  TEXT NOT NULL,
    at       TEXT NOT NULL
);

-- Values that both the library (`user_id`'s) and another program changed. `kept` is the one that counts now: library or sidecar.
CREATE TABLE sidecar_conflict (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id      INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    user_id       INTEGER NOT NULL,
    field         TEXT NOT NULL,
    kept          TEXT NOT NULL,
    library_value TEXT NOT NULL,
    library_at    TEXT NOT NULL,
    sidecar_value TEXT NOT NULL,
    sidecar_at    TEXT NOT NULL,
    noticed_at    TEXT NOT NULL
);
CREATE INDEX sidecar_conflict_photo ON sidecar_conflict (photo_id);

CREATE TRIGGER rating_came_for_sidecar AFTER INSERT ON rating BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'rating', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id AND s.user_id = new.user_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER rating_changed_for_sidecar AFTER UPDATE OF stars, is_rejected ON rating
    WHEN old.stars <> new.stars OR old.is_rejected <> new.is_rejected BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'rating', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id AND s.user_id = new.user_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER rating_went_for_sidecar AFTER DELETE ON rating BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'rating', strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM gate g
    JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = old.photo_id AND s.user_id = old.user_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER caption_came_for_sidecar AFTER INSERT ON caption WHEN new.source = 'manual' BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'caption', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER caption_changed_for_sidecar AFTER UPDATE OF text, source ON caption
    WHEN (old.text <> new.text OR old.source <> new.source) AND (old.source = 'manual' OR new.source = 'manual') BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'caption', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER caption_went_for_sidecar AFTER DELETE ON caption WHEN old.source = 'manual' BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'caption', strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM gate g
    JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = old.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER label_came_for_sidecar AFTER INSERT ON label BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'label', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER label_changed_for_sidecar AFTER UPDATE OF text ON label WHEN old.text <> new.text BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'label', new.updated_at FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER keyword_came_for_sidecar AFTER INSERT ON photo_tag WHEN new.source = 'keyword' BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'keywords', strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM gate g
    JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = new.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
CREATE TRIGGER keyword_went_for_sidecar AFTER DELETE ON photo_tag WHEN old.source = 'keyword' BEGIN
    INSERT INTO sidecar_due SELECT g.photo_id, 'keywords', strftime('%Y-%m-%dT%H:%M:%SZ', 'now') FROM gate g
    JOIN sidecar_root s ON s.root_id = g.root_id
    WHERE g.photo_id = old.photo_id ON CONFLICT DO UPDATE SET at = excluded.at;
END;
