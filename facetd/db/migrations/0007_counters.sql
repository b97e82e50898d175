-- How many photos each day and each folder has, and which one is the best, so that neither the timeline nor the folder tree counts.

-- The local day, '' where it is unknown.
ALTER TABLE photo ADD COLUMN day TEXT GENERATED ALWAYS AS (COALESCE(substr(date_taken, 1, 10), '')) VIRTUAL;
CREATE INDEX photo_day ON photo (day, aggregate);
CREATE INDEX photo_folder ON photo (folder_id, aggregate);

-- For each (root, hide), as in gate_count. `hero_id` is the photo with the highest aggregate, `hero_score` (-1 for none); of several the one with
-- the highest id. `folder_count` counts what lies in the folder itself. Nothing is kept of what has no photos.
CREATE TABLE day_count (
    day        TEXT NOT NULL,
    root_id    INTEGER NOT NULL,
    hide       INTEGER NOT NULL,
    photos     INTEGER NOT NULL,
    hero_id    INTEGER NOT NULL,
    hero_score REAL NOT NULL,
    PRIMARY KEY (day, root_id, hide)
) WITHOUT ROWID;
CREATE TABLE folder_count (
    folder_id  INTEGER NOT NULL,
    root_id    INTEGER NOT NULL,
    hide       INTEGER NOT NULL,
    photos     INTEGER NOT NULL,
    hero_id    INTEGER NOT NULL,
    hero_score REAL NOT NULL,
    PRIMARY KEY (folder_id, root_id, hide)
) WITHOUT ROWID;

INSERT INTO day_count
SELECT day, root_id, hide, photos, id, COALESCE(aggregate, -1) FROM (
    SELECT p.day, g.root_id, g.hide, p.id, p.aggregate, COUNT(*) OVER (PARTITION BY p.day, g.root_id, g.hide) AS photos,
        row_number() OVER (PARTITION BY p.day, g.root_id, g.hide ORDER BY p.aggregate DESC, p.id DESC) AS place
    FROM gate g JOIN photo p ON p.id = g.photo_id
) WHERE place = 1;
INSERT INTO folder_count
SELECT folder_id, root_id, hide, photos, id, COALESCE(aggregate, -1) FROM (
    SELECT p.folder_id, g.root_id, g.hide, p.id, p.aggregate, COUNT(*) OVER (PARTITION BY p.folder_id, g.root_id, g.hide) AS photos,
        row_number() OVER (PARTITION BY p.folder_id, g.root_id, g.hide ORDER BY p.aggregate DESC, p.id DESC) AS place
    FROM gate g JOIN photo p ON p.id = g.photo_id
) WHERE place = 1;

-- What the triggers below have in common: a row put into one of these two is a photo that comes to its day and folder, or leaves them.
CREATE VIEW counted_in (photo_id, score, day, folder_id, root_id, hide) AS SELECT NULL, NULL, NULL, NULL, NULL, NULL;
CREATE VIEW counted_out (photo_id, day, folder_id, root_id, hide) AS SELECT NULL, NULL, NULL, NULL, NULL;
CREATE TRIGGER counted_in_came INSTEAD OF INSERT ON counted_in BEGIN
    INSERT INTO day_count VALUES (new.day, new.root_id, new.hide, 1, new.photo_id, new.score) ON CONFLICT DO UPDATE SET
        photos = photos + 1, hero_score = max(hero_score, excluded.hero_score),
        hero_id = iif((hero_score, hero_id) < (excluded.hero_score, excluded.hero_id), excluded.hero_id, hero_id);
    INSERT INTO folder_count VALUES (new.folder_id, new.root_id, new.hide, 1, new.photo_id, new.score) ON CONFLICT DO UPDATE SET
        photos = photos + 1, hero_score = max(hero_score, excluded.hero_score),
        hero_id = iif((hero_score, hero_id) < (excluded.hero_score, excluded.hero_id), excluded.hero_id, hero_id);
END;
CREATE TRIGGER counted_out_went INSTEAD OF INSERT ON counted_out BEGIN
    UPDATE day_count SET photos = photos - 1 WHERE day = new.day AND root_id = new.root_id AND hide = new.hide;
    DELETE FROM day_count WHERE day = new.day AND root_id = new.root_id AND hide = new.hide AND photos = 0;
    UPDATE day_count SET (hero_id, hero_score) = (
        SELECT p.id, COALESCE(p.aggregate, -1) FROM photo p CROSS JOIN gate g ON g.photo_id = p.id
        WHERE p.day = new.day AND g.root_id = new.root_id AND g.hide = new.hide AND p.id <> new.photo_id
        ORDER BY p.aggregate DESC, p.id DESC LIMIT 1
    ) WHERE day = new.day AND root_id = new.root_id AND hide = new.hide AND hero_id = new.photo_id;
    UPDATE folder_count SET photos = photos - 1 WHERE folder_id = new.folder_id AND root_id = new.root_id AND hide = new.hide;
    DELETE FROM folder_count WHERE folder_id = new.folder_id AND root_id = new.root_id AND hide = new.hide AND photos = 0;
    UPDATE folder_count SET (hero_id, hero_score) = (
        SELECT p.id, COALESCE(p.aggregate, -1) FROM photo p CROSS JOIN gate g ON g.photo_id = p.id
        WHERE p.folder_id = new.folder_id AND g.root_id = new.root_id AND g.hide = new.hide AND p.id <> new.photo_id
        ORDER BY p.aggregate DESC, p.id DESC LIMIT 1
    ) WHERE folder_id = new.folder_id AND root_id = new.root_id AND hide = new.hide AND hero_id = new.photo_id;
END;

CREATE TRIGGER gate_came AFTER INSERT ON gate BEGIN
    INSERT INTO counted_in SELECT p.id, COALESCE(p.aggregate, -1), p.day, p.folder_id, new.root_id, new.hide
    FROM photo p WHERE p.id = new.photo_id;
END;
CREATE TRIGGER gate_changed AFTER UPDATE OF root_id, hide ON gate WHEN new.root_id <> old.root_id OR new.hide <> old.hide BEGIN
    INSERT INTO counted_out SELECT p.id, p.day, p.folder_id, old.root_id, old.hide FROM photo p WHERE p.id = new.photo_id;
    INSERT INTO counted_in SELECT p.id, COALESCE(p.aggregate, -1), p.day, p.folder_id, new.root_id, new.hide
    FROM photo p WHERE p.id = new.photo_id;
END;
CREATE TRIGGER gate_went AFTER DELETE ON gate BEGIN
    INSERT INTO counted_out SELECT p.id, p.day, p.folder_id, old.root_id, old.hide FROM photo p WHERE p.id = old.photo_id;
END;
CREATE TRIGGER photo_changed AFTER UPDATE OF folder_id, date_taken, aggregate ON photo
WHEN new.folder_id <> old.folder_id OR new.day <> old.day OR new.aggregate IS NOT old.aggregate BEGIN
    INSERT INTO counted_out SELECT old.id, old.day, old.folder_id, g.root_id, g.hide FROM gate g WHERE g.photo_id = old.id;
    INSERT INTO counted_in SELECT new.id, COALESCE(new.aggregate, -1), new.day, new.folder_id, g.root_id, g.hide
    FROM gate g WHERE g.photo_id = new.id;
END;
CREATE TRIGGER photo_leaves BEFORE DELETE ON photo BEGIN
    INSERT INTO counted_out SELECT old.id, old.day, old.folder_id, g.root_id, g.hide FROM gate g WHERE g.photo_id = old.id;
END;
