-- Which photos look alike, and which words find them.

-- Vectors: what a photo looks like to a model.
CREATE TABLE photo_embedding (
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    space    TEXT NOT NULL, -- model and precision; vectors of different spaces are never compared
    vector   BLOB NOT NULL, -- unit length, little-endian float32
    PRIMARY KEY (photo_id, space)
) WITHOUT ROWID;

-- Likeness: bursts and duplicates.

-- Words: full text search and places.
