-- What the models see: faces, people and objects.

ALTER TABLE photo ADD COLUMN face_count        INTEGER;
ALTER TABLE photo ADD COLUMN face_ratio        REAL;
ALTER TABLE photo ADD COLUMN face_confidence   REAL;
ALTER TABLE photo ADD COLUMN face_quality      REAL;
ALTER TABLE photo ADD COLUMN eye_sharpness     REAL;
ALTER TABLE photo ADD COLUMN face_sharpness    REAL;
ALTER TABLE photo ADD COLUMN is_group_portrait INTEGER;
CREATE INDEX photo_face_count      ON photo (face_count);
CREATE INDEX photo_face_ratio      ON photo (face_ratio);
CREATE INDEX photo_face_confidence ON photo (face_confidence);
CREATE INDEX photo_face_quality    ON photo (face_quality);
CREATE INDEX photo_eye_sharpness   ON photo (eye_sharpness);
CREATE INDEX photo_face_sharpness  ON photo (face_sharpness);

-- A person: a cluster of faces, or somebody the user named. `kept` is 1 as soon as a user decided anything about the person:
-- clustering may add faces to it, and never dissolves it or joins it to another one that is kept.
CREATE TABLE person (
    id             INTEGER PRIMARY KEY AUTOINCREMENT,
    name           TEXT COLLATE NOCASE,
    hidden         INTEGER NOT NULL DEFAULT 0,
    kept           INTEGER NOT NULL DEFAULT 0,
    avatar_face_id INTEGER REFERENCES face (id) ON DELETE SET NULL, -- chosen by the user
    changes        INTEGER NOT NULL DEFAULT 0, -- grows with every change of the faces or their embeddings
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);
CREATE INDEX person_name ON person (name) WHERE name IS NOT NULL;
CREATE INDEX person_avatar ON person (avatar_face_id) WHERE avatar_face_id IS NOT NULL;

-- Names in files that mean a person whom the user renamed or merged.
CREATE TABLE person_alias (
    name      TEXT PRIMARY KEY COLLATE NOCASE,
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE
) WITHOUT ROWID;
CREATE INDEX person_alias_person ON person_alias (person_id);

-- A face in a photo; the box in fractions of the upright picture. `source`: model, or region (another program's rectangle without a
-- face that the detector found). `assigned_by`: cluster, region or user; user with no person means that the user took the face out.
-- `grouped`: the face was compared with everybody; it is loose because nobody was near.
CREATE TABLE face (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    photo_id      INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    x             REAL NOT NULL,
    y             REAL NOT NULL,
    width         REAL NOT NULL,
    height        REAL NOT NULL,
    source        TEXT NOT NULL DEFAULT 'model',
    score         REAL,
    flag          REAL,
    width_px      REAL,
    roll_deg      REAL,
    yaw_deg       REAL,
    quality       REAL,
    eye_sharpness REAL,
    sharpness     REAL,
    eye_left      REAL,
    eye_right     REAL,
    eyes_closed   INTEGER NOT NULL DEFAULT 0,
    clusterable   INTEGER NOT NULL DEFAULT 0,
    person_id     INTEGER REFERENCES person (id) ON DELETE SET NULL,
    assigned_by   TEXT,
    grouped       INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX face_photo ON face (photo_id);
CREATE INDEX face_person ON face (person_id, photo_id);
CREATE INDEX face_loose ON face (id) WHERE person_id IS NULL AND clusterable = 1 AND assigned_by IS NULL;
CREATE INDEX face_region ON face (photo_id) WHERE source = 'region' OR assigned_by = 'region';
CREATE INDEX region_named ON region (photo_id) WHERE kind = 'Face' AND name IS NOT NULL;

CREATE TABLE face_embedding (
    face_id INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE,
    space   TEXT NOT NULL, -- model and precision; vectors of different spaces are never compared
    vector  BLOB NOT NULL  -- unit length, little-endian float32
);

CREATE INDEX face_embedding_space ON face_embedding (space);

-- The middle of a person's clusterable faces in one space: the mean of their vectors, little-endian float32, as of `changes`.
CREATE TABLE person_centre (
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    space     TEXT NOT NULL,
    changes   INTEGER NOT NULL,
    faces     INTEGER NOT NULL,
    mean      BLOB NOT NULL,
    PRIMARY KEY (person_id, space)
) WITHOUT ROWID;

-- Persons that may be the same one (first_id < second_id), by the mean distance of their faces.
CREATE TABLE person_likeness (
    first_id  INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    second_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    distance  REAL NOT NULL,
    PRIMARY KEY (first_id, second_id)
) WITHOUT ROWID;
CREATE INDEX person_likeness_second ON person_likeness (second_id);

CREATE TRIGGER face_joined AFTER INSERT ON face WHEN new.person_id IS NOT NULL BEGIN
    UPDATE person SET changes = changes + 1 WHERE id = new.person_id;
END;
CREATE TRIGGER face_went AFTER DELETE ON face WHEN old.person_id IS NOT NULL BEGIN
    UPDATE person SET changes = changes + 1 WHERE id = old.person_id;
END;
CREATE TRIGGER face_moved AFTER UPDATE OF person_id, clusterable ON face
WHEN old.person_id IS NOT new.person_id OR old.clusterable <> new.clusterable BEGIN
    UPDATE person SET changes = changes + 1 WHERE id = old.person_id OR id = new.person_id;
    UPDATE face SET grouped = 0 WHERE id = new.id AND grouped = 1;
END;
CREATE TRIGGER face_embedding_came AFTER INSERT ON face_embedding BEGIN
    UPDATE person SET changes = changes + 1 WHERE id = (SELECT person_id FROM face WHERE id = new.face_id);
    UPDATE face SET grouped = 0 WHERE id = new.face_id AND grouped = 1;
END;
CREATE TRIGGER face_embedding_went AFTER DELETE ON face_embedding BEGIN
    UPDATE person SET changes = changes + 1 WHERE id = (SELECT person_id FROM face WHERE id = old.face_id);
END;

-- The user said: this face is not that person.
CREATE TABLE face_refusal (
    face_id   INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (face_id, person_id)
) WITHOUT ROWID;
CREATE INDEX face_refusal_person ON face_refusal (person_id);

-- The user said: these two are different people (first_id < second_id).
CREATE TABLE person_distinction (
    first_id  INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    second_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (first_id, second_id)
) WITHOUT ROWID;
CREATE INDEX person_distinction_second ON person_distinction (second_id);

-- Things in a photo, most certain first; the box in fractions of the upright picture.
CREATE TABLE object (
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    label    TEXT NOT NULL,
    score    REAL NOT NULL,
    x        REAL NOT NULL,
    y        REAL NOT NULL,
    width    REAL NOT NULL,
    height   REAL NOT NULL,
    PRIMARY KEY (photo_id, position)
) WITHOUT ROWID;
CREATE INDEX object_label ON object (label, score);

-- Other words for a tag, from the vocabulary in force.
CREATE TABLE tag_synonym (
    word TEXT PRIMARY KEY COLLATE NOCASE,
    tag  TEXT NOT NULL
) WITHOUT ROWID;
