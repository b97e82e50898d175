-- How good a photo is beyond its single metrics: the measured estimate, and what models of installed packs say (null until one does).

ALTER TABLE photo ADD COLUMN aesthetic        REAL;
ALTER TABLE photo ADD COLUMN aesthetic_iaa    REAL;
ALTER TABLE photo ADD COLUMN quality_score    REAL;
ALTER TABLE photo ADD COLUMN topiq_score      REAL;
ALTER TABLE photo ADD COLUMN liqe_score       REAL;
ALTER TABLE photo ADD COLUMN face_quality_iqa REAL;
CREATE INDEX photo_aesthetic        ON photo (aesthetic);
CREATE INDEX photo_aesthetic_iaa    ON photo (aesthetic_iaa);
CREATE INDEX photo_quality_score    ON photo (quality_score);
CREATE INDEX photo_topiq_score      ON photo (topiq_score);
CREATE INDEX photo_liqe_score       ON photo (liqe_score);
CREATE INDEX photo_face_quality_iqa ON photo (face_quality_iqa);

-- The order within a burst depends on the estimate too.
DROP TRIGGER look_changed;
CREATE TRIGGER look_changed AFTER UPDATE OF phash, content_hash, date_taken, camera_model, exposure_time, exposure_bias, aggregate, aesthetic,
    subject_sharpness, face_sharpness, eye_sharpness ON photo
WHEN (old.phash, old.content_hash, old.date_taken, old.camera_model, old.exposure_time, old.exposure_bias, old.aggregate, old.aesthetic,
      old.subject_sharpness, old.face_sharpness, old.eye_sharpness)
  IS NOT (new.phash, new.content_hash, new.date_taken, new.camera_model, new.exposure_time, new.exposure_bias, new.aggregate, new.aesthetic,
      new.subject_sharpness, new.face_sharpness, new.eye_sharpness) BEGIN
    DELETE FROM look WHERE photo_id = new.id;
    INSERT INTO look (photo_id) VALUES (new.id);
END;
