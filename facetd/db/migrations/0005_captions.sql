-- Captions that models write, and captions in another language.

-- The content that a model described; null for what a hand wrote. A photo whose content changed is described again.
ALTER TABLE caption ADD COLUMN content_hash TEXT;

-- A stored caption in another language, by a model. It goes when the caption goes or says something else.
CREATE TABLE caption_translation (
    photo_id   INTEGER PRIMARY KEY REFERENCES caption (photo_id) ON DELETE CASCADE,
    language   TEXT NOT NULL, -- fr, de, es, it
    text       TEXT NOT NULL,
    model      TEXT NOT NULL,
    updated_at TEXT NOT NULL
);
CREATE TRIGGER caption_reworded AFTER UPDATE OF text ON caption WHEN old.text <> new.text BEGIN
    DELETE FROM caption_translation WHERE photo_id = new.photo_id;
END;
-- In a statement with ON CONFLICT, SQLite takes that for its triggers' statements too: an OR IGNORE there would not count.
DROP TRIGGER caption_came;
DROP TRIGGER caption_changed;
DROP TRIGGER caption_went;
CREATE TRIGGER caption_came AFTER INSERT ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = new.photo_id);
END;
CREATE TRIGGER caption_changed AFTER UPDATE ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = new.photo_id);
END;
CREATE TRIGGER caption_went AFTER DELETE ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', old.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = old.photo_id);
END;
CREATE TRIGGER translation_came AFTER INSERT ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = new.photo_id);
END;
CREATE TRIGGER translation_changed AFTER UPDATE ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = new.photo_id);
END;
CREATE TRIGGER translation_went AFTER DELETE ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', old.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = old.photo_id);
END;
