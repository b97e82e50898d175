/** The tools of a page with a grid: order, direction, thumbnail size, whole pictures. */
import { byId, el, remember } from "./dom";
import type { Grid } from "./grid";
import { S } from "./strings";
import type { Config } from "./types";

interface List {
  query: () => URLSearchParams;
  config: () => Config | null;
  change: (changes: Record<string, string | null>) => void;
}

/** Fill the list of sort fields once the configuration is known. */
export function fillSort(config: Config): void {
  const select = byId<HTMLSelectElement>("sort");
  for (const [group, options] of Object.entries(config.sort_options_grouped ?? {})) {
    select.append(el("optgroup", { label: group }, ...options.map(({ column, label }) => el("option", { value: column }, label))));
  }
}

export function showSort(query: URLSearchParams, config: Config): void {
  const { sort, sort_direction } = config.defaults;
  byId<HTMLSelectElement>("sort").value = query.get("sort") ?? sort;
  const ascending = (query.get("sort_direction") ?? sort_direction) === "ASC";
  const direction = byId("direction");
  direction.classList.toggle("ascending", ascending);
  direction.title = ascending ? S.sortAscending : S.sortDescending;
  direction.setAttribute("aria-label", direction.title);
}

export function wireGridTools(grid: Grid, list: List): void {
  byId<HTMLSelectElement>("sort").addEventListener("change", (event) => {
    const value = (event.target as HTMLSelectElement).value;
    list.change({ sort: value === list.config()?.defaults.sort ? null : value });
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
