-- How many photos have each value of what filters offer, so that no list of choices is counted when it is asked for.

-- What one photo counts for: the camera, the tags, everybody in it (`photos` 1; for a face, how many they are). `top_picks` are tenths.
-- The + keeps a camera called 300 a text: a column of a view is of one kind otherwise.
CREATE VIEW photo_facet (photo_id, facet, value, photos) AS
    SELECT id, 'camera', +camera_model, 1 FROM photo WHERE camera_model <> ''
    UNION ALL SELECT id, 'lens', +lens_model, 1 FROM photo WHERE lens_model <> ''
    UNION ALL SELECT id, 'pattern', +composition_pattern, 1 FROM photo WHERE composition_pattern <> ''
    UNION ALL SELECT id, 'category', +category, 1 FROM photo WHERE category <> ''
    UNION ALL SELECT id, 'aperture', round(f_stop, 1), 1 FROM photo WHERE f_stop IS NOT NULL
    UNION ALL SELECT id, 'focal_length', +CAST(round(focal_length) AS INTEGER), 1 FROM photo WHERE focal_length IS NOT NULL
    UNION ALL SELECT id, 'top_picks', +CAST(top_picks_score * 10 AS INTEGER), 1 FROM photo WHERE top_picks_score IS NOT NULL
    UNION ALL SELECT photo_id, 'tag', +tag_id, 1 FROM photo_tag WHERE source NOT IN ('object_hint', 'scene_hint') GROUP BY photo_id, tag_id
    UNION ALL SELECT photo_id, 'person', +person_id, 1 FROM face WHERE person_id IS NOT NULL GROUP BY photo_id, person_id
    UNION ALL SELECT photo_id, 'face', +person_id, COUNT(*) FROM face WHERE person_id IS NOT NULL GROUP BY photo_id, person_id;

-- For each (root, hide), as in gate_count.
CREATE TABLE facet_count (
    facet   TEXT NOT NULL,
    root_id INTEGER NOT NULL,
    hide    INTEGER NOT NULL,
    value   NOT NULL,
    photos  INTEGER NOT NULL,
    PRIMARY KEY (facet, root_id, hide, value)
) WITHOUT ROWID;
INSERT INTO facet_count
SELECT f.facet, g.root_id, g.hide, f.value, SUM(f.photos) FROM photo_facet f JOIN gate g ON g.photo_id = f.photo_id GROUP BY 1, 2, 3, 4;

-- While a photo is deleted, what belongs to it goes in an order that nobody promises: it leaves the counters before, as a whole.
CREATE TRIGGER facets_came AFTER INSERT ON gate BEGIN
    INSERT INTO facet_count SELECT facet, new.root_id, new.hide, value, photos FROM photo_facet WHERE photo_id = new.photo_id
    ON CONFLICT DO UPDATE SET photos = photos + excluded.photos;
END;
CREATE TRIGGER facets_gated AFTER UPDATE OF root_id, hide ON gate WHEN new.root_id <> old.root_id OR new.hide <> old.hide BEGIN
    INSERT INTO facet_count SELECT facet, old.root_id, old.hide, value, -photos FROM photo_facet WHERE photo_id = new.photo_id
    ON CONFLICT DO UPDATE SET photos = photos + excluded.photos;
    INSERT INTO facet_count SELECT facet, new.root_id, new.hide, value, photos FROM photo_facet WHERE photo_id = new.photo_id
    ON CONFLICT DO UPDATE SET photos = photos + excluded.photos;
END;
CREATE TRIGGER facets_ungated AFTER DELETE ON gate WHEN EXISTS (SELECT 1 FROM photo WHERE id = old.photo_id) BEGIN
    INSERT INTO facet_count SELECT facet, old.root_id, old.hide, value, -photos FROM photo_facet WHERE photo_id = old.photo_id
    ON CONFLICT DO UPDATE SET photos = photos + excluded.photos;
END;
CREATE TRIGGER facets_went BEFORE DELETE ON photo BEGIN
    INSERT INTO facet_count SELECT f.facet, g.root_id, g.hide, f.value, -f.photos FROM gate g CROSS JOIN photo_facet f ON f.photo_id = g.photo_id
    WHERE g.photo_id = old.id
    ON CONFLICT DO UPDATE SET photos = photos + excluded.photos;
END;

