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
}

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

export interface PhotoDetails extends Photo {
  exif?: Record<string, unknown> | null;
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
  param: string;
  label: string;
  group: string;
  kind: "text" | "integer" | "real" | "score" | "ratio" | "flag" | "date";
  filter: "range" | "exact" | "prefix" | "flag" | null;
  low: number | null;
  high: number | null;
  unit: string | null;
  explain: string;
  higher_is_better: boolean | null;
}

export interface Config {
  sort_options_grouped: Record<string, { column: string; label: string }[]> | null;
  quality_levels: [string, string][];
  quality_thresholds: Record<string, number>;
  type_labels: Record<string, string>;
  defaults: { sort: string; sort_direction: string; type: string };
  pagination: { default_per_page: number };
  display: { tags_per_photo: number; thumbnail_slider?: { min_px: number; max_px: number; default_px: number; step_px: number } };
  filters: Metric[];
  metrics: Record<string, Partial<Metric>>;
  groups?: Record<string, string>;
  pattern_labels?: Record<string, string>;
}

export interface Root {
  name: string;
  online: boolean;
  path?: string;
  photos?: number;
  photo_count?: number;
  watched?: string;
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
  message?: string | null;
  roots?: Root[];
  needs_confirmation?: unknown;
}

export interface Failure {
  path: string;
  reason: string;
  message: string;
  size: number | null;
  at: string | number | null;
}

/** Photos that came, changed or went: numbers, or lists of ids. */
export interface PhotosEvent {
  added?: number | number[];
  changed?: number | number[];
  removed?: number | number[];
  revision?: number;
}
