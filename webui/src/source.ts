/** The list behind the grid: pages of photos, fetched when they come into view and dropped when far away. */
import { getJson, isAbort } from "./api";
import { photosUrl } from "./query";
import type { Photo, PhotoPage, SearchHints } from "./types";

export const PAGE_SIZE = 100;
const KEEP_PAGES = 40;
const MAX_LOADING = 3;

interface Page {
  photos: Photo[];
  next: string | null;
}

export class PhotoSource {
  /** Photos in the whole list; null until the first answer. */
  total: number | null = null;
  /** What went wrong with the last request that failed, until one succeeds. */
  error: unknown = null;
  /** How a search by relevance found its photos; null for other lists, and before the first answer. */
  hints: SearchHints | null = null;

  #pages = new Map<number, Page>();
  #loading = new Map<number, AbortController>();
  #wanted: [number, number] = [0, 0];
  #failed = new Set<number>();
  #stopped = false;

  /** `expected` photos, where an earlier visit knows: the scroll box has its height before the first answer. */
  constructor(
    readonly query: URLSearchParams,
    private readonly onChange: () => void,
    expected: number | null = null,
  ) {
    this.total = expected;
  }

  /** Whether any page has arrived. */
  get ready(): boolean {
    return this.#pages.size > 0;
  }

  at(index: number): Photo | undefined {
    return this.#pages.get(Math.floor(index / PAGE_SIZE))?.photos[index % PAGE_SIZE];
  }

  /** The place of a loaded photo, or -1. */
  indexOf(id: number): number {
    for (const [number, page] of this.#pages) {
      const place = page.photos.findIndex((photo) => photo.id === id);
      if (place >= 0) return number * PAGE_SIZE + place;
    }
    return -1;
  }

  /** Load what `first`..`last` (inclusive) needs, soonest first, and let go of what nobody looks at. */
  want(first: number, last: number): void {
    const low = Math.max(0, Math.floor(first / PAGE_SIZE));
    const ahead = Math.floor((last + PAGE_SIZE / 2) / PAGE_SIZE);
    const end = this.total === null ? low : Math.max(0, Math.ceil(this.total / PAGE_SIZE) - 1);
    this.#wanted = [low, Math.max(low, Math.min(ahead, end))];
    for (const [number, controller] of this.#loading) {
      if (number < low - 1 || number > ahead + 1) {
        controller.abort();
        this.#loading.delete(number);
      }
    }
    this.#pump();
  }

  /** Ask again for what failed. */
  retry(): void {
    this.#failed.clear();
    this.error = null;
    this.#pump();
  }

  /** Read the wanted pages anew; the old ones stay in place until the answer is here, all others are forgotten. */
  async refresh(fresh = false): Promise<void> {
    for (const controller of this.#loading.values()) controller.abort();
    this.#loading.clear();
    this.#failed.clear();
    const [low, high] = this.#wanted;
    const pages = new Map<number, Page>();
    const controller = new AbortController();
    for (let number = low; number <= high; number++) this.#loading.set(number, controller);
    try {
      for (let number = low; number <= high; number++) {
        const answer = await this.#fetch(number, pages, { signal: controller.signal, fresh });
        pages.set(number, answer);
        if (!answer.next) break;
      }
      this.#pages = pages;
      this.error = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.error = error;
    } finally {
      for (let number = low; number <= high; number++) if (this.#loading.get(number) === controller) this.#loading.delete(number);
    }
    if (this.#stopped) return;
    this.onChange();
    this.#pump();
  }

  stop(): void {
    this.#stopped = true;
    for (const controller of this.#loading.values()) controller.abort();
    this.#loading.clear();
  }

  #pump(): void {
    const [low, high] = this.#wanted;
    for (let number = low; number <= high && this.#loading.size < MAX_LOADING; number++) {
      if (this.#pages.has(number) || this.#loading.has(number) || this.#failed.has(number)) continue;
      // The page before this one brings the key to it: waiting for it is cheaper for the server than counting rows.
      if (this.#loading.has(number - 1)) continue;
      void this.#load(number);
    }
  }

  async #load(number: number): Promise<void> {
    const controller = new AbortController();
    this.#loading.set(number, controller);
    try {
      this.#pages.set(number, await this.#fetch(number, this.#pages, { signal: controller.signal }));
      this.error = null;
    } catch (error) {
      if (isAbort(error)) return;
      this.#failed.add(number);
      this.error = error;
    } finally {
      if (this.#loading.get(number) === controller) this.#loading.delete(number);
    }
    if (this.#stopped) return;
    this.#forgetFar();
    this.onChange();
    this.#pump();
  }

  async #fetch(number: number, known: Map<number, Page>, how: { signal: AbortSignal; fresh?: boolean }): Promise<Page> {
    const key = known.get(number - 1)?.next;
    const url = photosUrl(this.query, key ? { after: key } : { page: number + 1 }, PAGE_SIZE);
    const answer = await getJson<PhotoPage>(url, how);
    this.hints = answer.parts ? { parts: answer.parts, suggestions: answer.suggestions ?? [], alone: answer.alone ?? [] } : null;
    const reached = number * PAGE_SIZE + answer.photos.length;
    // The end of the list is a fact; a cached count may be some seconds old.
    this.total = answer.has_more ? Math.max(answer.total, reached + 1) : Math.min(answer.total, reached) || reached;
    return { photos: answer.photos, next: answer.has_more ? answer.next : null };
  }

  #forgetFar(): void {
    const middle = (this.#wanted[0] + this.#wanted[1]) / 2;
    const far = [...this.#pages.keys()].sort((a, b) => Math.abs(b - middle) - Math.abs(a - middle));
    for (const number of far.slice(0, Math.max(0, this.#pages.size - KEEP_PAGES))) this.#pages.delete(number);
  }
}
