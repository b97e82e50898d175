-- Which photos look alike, and which words find them.

-- Vectors: what a photo looks like to a model.
CREATE TABLE photo_embedding (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT, -- in which order they came: who searches them remembers how far it got
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    space    TEXT NOT NULL, -- model and precision; vectors of different spaces are never compared
    vector   BLOB NOT NULL, -- unit length, little-endian float32
    UNIQUE (photo_id, space)
);
CREATE INDEX photo_embedding_space ON photo_embedding (space, seq);

-- Likeness: bursts and duplicates.

-- In which order photos came or changed in what likeness depends on; who compares them remembers how far it got.
CREATE TABLE look (
    seq      INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id INTEGER NOT NULL UNIQUE REFERENCES photo (id) ON DELETE CASCADE
);
INSERT INTO look (photo_id) SELECT id FROM photo;
CREATE TRIGGER look_inserted AFTER INSERT ON photo BEGIN
    INSERT INTO look (photo_id) VALUES (new.id);
END;
CREATE TRIGGER look_changed AFTER UPDATE OF phash, content_hash, date_taken, camera_model, exposure_time, exposure_bias, aggregate,
    subject_sharpness, face_sharpness, eye_sharpness ON photo
WHEN (old.phash, old.content_hash, old.date_taken, old.camera_model, old.exposure_time, old.exposure_bias, old.aggregate,
      old.subject_sharpness, old.face_sharpness, old.eye_sharpness)
  IS NOT (new.phash, new.content_hash, new.date_taken, new.camera_model, new.exposure_time, new.exposure_bias, new.aggregate,
      new.subject_sharpness, new.face_sharpness, new.eye_sharpness) BEGIN
    DELETE FROM look WHERE photo_id = new.id;
    INSERT INTO look (photo_id) VALUES (new.id);
