-- Names of files and folders are TEXT, or BLOB where they are not UTF-8.

CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value
) WITHOUT ROWID;
INSERT INTO meta (key, value) VALUES ('revision', 0);

-- A photo share. `samples` is a JSON list of relative paths that prove, after the file system's id changed, that it is still the same share.
CREATE TABLE root (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    name       TEXT NOT NULL COLLATE NOCASE UNIQUE,
    path       NOT NULL UNIQUE,
    online     INTEGER NOT NULL DEFAULT 1,
    fs_id      TEXT,
    samples    TEXT NOT NULL DEFAULT '[]',
    added_at   TEXT NOT NULL,
    scanned_at TEXT
);

-- `path` is relative to the root, without slashes at its ends; '' is the root's own folder.
CREATE TABLE folder (
    id        INTEGER PRIMARY KEY AUTOINCREMENT,
    root_id   INTEGER NOT NULL REFERENCES root (id) ON DELETE CASCADE,
    parent_id INTEGER REFERENCES folder (id) ON DELETE CASCADE,
    path      NOT NULL,
    UNIQUE (root_id, path)
);
CREATE INDEX folder_parent ON folder (parent_id);

CREATE TABLE photo (
    id                    INTEGER PRIMARY KEY AUTOINCREMENT,
    folder_id             INTEGER NOT NULL REFERENCES folder (id) ON DELETE CASCADE,
    filename              NOT NULL,
    size                  INTEGER NOT NULL,
    mtime_ns              INTEGER NOT NULL,
    content_hash          TEXT NOT NULL,
    -- what the sidecars beside the file were when they were read ('' without any)
    sidecar_stamp         TEXT NOT NULL DEFAULT '',
    format                TEXT,
    image_width           INTEGER,
    image_height          INTEGER,
    orientation           INTEGER NOT NULL DEFAULT 1,
    jpeg_quality          INTEGER,
    megapixels            REAL,
    phash                 TEXT,
    date_taken            TEXT,
    date_offset           TEXT,
    camera_make           TEXT,
    camera_model          TEXT,
    lens_model            TEXT,
    iso                   INTEGER,
    f_stop                REAL,
    exposure_time         REAL,
    focal_length          REAL,
    focal_length_35mm     REAL,
    exposure_bias         REAL,
    flash_fired           INTEGER,
    gps_latitude          REAL,
    gps_longitude         REAL,
    gps_altitude          REAL,
    title                 TEXT,
    sharpness_laplacian   REAL,
    sharpness_multiscale  REAL,
    tech_sharpness        REAL,
    noise_sigma           REAL,
    rms_contrast          REAL,
    contrast_score        REAL,
    dynamic_range_stops   REAL,
    histogram_spread      REAL,
    shadow_clipping       REAL,
    highlight_clipping    REAL,
    shadow_clipped        INTEGER,
    highlight_clipped     INTEGER,
    mean_luminance        REAL,
    exposure_score        REAL,
    color_score           REAL,
    color_harmony         REAL,
    color_entropy         REAL,
    mean_saturation       REAL,
    is_monochrome         INTEGER,
    is_silhouette         INTEGER,
    subject_sharpness     REAL,
    subject_prominence    REAL,
    subject_placement     REAL,
    bg_separation         REAL,
    comp_score            REAL,
    power_point_score     REAL,
    leading_lines_score   REAL,
    isolation_bonus       REAL,
    composition_pattern   TEXT,
    category              TEXT,
    aggregate             REAL,
    top_picks_score       REAL,
    missing_since         TEXT,
    added_at              TEXT NOT NULL,
    updated_at            TEXT NOT NULL
);
CREATE UNIQUE INDEX photo_place ON photo (folder_id, filename);
CREATE INDEX photo_content ON photo (content_hash);
CREATE INDEX photo_size ON photo (size, mtime_ns);
CREATE INDEX photo_missing ON photo (missing_since) WHERE missing_since IS NOT NULL;

