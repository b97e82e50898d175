/** The list of people: pages that come while scrolling, kept in step with the server without throwing nodes away. */
import { isAbort } from "../api";
import { getPersons, type Person, type PersonPage } from "./model";
import { Tile, type TileEvents } from "./tile";

const PAGE = 60;
const AHEAD = "800px";
/** As many as the server gives at once. */
const LARGEST = 200;

export class PeopleList {
  total: number | null = null;
  error: unknown = null;
  #params: Record<string, string> = {};
  #tiles = new Map<number, Tile>();
  #loading: AbortController | null = null;

  constructor(
    private readonly box: HTMLElement,
    private readonly more: HTMLElement,
    private readonly events: TileEvents,
    private readonly onChange: () => void,
  ) {
    new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && this.#next(), { rootMargin: AHEAD }).observe(more);
  }

  get tiles(): Tile[] {
    return [...this.box.children].flatMap((node) => this.#tiles.get(Number((node as HTMLElement).dataset["id"])) ?? []);
  }

  get picked(): Tile[] {
    return this.tiles.filter((tile) => tile.picked);
  }

  /** Whether a change of the order would take something out of the user's hands. */
  get busy(): boolean {
    return this.tiles.some((tile) => tile.picked || tile.editing);
  }

  /** Start anew with other parameters of GET /api/persons. */
  async open(params: Record<string, string>): Promise<void> {
    this.#params = params;
    this.#tiles.clear();
    this.box.replaceChildren();
    this.total = null;
    await this.#load(1, PAGE, (page) => this.#append(page.persons));
  }

  /**
   * Look again at what is shown. The order is left as it is unless `force`; then true says that a new order is waiting.
   */
  async refresh(force: boolean): Promise<boolean> {
    if (this.total === null) return false;
    const wanted = Math.max(PAGE, this.#tiles.size);
    const found: Person[] = [];
    let waiting = false;
    for (let page = 1; page <= Math.ceil(wanted / LARGEST); page++) {
      const perPage = Math.min(LARGEST, wanted);
      const ok = await this.#load(page, perPage, (answer) => void found.push(...answer.persons));
      if (!ok) return false;
    }
    const before = this.tiles.map((tile) => tile.person.id).join();
    if (force || before === found.map(({ id }) => id).join()) this.#arrange(found);
    else waiting = true;
    this.onChange();
    return waiting;
  }

  #append(persons: Person[]): void {
    for (const person of persons) {
      if (this.#tiles.has(person.id)) continue;
      const tile = new Tile(person, this.events);
      this.#tiles.set(person.id, tile);
      this.box.append(tile.node);
    }
  }

  #arrange(persons: Person[]): void {
    const old = this.#tiles;
    this.#tiles = new Map();
    let place = this.box.firstElementChild;
    for (const person of persons) {
      const tile = old.get(person.id) ?? new Tile(person, this.events);
      old.delete(person.id);
      this.#tiles.set(person.id, tile);
      tile.update(person);
      if (tile.node === place) place = place.nextElementSibling;
      else this.box.insertBefore(tile.node, place);
    }
    for (const tile of old.values()) tile.node.remove();
  }

  #next(): void {
    if (this.total === null || this.#loading || this.error || this.#tiles.size >= this.total) return;
    void this.#load(Math.floor(this.#tiles.size / PAGE) + 1, PAGE, (page) => this.#append(page.persons));
  }

  async #load(page: number, perPage: number, use: (page: PersonPage) => void): Promise<boolean> {
    this.#loading?.abort();
    const loading = (this.#loading = new AbortController());
    this.box.setAttribute("aria-busy", "true");
    try {
      const answer = await getPersons({ ...this.#params, page, per_page: perPage }, loading.signal);
      this.total = answer.total;
      this.error = null;
      use(answer);
    } catch (error) {
      if (isAbort(error)) return false;
      this.error = error;
    }
    this.#loading = null;
    this.box.removeAttribute("aria-busy");
    this.onChange();
    // The end may still be in sight: then no further crossing is reported.
    if (!this.error && this.more.getBoundingClientRect().top < innerHeight + 800) requestAnimationFrame(() => this.#next());
    return this.error === null;
  }
}
