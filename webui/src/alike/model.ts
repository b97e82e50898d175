/** What the API says about photos that belong together, or look alike. */
import { getJson } from "../api";
import { formatCount } from "../format";
import { S } from "../strings";

export type Kind = "burst" | "bracket" | "panorama" | "duplicate" | "similar";

/** A photo as lists of groups carry it. */
export interface Brief {
  id: number;
  filename: string;
  aggregate: number | null;
  date_taken: string | null;
  image_width: number | null;
  image_height: number | null;
  v: string | null;
  color: string | null;
  placeholder: string | null;
}

export interface Group {
  type: Kind;
  /** The best first; of a large group only the first ones. */
  photos: Brief[];
  best_id: number;
  count: number;
}

export interface GroupPage {
  groups: Omit<Group, "type">[];
  total_groups: number;
  page: number;
  total_pages: number;
}

export type Mode = "visual" | "color" | "person";

export interface SimilarAnswer {
  basis: string;
  similar: (Brief & { similarity: number })[];
  total: number;
  has_more: boolean;
  message: string | null;
}

/** The burst, bracket or panorama of a photo, and its copies. */
export async function groupsOf(id: number): Promise<Group[]> {
  return (await getJson<{ groups: Group[] }>(`/api/photo/groups?id=${id}`)).groups;
}

export function similarTo(id: number, mode: Mode, least: number, offset: number, limit: number, signal: AbortSignal): Promise<SimilarAnswer> {
  return getJson<SimilarAnswer>(`/api/similar_photos/${id}?${new URLSearchParams({ mode, min_similarity: String(least), offset: String(offset), limit: String(limit) })}`, { signal });
}

/** `Burst of 4`, `2 copies`. */
export function groupTitle(kind: Kind, count: number): string {
  return S.groupTitles[kind](formatCount(count));
}

/** The kinds of groups that a photo of a list says it is in, with how many photos each has. */
export function membership(photo: Record<string, unknown>): { kind: Kind; count: number }[] {
  const found: { kind: Kind; count: number }[] = [];
  const series = photo["burst_kind"];
  if (Number(photo["burst_count"]) > 1) found.push({ kind: series === "bracket" || series === "panorama" ? series : "burst", count: Number(photo["burst_count"]) });
  if (Number(photo["duplicate_count"]) > 1) found.push({ kind: "duplicate", count: Number(photo["duplicate_count"]) });
  return found;
}
