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
    created_at     TEXT NOT NULL,
    updated_at     TEXT NOT NULL
);
CREATE INDEX person_name ON person (name) WHERE name IS NOT NULL;

-- A face in a photo; the box in fractions of the upright picture. `source`: model, or region (another program's rectangle without a
-- face that the detector found). `assigned_by`: cluster, region or user; user with no person means that the user took the face out.
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
    assigned_by   TEXT
);
CREATE INDEX face_photo ON face (photo_id);
CREATE INDEX face_person ON face (person_id, photo_id);
CREATE INDEX face_loose ON face (id) WHERE person_id IS NULL AND clusterable = 1 AND assigned_by IS NULL;

CREATE TABLE face_embedding (
    face_id INTEGER PRIMARY KEY REFERENCES face (id) ON DELETE CASCADE,
    space   TEXT NOT NULL, -- model and precision; vectors of different spaces are never compared
    vector  BLOB NOT NULL  -- unit length, little-endian float32
);

-- The user said: this face is not that person.
CREATE TABLE face_refusal (
    face_id   INTEGER NOT NULL REFERENCES face (id) ON DELETE CASCADE,
    person_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (face_id, person_id)
) WITHOUT ROWID;

-- The user said: these two are different people (first_id < second_id).
CREATE TABLE person_distinction (
    first_id  INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    second_id INTEGER NOT NULL REFERENCES person (id) ON DELETE CASCADE,
    PRIMARY KEY (first_id, second_id)
) WITHOUT ROWID;

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
