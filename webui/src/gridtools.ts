/** The tools of a page with a grid: order, direction, thumbnail size, whole pictures. */
import { byId, el, remember } from "./dom";
import type { Grid } from "./grid";
import { canBeRanked, isRanked } from "./query";
import { S } from "./strings";
import type { Config } from "./types";

const RELEVANCE = "relevance";

interface List {
  query: () => URLSearchParams;
  config: () => Config | null;
  change: (changes: Record<string, string | null>) => void;
}

/** Fill the list of sort fields once the configuration is known. */
export function fillSort(config: Config): void {
  const select = byId<HTMLSelectElement>("sort");
  select.append(el("option", { value: RELEVANCE, hidden: true, disabled: true }, S.relevance));
  for (const [group, options] of Object.entries(config.sort_options_grouped ?? {})) {
    select.append(el("optgroup", { label: group }, ...options.map(({ column, label }) => el("option", { value: column }, label))));
  }
}

export function showSort(query: URLSearchParams, config: Config): void {
  const { sort, sort_direction } = config.defaults;
  const select = byId<HTMLSelectElement>("sort");
  const relevance = select.querySelector<HTMLOptionElement>(`option[value=${RELEVANCE}]`);
  const ranked = isRanked(query);
  if (relevance) relevance.hidden = relevance.disabled = !canBeRanked(query);
  select.value = ranked ? RELEVANCE : (query.get("sort") ?? sort);
  const ascending = (query.get("sort_direction") ?? sort_direction) === "ASC";
  const direction = byId<HTMLButtonElement>("direction");
  direction.disabled = ranked; // the best match comes first
  direction.classList.toggle("ascending", ascending);
  direction.title = ascending ? S.sortAscending : S.sortDescending;
  direction.setAttribute("aria-label", direction.title);
}

export function wireGridTools(grid: Grid, list: List): void {
  byId<HTMLSelectElement>("sort").addEventListener("change", (event) => {
    const value = (event.target as HTMLSelectElement).value;
    const usual = value === list.config()?.defaults.sort && !canBeRanked(list.query());
    list.change({ sort: value === RELEVANCE || usual ? null : value });
  });
  byId("direction").addEventListener("click", () => {
    const standard = list.config()?.defaults.sort_direction ?? "DESC";
    const next = (list.query().get("sort_direction") ?? standard) === "ASC" ? "DESC" : "ASC";
    list.change({ sort_direction: next === standard ? null : next });
  });
  const size = byId<HTMLInputElement>("size");
  [size.min, size.max, size.step, size.value] = ["96", "400", "8", String(grid.size)];
  size.addEventListener("input", () => {
    grid.setSize(Number(size.value));
    remember("size", grid.size);
  });
  const fit = byId("fit");
  fit.setAttribute("aria-pressed", String(grid.whole));
  fit.addEventListener("click", () => {
    grid.setWhole(!grid.whole);
    fit.setAttribute("aria-pressed", String(grid.whole));
    remember("whole", grid.whole);
  });
}
