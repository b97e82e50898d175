/** The filter drawer, built from the field registry that /api/config carries: a side panel, or a sheet on a phone. */
import { getJson } from "./api";
import { byId, el, icon, recall, remember } from "./dom";
import { formatCount, humanize } from "./format";
import { PeopleFilter } from "./people/filter";
import { RangeFilter } from "./range";
import { S } from "./strings";
import type { Config, FilterMetric } from "./types";

type Changes = Record<string, string | null>;

/** Which list of /api/filter_options offers the values of a text field. */
const OPTIONS: Record<string, string> = { camera: "cameras", lens: "lenses", category: "categories", composition_pattern: "patterns" };
/** The lists in the order people reach for them; others follow. */
const order = (metric: FilterMetric) => (metric.param in OPTIONS ? Object.keys(OPTIONS).indexOf(metric.param) : Infinity);
const wide = matchMedia("(min-width: 900px)");

export class Drawer {
  readonly #dialog = byId<HTMLDialogElement>("drawer");
  readonly #form = byId<HTMLFormElement>("drawer-form");
  readonly #button = byId<HTMLButtonElement>("filters");
  readonly #people = new PeopleFilter((person) => this.onChange({ person }));
  readonly #setters: ((query: URLSearchParams) => void)[] = [];
  #selects: { select: HTMLSelectElement; param: string; key: string; show: (query: URLSearchParams) => void }[] = [];
  #query = new URLSearchParams();
  #built = false;

