-- Where photos were taken: what the map shows, and positions that a hand gave.

-- With what the map needs of a photo, so that it reads nothing else.
DROP INDEX photo_place_on_earth;
CREATE INDEX photo_place_on_earth ON photo (gps_latitude, gps_longitude, aggregate, date_taken) WHERE gps_latitude IS NOT NULL;

-- In which order photos with a position came, went, or changed in what the map shows; who keeps a map remembers how far it got.
-- A photo that is gone keeps its line.
CREATE TABLE spot_change (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id INTEGER NOT NULL UNIQUE
);
INSERT INTO spot_change (photo_id) SELECT id FROM photo WHERE gps_latitude IS NOT NULL;
CREATE TRIGGER spot_changed AFTER UPDATE OF gps_latitude, gps_longitude, aggregate, date_taken ON photo
WHEN (old.gps_latitude IS NOT NULL OR new.gps_latitude IS NOT NULL)
 AND (old.gps_latitude, old.gps_longitude, old.aggregate, old.date_taken) IS NOT (new.gps_latitude, new.gps_longitude, new.aggregate, new.date_taken) BEGIN
    DELETE FROM spot_change WHERE photo_id = new.id;
    INSERT INTO spot_change (photo_id) VALUES (new.id);
END;
CREATE TRIGGER spot_came AFTER INSERT ON gate
WHEN EXISTS (SELECT 1 FROM photo WHERE id = new.photo_id AND gps_latitude IS NOT NULL) BEGIN
    DELETE FROM spot_change WHERE photo_id = new.photo_id;
    INSERT INTO spot_change (photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER spot_gated AFTER UPDATE OF hide, root_id ON gate
WHEN (new.hide <> old.hide OR new.root_id <> old.root_id)
 AND EXISTS (SELECT 1 FROM photo WHERE id = new.photo_id AND gps_latitude IS NOT NULL) BEGIN
    DELETE FROM spot_change WHERE photo_id = new.photo_id;
    INSERT INTO spot_change (photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER spot_went AFTER DELETE ON photo WHEN old.gps_latitude IS NOT NULL BEGIN
    DELETE FROM spot_change WHERE photo_id = old.id;
    INSERT INTO spot_change (photo_id) VALUES (old.id);
END;

-- A position that a user gave; it stands whatever the file says. What the file says is kept beside it, for the day the user takes it back.
CREATE TABLE hand_position (
    photo_id       INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    latitude       REAL NOT NULL,
    longitude      REAL NOT NULL,
    file_latitude  REAL,
    file_longitude REAL,
    file_altitude  REAL
);

-- What is worked out from the library and kept, so that the first question after a start is answered at once; `version` says of what.
CREATE TABLE stats_cache (
    key        TEXT PRIMARY KEY,
    version    TEXT NOT NULL,
    value      BLOB NOT NULL,
    updated_at TEXT NOT NULL
) WITHOUT ROWID;
