/** The gallery's state as an URL: the page and the API share their parameter names. */

/** Parameters that choose what is listed (all others are filters). */
const ORDER = new Set(["sort", "sort_direction"]);
const PAGING = ["page", "after", "per_page", "at"];

/** The parameters of this page, without paging and without empty ones, in a stable order. */
export function readQuery(search: string): URLSearchParams {
  const query = new URLSearchParams();
  const all = [...new URLSearchParams(search)].filter(([key, value]) => value !== "" && !PAGING.includes(key));
  for (const [key, value] of all.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))) query.set(key, value);
  return query;
}

export function filtersOf(query: URLSearchParams): [string, string][] {
  return [...query].filter(([key]) => !ORDER.has(key));
}

export function withoutFilters(query: URLSearchParams): URLSearchParams {
  return new URLSearchParams([...query].filter(([key]) => ORDER.has(key)));
}

/** `query` with `changes`; null and "" take a parameter away. */
export function changed(query: URLSearchParams, changes: Record<string, string | null>): URLSearchParams {
  const next = new URLSearchParams(query);
  for (const [key, value] of Object.entries(changes)) {
    if (value === null || value === "") next.delete(key);
    else next.set(key, value);
  }
  return readQuery(next.toString());
}

export function pageUrl(path: string, query: URLSearchParams): string {
  const text = query.toString();
  return text ? `${path}?${text}` : path;
}

/** The page of a photo inside the list it was opened from; `at` is its place in that list. */
export function photoUrl(id: number, query: URLSearchParams, at: number): string {
  const inside = new URLSearchParams(query);
  inside.set("at", String(at));
  return `/photo/${id}?${inside}`;
}

let ranking = true;

/** Whether a search may be ordered by relevance; a library can have that switched off. */
export function allowRanking(on: boolean): void {
  ranking = on;
}

/** Whether the list is that of a search, best match first: there is a text, and no other order was chosen. */
export function isRanked(query: URLSearchParams): boolean {
  return canBeRanked(query) && !query.has("sort");
}

export function canBeRanked(query: URLSearchParams): boolean {
  return ranking && query.has("search");
}

/** Where a page of the list comes from: by relevance for a search, else by the sort field. Both answer alike. */
export function photosUrl(query: URLSearchParams, page: { page: number } | { after: string }, perPage: number): string {
  const params = new URLSearchParams(query);
  const ranked = isRanked(query);
  params.set(ranked ? "limit" : "per_page", String(perPage));
  if (ranked) {
    params.set("q", query.get("search") ?? "");
    for (const key of ["search", "sort_direction"]) params.delete(key);
  }
  for (const [key, value] of Object.entries(page)) params.set(key, String(value));
  return `${ranked ? "/api/search" : "/api/photos"}?${params}`;
}
