/** Photos like the one that is shown: by looks, by colour, or with the same people. Nothing is asked before it is in view. */
import { isAbort } from "../api";
import { debounce, el, icon, recall, remember } from "../dom";
import { formatCount, formatShare } from "../format";
import { S } from "../strings";
import { similarTo, type Mode, type SimilarAnswer } from "./model";
import { alikeNote, thumb } from "./thumb";

const MODES: Mode[] = ["visual", "color", "person"];
/** Lowest, highest and usual threshold in %. Unrelated photos are about half alike in looks; faces of strangers may be, too. */
const RANGES: Record<Mode, [number, number, number]> = { visual: [40, 95, 55], color: [40, 95, 75], person: [0, 95, 0] };
const SHOWN = 12;
const PAUSE_MS = 200;

export class SimilarSection {
  readonly node: HTMLElement;
  readonly #tabs = new Map<Mode, HTMLButtonElement>();
  readonly #panel = el("div", { class: "alike-panel", role: "tabpanel", id: "similar-panel" });
  readonly #slider = el("input", { type: "range", step: 1, id: "similar-least" });
  readonly #output = el("output", { for: "similar-least" });
  readonly #threshold = el("label", { class: "threshold", for: "similar-least" }, el("span", {}, S.alikeAtLeast, " ", this.#output), this.#slider);
  readonly #count = el("p", { class: "muted alike-count", role: "status" });
  readonly #seen: IntersectionObserver;
  #mode: Mode;
  #asked = new AbortController();
  #wanted = false;
  #shown = 0;

  constructor(readonly id: number) {
    const kept = recall("similar", "visual") as Mode;
    this.#mode = MODES.includes(kept) ? kept : "visual";
    const list = el("div", { class: "tabs", role: "tablist", "aria-label": S.similarBy });
    for (const mode of MODES) {
      const tab = el("button", { type: "button", role: "tab", id: `similar-${mode}`, "aria-controls": "similar-panel" }, S.similarModes[mode]);
      tab.addEventListener("click", () => this.choose(mode));
      this.#tabs.set(mode, tab);
      list.append(tab);
    }
    list.addEventListener("keydown", (event) => this.#onKey(event));
    this.#slider.addEventListener("input", () => this.#showThreshold());
    this.#slider.addEventListener("input", debounce(PAUSE_MS, () => this.#settle()));
    this.node = el("section", { class: "section like-this", "aria-labelledby": "section-similar" }, el("div", { class: "with-action" }, el("h2", { id: "section-similar" }, S.similarTitle), this.#count), list, this.#threshold, this.#panel);
    this.#show();
    this.#seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      this.#seen.disconnect();
      // Somebody who turns the pages quickly does not look at what is similar.
      setTimeout(() => this.node.isConnected && this.#start(), PAUSE_MS);
    });
    this.#seen.observe(this.node);
  }

  /** Go to the tabs, from wherever in the page. */
  focus(): void {
    this.node.scrollIntoView({ block: "start" });
    this.#tabs.get(this.#mode)?.focus({ preventScroll: true });
    this.#start();
  }

  choose(mode: Mode): void {
    this.#mode = mode;
    remember("similar", mode);
    this.#show();
    void this.#load(0);
  }

  #start(): void {
    if (this.#wanted) return;
    this.#wanted = true;
    void this.#load(0);
  }

  #show(): void {
    for (const [mode, tab] of this.#tabs) {
      const chosen = mode === this.#mode;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      if (chosen) this.#panel.setAttribute("aria-labelledby", tab.id);
    }
    const [low, high, usual] = RANGES[this.#mode];
    [this.#slider.min, this.#slider.max] = [String(low), String(high)];
    this.#slider.value = String(recall(`similar.${this.#mode}`, usual));
    this.#threshold.classList.toggle("away", this.#mode === "person");
    this.#slider.disabled = this.#mode === "person";
    this.#showThreshold();
  }

  get #least(): number {
    return Number(this.#slider.value) / 100;
  }

  #showThreshold(): void {
    this.#output.textContent = formatShare(this.#least);
    this.#slider.setAttribute("aria-valuetext", formatShare(this.#least));
  }

  #settle(): void {
    remember(`similar.${this.#mode}`, Number(this.#slider.value));
    void this.#load(0);
  }

  async #load(offset: number): Promise<void> {
    this.#asked.abort();
    const asked = (this.#asked = new AbortController());
    this.#panel.setAttribute("aria-busy", "true");
    try {
      const answer = await similarTo(this.id, this.#mode, this.#least, offset, SHOWN, asked.signal);
      if (asked.signal.aborted) return;
      this.#fill(answer, offset);
    } catch (error) {
      if (isAbort(error)) return;
      this.#count.textContent = "";
      const again = el("button", { class: "button", type: "button" }, S.retry);
      again.addEventListener("click", () => void this.#load(offset));
      this.#panel.replaceChildren(el("div", { class: "none", role: "alert" }, icon("triangle-alert"), el("p", {}, error instanceof Error ? error.message : String(error)), again));
    }
    this.#panel.removeAttribute("aria-busy");
  }

  #fill(answer: SimilarAnswer, offset: number): void {
    this.#count.textContent = answer.total ? S.photos(formatCount(answer.total), answer.total === 1) : "";
    this.#count.title = S.similarBases[answer.basis] ?? "";
    if (!answer.total) {
      const [title, text] = S.similarNothing[answer.message ?? (this.#mode === "person" ? "nobody" : "")] ?? S.similarNothing[""]!;
      this.#panel.replaceChildren(el("div", { class: "none" }, icon("images"), el("p", {}, title), el("p", { class: "muted" }, text)));
      return;
    }
    const certain = answer.basis === "person"; // a name is no matter of degree
    const links = answer.similar.map((photo) => thumb(photo, { size: 240, note: certain ? null : alikeNote(photo.similarity) }));
    const items = links.map((link) => el("li", {}, link));
    if (offset === 0) this.#panel.replaceChildren(el("ul", { class: "alike-grid" }, ...items), el("p", { class: "muted basis" }, S.similarBases[answer.basis] ?? ""));
    else {
      this.#panel.querySelector(".alike-grid")!.append(...items);
      this.#panel.querySelector(".more")?.remove();
      links[0]?.focus({ preventScroll: true });
    }
    this.#shown = offset + items.length;
    if (!answer.has_more) return;
    const more = el("button", { class: "button more", type: "button" }, S.showMore);
    more.addEventListener("click", () => void this.#load(this.#shown));
    this.#panel.append(more);
  }

  #onKey(event: KeyboardEvent): void {
    const step = { ArrowRight: 1, ArrowLeft: -1, Home: -MODES.length, End: MODES.length }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    event.stopPropagation(); // the page's own arrows turn the page
    const place = MODES.indexOf(this.#mode) + step;
    const next = Math.abs(step) > 1 ? Math.min(Math.max(0, place), MODES.length - 1) : (place + MODES.length) % MODES.length;
    this.choose(MODES[next]!);
    this.#tabs.get(this.#mode)?.focus();
  }
}