  constructor(
    private readonly config: Config,
    private readonly onChange: (changes: Changes) => void,
    private readonly onToggle: () => void,
  ) {
    this.#button.addEventListener("click", () => this.toggle());
    byId("drawer-close").addEventListener("click", () => this.close());
    this.#dialog.addEventListener("close", () => this.#closed());
    this.#dialog.addEventListener("click", (event) => {
      if (event.target === this.#dialog && this.#dialog.matches(":modal")) this.close();
    });
    this.#form.addEventListener("submit", (event) => event.preventDefault());
    wide.addEventListener("change", () => {
      if (this.open) this.#dialog.close();
    });
    if (wide.matches && recall("drawer", false)) this.show();
  }

  get open(): boolean {
    return this.#dialog.open;
  }

  toggle(): void {
    if (this.open) this.close();
    else this.show();
  }

  show(): void {
    this.#build();
    if (wide.matches) {
      this.#dialog.show();
      remember("drawer", true);
    } else {
      this.#dialog.showModal();
    }
    this.#button.setAttribute("aria-expanded", "true");
    document.documentElement.classList.add("with-drawer");
    this.onToggle();
    void this.#loadOptions();
  }

  close(): void {
    remember("drawer", false);
    this.#dialog.close();
  }

  /** Show what `query` asks for. */
  set(query: URLSearchParams): void {
    this.#query = query;
    for (const setter of this.#setters) setter(query);
  }

  setTotal(text: string): void {
    byId("drawer-total").textContent = text;
  }

  #closed(): void {
    this.#button.setAttribute("aria-expanded", "false");
    document.documentElement.classList.remove("with-drawer");
    if (this.#dialog.contains(document.activeElement) || document.activeElement === document.body) this.#button.focus();
    this.onToggle();
  }

  #build(): void {
    if (this.#built) return;
    this.#built = true;
    const filters = this.config.filters;
    const score = filters.find((metric) => metric.param === "score");
    const texts = filters.filter((metric) => metric.filter === "exact" || metric.filter === "prefix").sort((a, b) => order(a) - order(b));
    this.#form.append(this.#quality(), ...(score ? [this.#range(score)] : []), this.#dates(), this.#leaveOut(), ...texts.map((metric) => this.#select(metric)), this.#people.node);
    this.#setters.push((query) => this.#people.set(query.get("person") ?? ""));
    const groups = new Map<string, FilterMetric[]>();
    for (const metric of filters) {
      if (metric === score || texts.includes(metric)) continue;
      groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
    }
    for (const [group, metrics] of groups) this.#form.append(this.#group(group, metrics));
    this.set(this.#query);
  }

  #quality(): HTMLElement {
    const box = el("fieldset", { class: "segments" }, el("legend", {}, S.quality));
    for (const [value, label] of [["", S.any], ...this.config.quality_levels] as [string, string][]) {
      const input = el("input", { type: "radio", name: "quality", value });
      input.addEventListener("change", () => this.onChange({ quality: value }));
      box.append(el("label", {}, input, el("span", {}, label)));
      this.#setters.push((query) => (input.checked = (query.get("quality") ?? "") === value));
    }
    return box;
  }

  #dates(): HTMLElement {
    const box = el("fieldset", { class: "dates" }, el("legend", {}, S.dates));
    for (const [param, label] of [
      ["date_from", S.from],
      ["date_to", S.to],
    ] as const) {
      const input = el("input", { type: "date", name: param, min: "1826-01-01", max: "2200-12-31" });
      input.addEventListener("change", () => {
        if (input.validity.valid) this.onChange({ [param]: input.value });
      });
      box.append(el("label", {}, el("span", {}, label), input));
      this.#setters.push((query) => (input.value = query.get(param) ?? ""));
    }
    return box;
  }

  /** What is hidden: all but the best of a burst, copies, closed eyes. */
  #leaveOut(): HTMLElement {
    const box = el("fieldset", { class: "field leave-out" }, el("legend", {}, S.leaveOut));
    for (const [param, label] of Object.entries(S.leaveOuts)) {
      const input = el("input", { type: "checkbox", name: param });
      input.addEventListener("change", () => this.onChange({ [param]: input.checked ? "1" : null }));
      box.append(el("label", {}, input, el("span", {}, label)));
      this.#setters.push((query) => (input.checked = ["1", "true"].includes(query.get(param) ?? "")));
    }
    return box;
  }

  #select(metric: FilterMetric): HTMLElement {
    const select = el("select", { name: metric.param }, el("option", { value: "" }, S.any));
    select.addEventListener("change", () => this.onChange({ [metric.param]: select.value }));
    const show = (query: URLSearchParams) => {
      const value = query.get(metric.param) ?? "";
      if (![...select.options].some((option) => option.value === value)) select.append(el("option", { value }, value));
      select.value = value;
    };
    this.#selects.push({ select, param: metric.param, key: metric.key, show });
    this.#setters.push(show);
    return el("label", { class: "field" }, el("span", {}, metric.label), el("span", { class: "select" }, select, icon("chevron-down")));
  }

  #range(metric: FilterMetric): HTMLElement {
    const [low, high] = [`min_${metric.param}`, `max_${metric.param}`];
    const range = new RangeFilter(metric, (from, to) => this.onChange({ [low]: from, [high]: to }));
    this.#setters.push((query) => range.set(query.get(low) ?? "", query.get(high) ?? ""));
    const box = el("fieldset", { class: "field" }, el("legend", {}, el("span", {}, metric.label), this.#explain(metric)), range.node);
    return box;
  }

  #flag(metric: FilterMetric): HTMLElement {
    const box = el("fieldset", { class: "segments small" }, el("legend", {}, el("span", {}, metric.label), this.#explain(metric)));
    for (const [value, label] of [
      ["", S.whichever],
      ["1", S.yes],
      ["0", S.no],
    ] as const) {
      const input = el("input", { type: "radio", name: metric.param, value });
      input.addEventListener("change", () => this.onChange({ [metric.param]: value }));
      box.append(el("label", {}, input, el("span", {}, label)));
      this.#setters.push((query) => (input.checked = (query.get(metric.param) ?? "") === value));
    }
    return box;
  }

  #explain(metric: FilterMetric): HTMLElement | null {
    if (!metric.explain) return null;
    const text = el("span", { class: "explain", hidden: true }, metric.explain);
    const button = el("button", { class: "why", type: "button", "aria-expanded": "false", "aria-label": S.explain(metric.label), title: metric.explain });
    button.append(icon("circle-question-mark"));
    button.addEventListener("click", () => {
      text.hidden = !text.hidden;
      button.setAttribute("aria-expanded", String(!text.hidden));
    });
    return el("span", { class: "explaining" }, button, text);
  }

  #group(group: string, metrics: FilterMetric[]): HTMLElement {
    const badge = el("b", { class: "count", hidden: true });
    const details = el("details", {}, el("summary", {}, el("span", {}, metrics[0]?.group_label ?? humanize(group)), badge, icon("chevron-down")));
    for (const metric of metrics) details.append(metric.filter === "flag" ? this.#flag(metric) : this.#range(metric));
    this.#setters.push((query) => {
      const active = metrics.filter((m) => [m.param, `min_${m.param}`, `max_${m.param}`].some((param) => query.has(param))).length;
      badge.hidden = active === 0;
      badge.textContent = String(active);
      if (active) details.open = true;
    });
    return details;
  }

  /** Fill the lists each time the drawer opens: the library may have grown. */
  async #loadOptions(): Promise<void> {
    void this.#people.load();
    await Promise.all(
      this.#selects.map(async ({ select, param, key, show }) => {
        const name = OPTIONS[param];
        if (!name) return;
        try {
          const answer = await getJson<Record<string, [string, number][]>>(`/api/filter_options/${name}`);
          const options = (answer[name] ?? []).map(([value, count]) => el("option", { value }, `${this.#label(key, value)} (${formatCount(count)})`));
          select.replaceChildren(el("option", { value: "" }, S.any), ...options);
          show(this.#query); // only this one: somebody may be typing in another field
        } catch {
          select.title = S.optionsFailed;
        }
      }),
    );
  }

  #label(key: string, value: string): string {
    return valueLabel(this.config, key, value);
  }
}

/** The words for a stored value: categories and patterns have labels, other text is itself. */
export function valueLabel(config: Config, key: string, value: string): string {
  if (key === "category") return config.category_labels[value] ?? humanize(value);
  if (key === "composition_pattern") return config.pattern_labels[value] ?? humanize(value);
  return value;
}
