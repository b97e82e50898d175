/**
 * Maps a list taller than a browser's scroll box onto one that fits.
 *
 * Browsers cap a scroll box near 16.7 million CSS px. Short moves are followed one to one by shifting `offset`; long ones
 * (a dragged scrollbar) are taken as a share of the whole. When the page rests, `settle` moves the scroll position to where
 * the share says it should be, together with the offset, so that nothing on screen moves.
 */
export const SCROLL_LIMIT = 8_000_000;

export class ScrollRange {
  /** Height of the list, and of the box that stands for it. */
  height = 0;
  box = 0;
  #view = 1;
  #offset = 0;
  #last = 0;

  /** `height` of the whole list and of the part on screen, in px. */
  resize(height: number, view: number): void {
    const top = this.top(this.#last);
    this.height = height;
    this.#view = view;
    this.box = Math.min(height, SCROLL_LIMIT);
    this.#offset = this.box === height ? 0 : top - this.#last;
  }

  /** The place in the list of scroll position `y`. */
  top(y: number): number {
    return Math.min(Math.max(0, y + this.#offset), Math.max(0, this.height - this.#view));
  }

  /** The place on the page of a place in the list. */
  place(top: number): number {
    return top - this.#offset;
  }

  /** Follow a scroll to `y`; must be told of every one before anything else is asked. Beyond the ends nothing is scaled. */
  move(y: number): void {
    const jump = Math.abs(y - this.#last) > this.#view * 2;
    this.#last = y;
    if (this.box === this.height) return;
    const inside = Math.min(Math.max(0, y), Math.max(0, this.box - this.#view));
    if (jump || inside !== y || inside === 0) this.#offset = inside * (this.#ratio() - 1);
  }

  /** Aim for `top`; returns the scroll position to set. */
  aim(top: number): number {
    const target = Math.min(Math.max(0, top), Math.max(0, this.height - this.#view));
    const y = this.box === this.height ? target : target / this.#ratio();
    this.#offset = target - y;
    this.#last = y;
    return y;
  }

  /** The scroll position that fits where the list is now; the same as `y` at the ends, and when nothing is scaled. */
  settle(y: number): number {
    return this.box === this.height || y <= 0 || y >= this.box - this.#view ? y : this.aim(this.top(y));
  }

  #ratio(): number {
    return Math.max(1, this.height - this.#view) / Math.max(1, this.box - this.#view);
  }
}
