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

export function photosUrl(query: URLSearchParams, page: { page: number } | { after: string }, perPage: number): string {
  const params = new URLSearchParams(query);
  params.set("per_page", String(perPage));
  for (const [key, value] of Object.entries(page)) params.set(key, String(value));
  return `/api/photos?${params}`;
}