END;
-- 57: blink, missing, companion and unreadable of db/visibility.py
CREATE TRIGGER look_gated AFTER UPDATE OF hide, root_id ON gate WHEN (old.hide & 57) <> (new.hide & 57) OR old.root_id <> new.root_id BEGIN
    DELETE FROM look WHERE photo_id = new.photo_id;
    INSERT INTO look (photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER look_coloured AFTER UPDATE OF histogram ON photo_blob WHEN old.histogram IS NOT new.histogram BEGIN
    DELETE FROM look WHERE photo_id = new.photo_id;
    INSERT INTO look (photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER look_embedded AFTER INSERT ON photo_embedding BEGIN
    DELETE FROM look WHERE photo_id = new.photo_id;
    INSERT INTO look (photo_id) VALUES (new.photo_id);
END;
CREATE TRIGGER look_embedded_again AFTER UPDATE OF vector ON photo_embedding BEGIN
    DELETE FROM look WHERE photo_id = new.photo_id;
    INSERT INTO look (photo_id) VALUES (new.photo_id);
END;
CREATE INDEX photo_phash ON photo (phash);

-- A series of photos taken one after the other; kind: burst, bracket or panorama. Its frames: `position` 0 is the best one.
CREATE TABLE burst (
    id       INTEGER PRIMARY KEY AUTOINCREMENT,
    kind     TEXT NOT NULL,
    reviewed INTEGER NOT NULL DEFAULT 0 -- a user chose what to keep
);
CREATE TABLE burst_photo (
    photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    burst_id INTEGER NOT NULL REFERENCES burst (id) ON DELETE CASCADE,
    position INTEGER NOT NULL
);
CREATE INDEX burst_photo_burst ON burst_photo (burst_id, position);

-- Two photos that are the same picture, first_id < second_id, by how many levels they differ, and the sets that such pairs make.
CREATE TABLE duplicate_pair (
    first_id   INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    second_id  INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    difference REAL NOT NULL,
    PRIMARY KEY (first_id, second_id)
) WITHOUT ROWID;
CREATE INDEX duplicate_pair_second ON duplicate_pair (second_id);
CREATE TABLE duplicate_set (
    id INTEGER PRIMARY KEY AUTOINCREMENT
);
CREATE TABLE duplicate_photo (
    photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    set_id   INTEGER NOT NULL REFERENCES duplicate_set (id) ON DELETE CASCADE,
    position INTEGER NOT NULL
);
CREATE INDEX duplicate_photo_set ON duplicate_photo (set_id, position);

-- When one leaves the library, the others are looked at again: the best may be another one now.
CREATE TRIGGER look_left BEFORE DELETE ON photo BEGIN
    INSERT OR REPLACE INTO look (photo_id) SELECT o.photo_id FROM burst_photo b JOIN burst_photo o ON o.burst_id = b.burst_id
    WHERE b.photo_id = old.id AND o.photo_id <> old.id;
    INSERT OR REPLACE INTO look (photo_id) SELECT o.photo_id FROM duplicate_photo d JOIN duplicate_photo o ON o.set_id = d.set_id
    WHERE d.photo_id = old.id AND o.photo_id <> old.id;
END;

-- Photos that look alike enough to be shown as a group, first_id < second_id.
CREATE TABLE alike (
    first_id   INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    second_id  INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    similarity REAL NOT NULL,
    PRIMARY KEY (first_id, second_id)
) WITHOUT ROWID;
CREATE INDEX alike_second ON alike (second_id);

-- Words: full text search and places.

-- A place with a name, as the geocoder knows it; `country` is a two-letter code.
CREATE TABLE place (
    id      INTEGER PRIMARY KEY,
    name    TEXT NOT NULL,
    region  TEXT NOT NULL,
    country TEXT NOT NULL,
    UNIQUE (name, region, country)
);
-- The place of each cell of a hundredth of a degree that was asked for; none far from every place. `cell` is south to north, west to east.
CREATE TABLE place_cell (
    cell     INTEGER PRIMARY KEY,
    place_id INTEGER REFERENCES place (id)
);
CREATE INDEX place_cell_place ON place_cell (place_id);
-- Cameras without a fix write 0/0 or numbers that are on no globe.
ALTER TABLE photo ADD COLUMN place_cell INTEGER GENERATED ALWAYS AS (
    CASE WHEN gps_latitude BETWEEN -90 AND 90 AND gps_longitude BETWEEN -180 AND 180 AND (gps_latitude <> 0 OR gps_longitude <> 0)
    THEN CAST((gps_latitude + 90) * 100 AS INTEGER) * 36001 + CAST((gps_longitude + 180) * 100 AS INTEGER) END
) VIRTUAL;
CREATE INDEX photo_place_cell ON photo (place_cell) WHERE place_cell IS NOT NULL;

-- A description in words of what is in the photo, and who said it: manual, or a model. Without a row a rule says it when asked.
CREATE TABLE caption (
    photo_id   INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    text       TEXT NOT NULL,
    source     TEXT NOT NULL,
    updated_at TEXT NOT NULL
);

-- What many photos share: a person, a tag with its other words, a folder with those around it, a camera, a lens, a category, a place.
-- `ref` is its id, or the value itself; `words` are folded, see db/folding.py. A name that changes changes one row.
CREATE TABLE topic (
    id    INTEGER PRIMARY KEY,
    kind  TEXT NOT NULL,
    ref   NOT NULL,
    words TEXT NOT NULL,
    UNIQUE (kind, ref)
);
CREATE VIRTUAL TABLE topic_words USING fts5 (
    words, content = 'topic', content_rowid = 'id', columnsize = 0, tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc So'"
);
CREATE TRIGGER topic_came AFTER INSERT ON topic BEGIN
    INSERT INTO topic_words (rowid, words) VALUES (new.id, new.words);
END;
CREATE TRIGGER topic_went AFTER DELETE ON topic BEGIN
    INSERT INTO topic_words (topic_words, rowid, words) VALUES ('delete', old.id, old.words);
END;
CREATE TRIGGER topic_changed AFTER UPDATE OF words ON topic WHEN old.words <> new.words BEGIN
    INSERT INTO topic_words (topic_words, rowid, words) VALUES ('delete', old.id, old.words);
    INSERT INTO topic_words (rowid, words) VALUES (new.id, new.words);
END;

-- What is a photo's own: its file name, and its title, description and caption; folded.
CREATE TABLE photo_words (
    photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    name     TEXT NOT NULL,
    words    TEXT NOT NULL
);
CREATE VIRTUAL TABLE photo_text USING fts5 (
    words, content = 'photo_words', content_rowid = 'photo_id', columnsize = 0,
    tokenize = "unicode61 remove_diacritics 0 categories 'L* N* Co Mn Mc So'"
);
CREATE VIRTUAL TABLE photo_name USING fts5 (
    name, content = 'photo_words', content_rowid = 'photo_id', columnsize = 0, detail = none, tokenize = 'trigram'
);
CREATE TRIGGER photo_words_came AFTER INSERT ON photo_words BEGIN
    INSERT INTO photo_name (rowid, name) VALUES (new.photo_id, new.name);
    INSERT INTO photo_text (rowid, words) SELECT new.photo_id, new.words WHERE new.words <> '';
END;
CREATE TRIGGER photo_words_went AFTER DELETE ON photo_words BEGIN
    INSERT INTO photo_name (photo_name, rowid, name) VALUES ('delete', old.photo_id, old.name);
    INSERT INTO photo_text (photo_text, rowid, words) SELECT 'delete', old.photo_id, old.words WHERE old.words <> '';
END;
CREATE TRIGGER photo_words_changed AFTER UPDATE ON photo_words BEGIN
    INSERT INTO photo_name (photo_name, rowid, name) SELECT 'delete', old.photo_id, old.name WHERE old.name <> new.name;
    INSERT INTO photo_name (rowid, name) SELECT new.photo_id, new.name WHERE old.name <> new.name;
    INSERT INTO photo_text (photo_text, rowid, words) SELECT 'delete', old.photo_id, old.words WHERE old.words <> new.words AND old.words <> '';
    INSERT INTO photo_text (rowid, words) SELECT new.photo_id, new.words WHERE old.words <> new.words AND new.words <> '';
END;

-- What came or changed since its words were written: db/words.py writes them at the end of the same transaction.
CREATE TABLE words_due (
    kind TEXT NOT NULL, -- photo, or the kind of a topic
    ref  NOT NULL,
    PRIMARY KEY (kind, ref)
) WITHOUT ROWID;
CREATE TRIGGER photo_came_with_words AFTER INSERT ON photo BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', new.id);
    INSERT OR IGNORE INTO words_due SELECT 'camera', new.camera_model WHERE new.camera_model IS NOT NULL;
    INSERT OR IGNORE INTO words_due SELECT 'lens', new.lens_model WHERE new.lens_model IS NOT NULL;
    INSERT OR IGNORE INTO words_due SELECT 'category', new.category WHERE new.category IS NOT NULL;
END;
CREATE TRIGGER photo_renamed AFTER UPDATE OF filename, title ON photo WHEN old.filename <> new.filename OR old.title IS NOT new.title BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', new.id);
END;
CREATE TRIGGER photo_camera_changed AFTER UPDATE OF camera_model ON photo
WHEN new.camera_model IS NOT old.camera_model AND new.camera_model IS NOT NULL BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('camera', new.camera_model);
END;
CREATE TRIGGER photo_lens_changed AFTER UPDATE OF lens_model ON photo
WHEN new.lens_model IS NOT old.lens_model AND new.lens_model IS NOT NULL BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('lens', new.lens_model);
END;
CREATE TRIGGER photo_category_changed AFTER UPDATE OF category ON photo
WHEN new.category IS NOT old.category AND new.category IS NOT NULL BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('category', new.category);
END;
CREATE TRIGGER photo_described AFTER UPDATE OF description ON photo_blob WHEN old.description IS NOT new.description BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', new.photo_id);
END;
CREATE TRIGGER caption_came AFTER INSERT ON caption BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', new.photo_id);
END;
CREATE TRIGGER caption_changed AFTER UPDATE ON caption BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', new.photo_id);
END;
CREATE TRIGGER caption_went AFTER DELETE ON caption BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('photo', old.photo_id);
END;
CREATE TRIGGER person_came AFTER INSERT ON person WHEN new.name IS NOT NULL BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('person', new.id);
END;
CREATE TRIGGER person_renamed AFTER UPDATE OF name ON person WHEN old.name IS NOT new.name BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('person', new.id);
END;
CREATE TRIGGER person_went AFTER DELETE ON person BEGIN
    DELETE FROM topic WHERE kind = 'person' AND ref = old.id;
END;
CREATE TRIGGER tag_came AFTER INSERT ON tag BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('tag', new.id);
END;
CREATE TRIGGER tag_renamed AFTER UPDATE OF name ON tag BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('tag', new.id);
END;
CREATE TRIGGER tag_went AFTER DELETE ON tag BEGIN
    DELETE FROM topic WHERE kind = 'tag' AND ref = old.id;
END;
CREATE TRIGGER synonym_came AFTER INSERT ON tag_synonym BEGIN
    INSERT OR IGNORE INTO words_due SELECT 'tag', id FROM tag WHERE name = new.tag;
END;
CREATE TRIGGER synonym_went AFTER DELETE ON tag_synonym BEGIN
    INSERT OR IGNORE INTO words_due SELECT 'tag', id FROM tag WHERE name = old.tag;
END;
CREATE TRIGGER folder_came AFTER INSERT ON folder BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('folder', new.id);
END;
CREATE TRIGGER folder_moved AFTER UPDATE OF path, root_id ON folder BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('folder', new.id);
END;
CREATE TRIGGER folder_went AFTER DELETE ON folder BEGIN
    DELETE FROM topic WHERE kind = 'folder' AND ref = old.id;
END;
CREATE TRIGGER root_renamed AFTER UPDATE OF name ON root BEGIN
    INSERT OR IGNORE INTO words_due SELECT 'folder', id FROM folder WHERE root_id = new.id;
END;
CREATE TRIGGER place_came AFTER INSERT ON place BEGIN
    INSERT OR IGNORE INTO words_due VALUES ('place', new.id);
END;
