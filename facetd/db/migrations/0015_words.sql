-- A caption that comes is due at once: `ref` has no type, so that comparing it with a column of numbers would look at every row. `+` makes
-- a plain value of the column, which is looked up.

DROP TRIGGER caption_came;
DROP TRIGGER caption_changed;
DROP TRIGGER caption_went;
DROP TRIGGER translation_came;
DROP TRIGGER translation_changed;
DROP TRIGGER translation_went;
CREATE TRIGGER caption_came AFTER INSERT ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +new.photo_id);
END;
CREATE TRIGGER caption_changed AFTER UPDATE ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +new.photo_id);
END;
CREATE TRIGGER caption_went AFTER DELETE ON caption BEGIN
    INSERT INTO words_due SELECT 'photo', old.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +old.photo_id);
END;
CREATE TRIGGER translation_came AFTER INSERT ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +new.photo_id);
END;
CREATE TRIGGER translation_changed AFTER UPDATE ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', new.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +new.photo_id);
END;
CREATE TRIGGER translation_went AFTER DELETE ON caption_translation BEGIN
    INSERT INTO words_due SELECT 'photo', old.photo_id WHERE NOT EXISTS (SELECT 1 FROM words_due WHERE kind = 'photo' AND ref = +old.photo_id);
END;
