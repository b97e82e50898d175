/** Places in lists: where a look at one ended, and the way back to it from a photo. */

export interface Visit {
  index: number;
  shift: number;
  total: number;
}

const KEY = "facetd.return";

/** Note the photo that was shown last, for the page of the list it was opened from. */
export function noteReturn(query: URLSearchParams, index: number, total: number): void {
  try {
    sessionStorage.setItem(KEY, JSON.stringify({ query: query.toString(), index, total }));
  } catch {
    // private windows may refuse storage; the list then opens where it was left
  }
}

/** The photo that was shown last, when it was one of this list. It is told once. */
export function takeReturn(query: URLSearchParams): Visit | null {
  try {
    const text = sessionStorage.getItem(KEY);
    sessionStorage.removeItem(KEY);
    if (!text) return null;
    const left = JSON.parse(text) as { query: string; index: number; total: number };
    return left.query === query.toString() ? { index: left.index, shift: 0, total: left.total } : null;
  } catch {
    return null;
  }
}

/** The place that a shared link names. Its list is taken to be long enough until the first answer tells. */
export function linkedPlace(): Visit | null {
  if (!/^#\d{1,9}$/.test(location.hash)) return null;
  const index = Number(location.hash.slice(1));
  return { index, shift: 0, total: index + 1000 };
}