-- A row put into this one is a value of a photo that became another one.
CREATE VIEW facet_change (photo_id, facet, was, value) AS SELECT NULL, NULL, NULL, NULL;
CREATE TRIGGER facet_changed INSTEAD OF INSERT ON facet_change WHEN new.was IS NOT new.value BEGIN
    INSERT INTO facet_count SELECT new.facet, root_id, hide, new.was, -1 FROM gate WHERE photo_id = new.photo_id AND new.was <> ''
    ON CONFLICT DO UPDATE SET photos = photos - 1;
    INSERT INTO facet_count SELECT new.facet, root_id, hide, new.value, 1 FROM gate WHERE photo_id = new.photo_id AND new.value <> ''
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER facets_changed AFTER UPDATE OF camera_model, lens_model, composition_pattern, category, f_stop, focal_length, top_picks_score ON photo
WHEN (old.camera_model, old.lens_model, old.composition_pattern, old.category, old.f_stop, old.focal_length, old.top_picks_score)
  IS NOT (new.camera_model, new.lens_model, new.composition_pattern, new.category, new.f_stop, new.focal_length, new.top_picks_score) BEGIN
    INSERT INTO facet_change VALUES
        (new.id, 'camera', old.camera_model, new.camera_model),
        (new.id, 'lens', old.lens_model, new.lens_model),
        (new.id, 'pattern', old.composition_pattern, new.composition_pattern),
        (new.id, 'category', old.category, new.category),
        (new.id, 'aperture', round(old.f_stop, 1), round(new.f_stop, 1)),
        (new.id, 'focal_length', CAST(round(old.focal_length) AS INTEGER), CAST(round(new.focal_length) AS INTEGER)),
        (new.id, 'top_picks', CAST(old.top_picks_score * 10 AS INTEGER), CAST(new.top_picks_score * 10 AS INTEGER));
END;

-- A tag may come from several sources, and a person may have several faces in a photo: the first one counts, and the last one.
CREATE TRIGGER facet_tagged AFTER INSERT ON photo_tag WHEN new.source NOT IN ('object_hint', 'scene_hint') BEGIN
    INSERT INTO facet_count SELECT 'tag', root_id, hide, new.tag_id, 1 FROM gate WHERE photo_id = new.photo_id AND NOT EXISTS (
        SELECT 1 FROM photo_tag o WHERE o.photo_id = new.photo_id AND o.tag_id = new.tag_id AND o.source <> new.source
        AND o.source NOT IN ('object_hint', 'scene_hint'))
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER facet_untagged AFTER DELETE ON photo_tag
WHEN old.source NOT IN ('object_hint', 'scene_hint') AND EXISTS (SELECT 1 FROM photo WHERE id = old.photo_id) BEGIN
    INSERT INTO facet_count SELECT 'tag', root_id, hide, old.tag_id, -1 FROM gate WHERE photo_id = old.photo_id AND NOT EXISTS (
        SELECT 1 FROM photo_tag o WHERE o.photo_id = old.photo_id AND o.tag_id = old.tag_id AND o.source NOT IN ('object_hint', 'scene_hint'))
    ON CONFLICT DO UPDATE SET photos = photos - 1;
END;
CREATE TRIGGER facet_face_came AFTER INSERT ON face WHEN new.person_id IS NOT NULL BEGIN
    INSERT INTO facet_count SELECT 'face', root_id, hide, new.person_id, 1 FROM gate WHERE photo_id = new.photo_id
    ON CONFLICT DO UPDATE SET photos = photos + 1;
    INSERT INTO facet_count SELECT 'person', root_id, hide, new.person_id, 1 FROM gate WHERE photo_id = new.photo_id AND NOT EXISTS (
        SELECT 1 FROM face o WHERE o.photo_id = new.photo_id AND o.person_id = new.person_id AND o.id <> new.id)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER facet_face_went AFTER DELETE ON face
WHEN old.person_id IS NOT NULL AND EXISTS (SELECT 1 FROM photo WHERE id = old.photo_id) BEGIN
    INSERT INTO facet_count SELECT 'face', root_id, hide, old.person_id, -1 FROM gate WHERE photo_id = old.photo_id
    ON CONFLICT DO UPDATE SET photos = photos - 1;
    INSERT INTO facet_count SELECT 'person', root_id, hide, old.person_id, -1 FROM gate WHERE photo_id = old.photo_id AND NOT EXISTS (
        SELECT 1 FROM face o WHERE o.photo_id = old.photo_id AND o.person_id = old.person_id)
    ON CONFLICT DO UPDATE SET photos = photos - 1;
END;
CREATE TRIGGER facet_face_changed AFTER UPDATE OF person_id ON face WHEN new.person_id IS NOT old.person_id BEGIN
    INSERT INTO facet_count SELECT 'face', root_id, hide, old.person_id, -1 FROM gate WHERE photo_id = old.photo_id AND old.person_id IS NOT NULL
    ON CONFLICT DO UPDATE SET photos = photos - 1;
    INSERT INTO facet_count SELECT 'person', root_id, hide, old.person_id, -1 FROM gate
    WHERE photo_id = old.photo_id AND old.person_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM face o WHERE o.photo_id = old.photo_id AND o.person_id = old.person_id)
    ON CONFLICT DO UPDATE SET photos = photos - 1;
    INSERT INTO facet_count SELECT 'face', root_id, hide, new.person_id, 1 FROM gate WHERE photo_id = new.photo_id AND new.person_id IS NOT NULL
    ON CONFLICT DO UPDATE SET photos = photos + 1;
    INSERT INTO facet_count SELECT 'person', root_id, hide, new.person_id, 1 FROM gate
    WHERE photo_id = new.photo_id AND new.person_id IS NOT NULL AND NOT EXISTS (
        SELECT 1 FROM face o WHERE o.photo_id = new.photo_id AND o.person_id = new.person_id AND o.id <> new.id)
    ON CONFLICT DO UPDATE SET photos = photos + 1;
END;

-- The best face of a person comes first.
CREATE INDEX face_best ON face (person_id, quality DESC, photo_id);
