-- How often something changed that few changes concern: what depends on nothing else is kept for longer than one revision of the library.
CREATE TABLE change_count (
    part    TEXT PRIMARY KEY,
    changes INTEGER NOT NULL
) WITHOUT ROWID;
INSERT INTO change_count VALUES ('gates', 0), ('rejections', 0), ('people', 0), ('series', 0), ('scores', 0);

-- gates: who may see a photo that is known, and what hides it. A new photo is no such change.
CREATE TRIGGER change_gated AFTER UPDATE OF root_id, hide ON gate WHEN new.root_id <> old.root_id OR new.hide <> old.hide BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'gates';
END;
CREATE TRIGGER change_ungated AFTER DELETE ON gate BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'gates';
END;

-- rejections: what somebody does not want to be shown.
CREATE TRIGGER change_rejected AFTER INSERT ON rating WHEN new.is_rejected BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'rejections';
END;
CREATE TRIGGER change_rejection AFTER UPDATE OF is_rejected ON rating WHEN new.is_rejected <> old.is_rejected BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'rejections';
END;
CREATE TRIGGER change_unrejected AFTER DELETE ON rating WHEN old.is_rejected BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'rejections';
END;

-- people: who is known, and whose a face is. A face that is nobody's yet is no such change.
CREATE TRIGGER change_person_came AFTER INSERT ON person BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;
CREATE TRIGGER change_person AFTER UPDATE OF name, hidden, avatar_face_id ON person BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;
CREATE TRIGGER change_person_went AFTER DELETE ON person BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;
CREATE TRIGGER change_face_came AFTER INSERT ON face WHEN new.person_id IS NOT NULL BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;
CREATE TRIGGER change_face AFTER UPDATE OF photo_id, person_id, quality ON face
WHEN COALESCE(new.person_id, old.person_id) IS NOT NULL
  AND (new.photo_id, new.person_id, new.quality) IS NOT (old.photo_id, old.person_id, old.quality) BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;
CREATE TRIGGER change_face_went AFTER DELETE ON face WHEN old.person_id IS NOT NULL BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'people';
END;

-- series: which photos are a series, the same picture, or alike.
CREATE TRIGGER change_burst_came AFTER INSERT ON burst BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_burst_changed AFTER UPDATE ON burst BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_burst_went AFTER DELETE ON burst BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_burst_photo_came AFTER INSERT ON burst_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_burst_photo_changed AFTER UPDATE ON burst_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_burst_photo_went AFTER DELETE ON burst_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_duplicate_photo_came AFTER INSERT ON duplicate_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_duplicate_photo_changed AFTER UPDATE ON duplicate_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_duplicate_photo_went AFTER DELETE ON duplicate_photo BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_alike_came AFTER INSERT ON alike BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_alike_changed AFTER UPDATE ON alike BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;
CREATE TRIGGER change_alike_went AFTER DELETE ON alike BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'series';
END;

-- scores: how good a known photo is.
CREATE TRIGGER change_score AFTER UPDATE OF aggregate ON photo WHEN new.aggregate IS NOT old.aggregate BEGIN
    UPDATE change_count SET changes = changes + 1 WHERE part = 'scores';
END;
