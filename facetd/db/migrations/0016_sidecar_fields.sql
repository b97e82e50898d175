-- Which of rating, label, keywords, caption were compared with what the files of a photo say: a field that is written from now on is new.
ALTER TABLE sidecar ADD COLUMN fields TEXT NOT NULL DEFAULT '';
UPDATE sidecar SET fields = COALESCE(
    (SELECT s.fields FROM gate g JOIN sidecar_root s ON s.root_id = g.root_id WHERE g.photo_id = sidecar.photo_id), ''
);