-- One index for each column a list can be sorted by (fields.py); the id follows by itself.
CREATE INDEX photo_aggregate            ON photo (aggregate);
CREATE INDEX photo_top_picks_score      ON photo (top_picks_score);
CREATE INDEX photo_date_taken           ON photo (date_taken);
CREATE INDEX photo_filename             ON photo (filename);
CREATE INDEX photo_tech_sharpness       ON photo (tech_sharpness);
CREATE INDEX photo_sharpness_laplacian  ON photo (sharpness_laplacian);
CREATE INDEX photo_sharpness_multiscale ON photo (sharpness_multiscale);
CREATE INDEX photo_noise_sigma          ON photo (noise_sigma);
CREATE INDEX photo_jpeg_quality         ON photo (jpeg_quality);
CREATE INDEX photo_megapixels           ON photo (megapixels);
CREATE INDEX photo_contrast_score       ON photo (contrast_score);
CREATE INDEX photo_rms_contrast         ON photo (rms_contrast);
CREATE INDEX photo_dynamic_range_stops  ON photo (dynamic_range_stops);
CREATE INDEX photo_histogram_spread     ON photo (histogram_spread);
CREATE INDEX photo_shadow_clipping      ON photo (shadow_clipping);
CREATE INDEX photo_highlight_clipping   ON photo (highlight_clipping);
CREATE INDEX photo_mean_luminance       ON photo (mean_luminance);
CREATE INDEX photo_exposure_score       ON photo (exposure_score);
CREATE INDEX photo_color_score          ON photo (color_score);
CREATE INDEX photo_color_harmony        ON photo (color_harmony);
CREATE INDEX photo_color_entropy        ON photo (color_entropy);
CREATE INDEX photo_mean_saturation      ON photo (mean_saturation);
CREATE INDEX photo_subject_sharpness    ON photo (subject_sharpness);
CREATE INDEX photo_subject_prominence   ON photo (subject_prominence);
CREATE INDEX photo_subject_placement    ON photo (subject_placement);
CREATE INDEX photo_bg_separation        ON photo (bg_separation);
CREATE INDEX photo_comp_score           ON photo (comp_score);
CREATE INDEX photo_power_point_score    ON photo (power_point_score);
CREATE INDEX photo_leading_lines_score  ON photo (leading_lines_score);
CREATE INDEX photo_isolation_bonus      ON photo (isolation_bonus);
CREATE INDEX photo_composition_pattern  ON photo (composition_pattern);
CREATE INDEX photo_iso                  ON photo (iso);
CREATE INDEX photo_f_stop               ON photo (f_stop);
CREATE INDEX photo_exposure_time        ON photo (exposure_time);
CREATE INDEX photo_focal_length         ON photo (focal_length);
-- Filters that pick few photos.
CREATE INDEX photo_camera_model         ON photo (camera_model, aggregate);
CREATE INDEX photo_camera_date          ON photo (camera_model, date_taken, aggregate);
CREATE INDEX photo_lens_model           ON photo (lens_model, aggregate);
CREATE INDEX photo_category             ON photo (category, aggregate);
CREATE INDEX photo_place_on_earth       ON photo (gps_latitude) WHERE gps_latitude IS NOT NULL;

-- What is read for one photo or one page only. `histogram` and `details` are described with records.PixelMetrics.
CREATE TABLE photo_blob (
    photo_id    INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    placeholder BLOB,
    colors      TEXT NOT NULL DEFAULT '',
    histogram   BLOB,
    details     TEXT NOT NULL DEFAULT '{}',
    description TEXT,
    warnings    TEXT NOT NULL DEFAULT '[]'
);

CREATE INDEX photo_blob_described ON photo_blob (photo_id) WHERE description IS NOT NULL;

