/** What the API sends. Fields beyond these are metrics by their registry key. */
export interface Photo {
  id: number;
  path: string;
  filename: string;
  date_taken: string | null;
  image_width: number | null;
  image_height: number | null;
  camera_model: string | null;
  lens_model: string | null;
  iso: number | null;
  f_stop: number | null;
  shutter_speed: string | number | null;
  focal_length: number | null;
  aggregate: number | null;
  category: string | null;
  composition_pattern: string | null;
  tags_list?: string[];
  color: string | null;
  colors?: string[];
  placeholder: string | null;
  v: string | null;
  star_rating?: number | null;
  offline?: boolean;
  face_count?: number | null;
  gps_latitude?: number | null;
  gps_longitude?: number | null;
  [metric: string]: unknown;
}

export interface PhotoPage {
  photos: Photo[];
  page: number;
  total: number;
  per_page: number;
  has_more: boolean;
  next: string | null;
  /** Of a search by relevance: what was used, `text` and `vectors`. */
  parts?: string[];
  /** And where words found no photo: what may have been meant, and the words that say something alone. */
  suggestions?: string[];
  alone?: string[];
}

/** What is known about how a search found what it found. */
export type SearchHints = Required<Pick<PhotoPage, "parts" | "suggestions" | "alone">>;

export interface Histogram {
  bins: number;
  l: number[];
  r: number[];
  g: number[];
  b: number[];
}

export interface Breakdown {
  category: string;
  components: { key: string; label: string; value: number; normalized: number; weight: number; contribution: number }[];
  adjustments: { key: string; points: number; reason: string }[];
  missing: string[];
}

/** Something in the picture; the box as shares of it. Only what is `shown` is told as a fact. */
export interface Thing {
  label: string;
  score: number;
  x: number;
  y: number;
  width: number;
  height: number;
  shown: boolean;
}

export interface PhotoDetails extends Photo {
  place?: string | null;
  objects?: Thing[];
  format: string | null;
  size: number | null;
  camera_make: string | null;
  focal_length_35mm: number | null;
  date_offset: string | null;
  histogram?: Histogram | null;
  breakdown?: Breakdown | null;
  details?: {
    subject_box?: [number, number, number, number] | null;
    pattern_scores?: Record<string, number>;
    clipping?: Record<string, [number, number]>;
  } | null;
}

/** One entry of the field registry. */
export interface Metric {
  key: string;
  label: string;
  group: string;
  group_label: string;
  kind: "text" | "integer" | "real" | "score" | "ratio" | "flag" | "date";
  low: number | null;
  high: number | null;
  unit: string | null;
  explain: string;
  higher_is_better: boolean | null;
}

/** An entry that narrows lists; `param` is its name in the address, min_ and max_ before it for ranges. */
export interface FilterMetric extends Metric {
  param: string;
  filter: "range" | "exact" | "prefix" | "flag";
}

export interface Config {
  features?: Record<string, boolean>;
  /** For each analysis made by models: ready, preparing or unavailable, and why. */
  capabilities?: Record<string, { state: string; reason: string }>;
  translation_target_language?: string;
  sort_options_grouped: Record<string, { column: string; label: string }[]> | null;
  quality_levels: [string, string][];
  quality_thresholds: Record<string, number>;
  type_labels: Record<string, string>;
  defaults: { sort: string; sort_direction: string; type: string };
  pagination: { default_per_page: number };
  display: { tags_per_photo: number; thumbnail_slider?: { min_px: number; max_px: number; default_px: number; step_px: number } };
  category_labels: Record<string, string>;
  pattern_labels: Record<string, string>;
  filters: FilterMetric[];
  metrics: Metric[];
}

export interface Root {
  name: string;
  path: string;
  online: boolean;
  photo_count: number;
}

export interface ScanStatus {
  state: string;
  phase?: string | null;
  done?: number | null;
  total?: number | null;
  failed?: number | null;
  rate_per_s?: number | null;
  eta_s?: number | null;
  current?: string | null;
  /** Photos that no inference server could be asked about yet, and why. */
  unseen?: number;
  waiting_for?: string;
  finished_at?: string | null;
  /** The last scan was stopped before its end. */
  cancelled?: boolean;
  /** Roots that lost so many photos at once that a person must say that they are gone. */
  confirm?: { root: string; missing: number; photos: number }[];
  roots?: Root[];
}

export interface Failure {
  path: string;
  reason: string;
  message: string;
  size: number | null;
  at: string | number | null;
}

/** How many photos came and changed (or went); `ids` are those that were read. */
export interface PhotosEvent {
  added: number;
  changed: number;
  ids: number[];
}

/** The job of captions that runs, or the last one. */
export interface JobStatus {
  kind: string;
  state: string;
  done: number;
  total: number;
  failed: number;
  kept: number;
  waiting: string;
  failures: { id: number; message: string }[];
  finished_at: string | null;
  cancelled: boolean;
  error: string | null;
  rate_per_s: number;
  eta_s: number | null;
}
