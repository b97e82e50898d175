/** The virtualised grid: only the rows on screen (and a few around them) are in the document. */
import { Card, type Look } from "./card";
import { ScrollRange } from "./scrollrange";
import type { PhotoSource } from "./source";
import type { Config, Photo } from "./types";

const OVERSCAN_PX = 500;
const SETTLE_MS = 160;
const FAST_PX_PER_MS = 4;

export interface GridOptions {
  size: number;
  whole: boolean;
  onSettle: (firstIndex: number, shift: number) => void;
  /** The badge of a cell that stands for more photos was pressed. */
  onStack?: (photo: Photo, index: number) => void;
}

export class Grid {
  config: Config | null = null;
  #source: PhotoSource | null = null;
  #cards = new Map<string, Card>();
  #range = new ScrollRange();
  #columns = 1;
  #cell = 160;
  #gap = 4;
  #frame = 0;
  #settleTimer = 0;
  #lastTop = 0;
  #lastTime = 0;
  #focus = 0;
  #pendingFocus = -1;

  constructor(
    private readonly box: HTMLElement,
    private readonly options: GridOptions,
  ) {
    addEventListener("scroll", () => this.#onScroll(), { passive: true });
    new ResizeObserver(() => this.relayout()).observe(box);
    addEventListener("resize", () => this.relayout());
    box.addEventListener("keydown", (event) => this.#onKey(event));
    box.addEventListener("click", (event) => {
      if (event.target instanceof Element && event.target.closest(".stack")) this.#openStack([...this.#cards.values()].find(({ node }) => node.contains(event.target as Element)));
    });
    box.addEventListener("focusin", (event) => {
      const index = Number((event.target as HTMLElement).dataset["index"]);
      if (Number.isInteger(index)) this.#setFocus(index);
    });
  }

  /** Open what the focused cell stands for, if that is more than its photo. */
  openFocusedStack(): void {
    this.#openStack([...this.#cards.values()].find(({ index }) => index === this.#focus));
  }

  #openStack(card: Card | undefined): void {
    if (card?.photo && card.node.querySelector(".stack")) this.options.onStack?.(card.photo, card.index);
  }

  get size(): number {
    return this.options.size;
  }

  get whole(): boolean {
    return this.options.whole;
  }

  /** The cell that holds the keyboard's place in the grid. */
  get focusIndex(): number {
    return this.#focus;
  }

  setSource(source: PhotoSource | null): void {
    this.#source = source;
    this.#focus = 0;
    this.#pendingFocus = -1;
    this.relayout();
  }

  setSize(size: number): void {
    this.options.size = size;
    this.relayout();
  }

  setWhole(whole: boolean): void {
    this.options.whole = whole;
    this.render();
  }

  /** Index of the first photo that is on screen, and how many px of its row are above the edge. */
  firstVisible(): { index: number; shift: number } {
    const top = this.#top();
    const row = Math.max(0, Math.floor((top + this.#gap) / this.#rowHeight()));
    return { index: row * this.#columns, shift: Math.round(top - row * this.#rowHeight()) };
  }

  atTop(): boolean {
    return this.#scroll() <= this.#cell / 2;
  }

  /** Measure again, keeping the first photo on screen where it is. */
  relayout(): void {
    const anchor = this.firstVisible();
    const width = this.box.clientWidth;
    const before = `${this.#columns} ${this.#cell}`;
    this.#gap = width < 560 ? 2 : 4;
    const least = width < 560 ? 2 : 1;
    this.#columns = Math.max(least, Math.round((width + this.#gap) / (this.options.size + this.#gap)));
    this.#cell = Math.max(40, (width - this.#gap * (this.#columns - 1)) / this.#columns);
    const rows = Math.ceil((this.#source?.total ?? 0) / this.#columns);
    this.#range.resize(Math.max(0, rows * this.#rowHeight() - this.#gap), this.#view());
    this.box.style.height = `${this.#range.box}px`;
    if (before !== `${this.#columns} ${this.#cell}` && anchor.index > 0) this.scrollToIndex(anchor.index, anchor.shift);
    this.render();
  }

  /** Put photo `index` into the top row, `shift` px above the edge. */
  scrollToIndex(index: number, shift = 0): void {
    const row = Math.floor(index / this.#columns);
    this.#scrollTo(this.#range.aim(row * this.#rowHeight() + shift));
    this.render();
  }

  /** Scroll as little as needed to show photo `index`, and focus it. */
  focusPhoto(index: number): void {
    const total = this.#source?.total ?? 0;
    if (!total) return;
    const target = Math.min(Math.max(0, index), total - 1);
    const top = Math.floor(target / this.#columns) * this.#rowHeight();
    const onScreen = this.box.getBoundingClientRect().top + this.#range.place(top);
    if (onScreen < this.#barHeight()) this.#scrollTo(this.#range.aim(top));
    else if (onScreen + this.#cell > innerHeight) this.#scrollTo(this.#range.aim(top + this.#cell + 8 - this.#view()));
    this.#setFocus(target);
    this.#pendingFocus = target;
    this.render();
  }

  render(): void {
    const source = this.#source;
    const total = source?.total ?? 0;
    const look: Look = { config: this.config, query: source?.query ?? new URLSearchParams(), cell: Math.round(this.#cell), whole: this.options.whole };
    const top = this.#top();
    const height = this.#rowHeight();
    const first = Math.max(0, Math.floor((top - OVERSCAN_PX) / height)) * this.#columns;
    const last = Math.min(total, Math.ceil((top + innerHeight + OVERSCAN_PX) / height) * this.#columns) - 1;
    const seenFirst = Math.max(0, Math.floor(top / height) * this.#columns);
    const seenLast = Math.max(seenFirst, Math.min(total, Math.ceil((top + innerHeight) / height) * this.#columns) - 1);
    source?.want(seenFirst, source.total === null ? 0 : seenLast);

    const old = this.#cards;
    const cards = new Map<string, Card>();
    for (let index = first; index <= last; index++) {
      const photo = source?.at(index) ?? null;
      const key = photo ? `photo ${photo.id}` : `cell ${index}`;
      if (cards.has(key)) continue;
      const card = old.get(key) ?? new Card();
      old.delete(key);
      cards.set(key, card);
      card.update(photo, index, total, look);
      card.link.tabIndex = index === this.#focus ? 0 : -1;
      this.#put(card, index);
      if (!card.node.isConnected) this.box.append(card.node);
    }
    for (const card of old.values()) {
      const hadFocus = card.link === document.activeElement;
      if (hadFocus && card.index >= first && card.index <= last) this.#pendingFocus = card.index;
      card.drop();
    }
    this.#cards = cards;
    this.box.setAttribute("aria-busy", String(source?.total === null));
    if (this.#speed() < FAST_PX_PER_MS) for (const card of cards.values()) card.load(look);
    if (this.#pendingFocus >= 0) this.#applyFocus();
  }

  #put(card: Card, index: number): void {
    const column = index % this.#columns;
    const row = Math.floor(index / this.#columns);
    const rtl = document.dir === "rtl" ? -1 : 1;
    const x = rtl * column * (this.#cell + this.#gap);
    const y = this.#range.place(row * this.#rowHeight());
    card.node.style.transform = `translate(${x}px, ${y}px)`;
    card.node.style.width = card.node.style.height = `${this.#cell}px`;
  }

  #applyFocus(): void {
    for (const card of this.#cards.values()) {
      if (card.index === this.#pendingFocus) {
        card.link.tabIndex = 0;
        card.link.focus({ preventScroll: true });
        if (card.id !== null) this.#pendingFocus = -1;
      }
    }
  }

  #setFocus(index: number): void {
    this.#focus = index;
    for (const card of this.#cards.values()) card.link.tabIndex = card.index === index ? 0 : -1;
  }

  #onKey(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const rows = Math.max(1, Math.floor((innerHeight - this.#barHeight()) / this.#rowHeight()));
    const steps: Record<string, number> = {
      ArrowLeft: -1,
      ArrowRight: 1,
      ArrowUp: -this.#columns,
      ArrowDown: this.#columns,
      PageUp: -this.#columns * rows,
      PageDown: this.#columns * rows,
      Home: -Infinity,
      End: Infinity,
    };
    const step = steps[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const total = this.#source?.total ?? 0;
    const target = this.#focus + step;
    if (Math.abs(step) === this.#columns && (target < 0 || target >= total)) return;
    this.focusPhoto(target);
  }

  #onScroll(): void {
    this.#top();
    clearTimeout(this.#settleTimer);
    this.#settleTimer = window.setTimeout(() => this.#onSettle(), SETTLE_MS);
    if (!this.#frame) {
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.render();
      });
    }
  }

  #onSettle(): void {
    this.#top();
    const y = this.#scroll();
    const settled = this.#range.settle(y);
    if (Math.abs(settled - y) >= 1) this.#scrollTo(settled);
    this.#lastTime = 0;
    this.render();
    const { index, shift } = this.firstVisible();
    this.options.onSettle(index, shift);
  }

  /** How fast the page moves, in px per ms: cells that fly by need no pixels. */
  #speed(): number {
    const now = performance.now();
    const top = this.#top();
    const speed = this.#lastTime ? Math.abs(top - this.#lastTop) / Math.max(1, now - this.#lastTime) : 0;
    this.#lastTop = top;
    this.#lastTime = now;
    return speed;
  }

  /** The place in the list that is at the top of the screen. The page may have been scrolled without its event being here yet. */
  #top(): number {
    const y = this.#scroll();
    this.#range.move(y);
    return this.#range.top(y);
  }

  /** Scroll position relative to the grid's own top edge; negative while what is above it shows. */
  #scroll(): number {
    return this.#barHeight() - this.box.getBoundingClientRect().top;
  }

  #scrollTo(y: number): void {
    const top = this.box.getBoundingClientRect().top + scrollY - this.#barHeight();
    scrollTo({ top: y <= 0 ? 0 : top + y, behavior: "instant" });
  }

  /** Height of the part of the window that shows the grid, in px. */
  #view(): number {
    return innerHeight - this.#barHeight();
  }

  #barHeight(): number {
    return document.getElementById("bar")?.offsetHeight ?? 0;
  }

  #rowHeight(): number {
    return this.#cell + this.#gap;
  }
}