-- The only table that visibility and hiding touch. `hide` is a set of bits, see db/visibility.py.
CREATE TABLE gate (
    photo_id INTEGER PRIMARY KEY REFERENCES photo (id) ON DELETE CASCADE,
    root_id  INTEGER NOT NULL REFERENCES root (id) ON DELETE CASCADE,
    hide     INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX gate_root ON gate (root_id, hide);

-- How many photos each (root, hide) has, so that a total needs no count.
CREATE TABLE gate_count (
    root_id INTEGER NOT NULL,
    hide    INTEGER NOT NULL,
    photos  INTEGER NOT NULL,
    PRIMARY KEY (root_id, hide)
) WITHOUT ROWID;
CREATE TRIGGER gate_inserted AFTER INSERT ON gate BEGIN
    INSERT INTO gate_count VALUES (new.root_id, new.hide, 1) ON CONFLICT DO UPDATE SET photos = photos + 1;
END;
CREATE TRIGGER gate_deleted AFTER DELETE ON gate BEGIN
    UPDATE gate_count SET photos = photos - 1 WHERE root_id = old.root_id AND hide = old.hide;
END;
CREATE TRIGGER gate_updated AFTER UPDATE OF root_id, hide ON gate WHEN new.root_id <> old.root_id OR new.hide <> old.hide BEGIN
    UPDATE gate_count SET photos = photos - 1 WHERE root_id = old.root_id AND hide = old.hide;
    INSERT INTO gate_count VALUES (new.root_id, new.hide, 1) ON CONFLICT DO UPDATE SET photos = photos + 1;
END;

-- What each viewer thinks; user 0 is the one of single-user mode.
CREATE TABLE rating (
    user_id     INTEGER NOT NULL,
    photo_id    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    stars       INTEGER NOT NULL DEFAULT 0,
    is_favorite INTEGER NOT NULL DEFAULT 0,
    is_rejected INTEGER NOT NULL DEFAULT 0,
    updated_at  TEXT NOT NULL,
    PRIMARY KEY (user_id, photo_id)
) WITHOUT ROWID;
CREATE INDEX rating_photo ON rating (photo_id);
CREATE INDEX rating_stars ON rating (user_id, stars, photo_id);

CREATE TABLE tag (
    id   INTEGER PRIMARY KEY,
    name TEXT NOT NULL COLLATE NOCASE UNIQUE
);
CREATE TABLE photo_tag (
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    tag_id   INTEGER NOT NULL REFERENCES tag (id),
    source   TEXT NOT NULL, -- 'keyword': from the file or its sidecar
    PRIMARY KEY (photo_id, tag_id, source)
) WITHOUT ROWID;
CREATE INDEX photo_tag_tag ON photo_tag (tag_id, photo_id);

-- Areas that other programs named (MWG regions, Picasa); fractions of the upright picture.
CREATE TABLE region (
    photo_id INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    name     TEXT,
    kind     TEXT NOT NULL,
    x        REAL NOT NULL,
    y        REAL NOT NULL,
    width    REAL NOT NULL,
    height   REAL NOT NULL,
    PRIMARY KEY (photo_id, position)
) WITHOUT ROWID;

-- The ledger: what has been done for each photo, see ingest/ledger.py.
CREATE TABLE analysis (
    photo_id    INTEGER NOT NULL REFERENCES photo (id) ON DELETE CASCADE,
    kind        TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    model       TEXT NOT NULL DEFAULT '',
    state       TEXT NOT NULL, -- done, failed
    reason      TEXT,
    error       TEXT,
    attempts    INTEGER NOT NULL DEFAULT 1,
    updated_at  TEXT NOT NULL,
    PRIMARY KEY (photo_id, kind)
) WITHOUT ROWID;
CREATE INDEX analysis_kind ON analysis (kind, fingerprint);
CREATE INDEX analysis_failed ON analysis (photo_id) WHERE state = 'failed';

-- Percentiles of the library that scores are set in relation to; the newest one counts.
CREATE TABLE snapshot (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    made_at TEXT NOT NULL,
    photos  INTEGER NOT NULL,
    data    TEXT NOT NULL
);
