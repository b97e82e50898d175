/** The active filters as chips, each of which can be taken away. */
import { el, icon } from "./dom";
import { valueLabel } from "./drawer";
import { formatDay, formatMetric } from "./format";
import { knownName, personIds } from "./people/names";
import { filtersOf } from "./query";
import { S } from "./strings";
import type { Config, FilterMetric } from "./types";

export interface Chip {
  label: string;
  /** The parameters that go away with it. */
  params: string[];
  /** What becomes of them instead, where something of them stays. */
  changes?: Record<string, string | null>;
}

/** The changes of the address that take a chip away. */
export function removal(chip: Chip): Record<string, string | null> {
  return chip.changes ?? Object.fromEntries(chip.params.map((param) => [param, null]));
}

export function chipsOf(query: URLSearchParams, config: Config): Chip[] {
  const chips: Chip[] = [];
  const done = new Set<string>();
  for (const [param, value] of filtersOf(query)) {
    if (done.has(param)) continue;
    if (param === "person") {
      chips.push(...personChips(value));
      continue;
    }
    const metric = config.filters.find((m) => [m.param, `min_${m.param}`, `max_${m.param}`].includes(param));
    const chip = metric ? metricChip(metric, query, config) : otherChip(param, value, query, config);
    chip.params.forEach((each) => done.add(each));
    chips.push(chip);
  }
  return chips;
}

/** One chip for each person: all of them must be in a photo. */
function personChips(value: string): Chip[] {
  const ids = personIds(value);
  return ids.map((id) => ({ label: S.withPerson(knownName(id) ?? S.unnamed), params: ["person"], changes: { person: ids.filter((each) => each !== id).join(",") } }));
}

function metricChip(metric: FilterMetric, query: URLSearchParams, config: Config): Chip {
  if (metric.filter === "flag") {
    return { label: query.get(metric.param) === "0" ? S.none(metric.label) : S.only(metric.label), params: [metric.param] };
  }
  if (metric.filter !== "range") {
    return { label: `${metric.label}: ${valueLabel(config, metric.key, query.get(metric.param) ?? "")}`, params: [metric.param] };
  }
  const params = [`min_${metric.param}`, `max_${metric.param}`];
  const [low, high] = params.map((param) => {
    const value = query.get(param);
    return value === null ? null : Number.isFinite(Number(value)) ? formatMetric(metric, Number(value)) : value;
  });
  const text = low != null && high != null ? S.between(low, high) : low != null ? S.atLeast(low) : S.atMost(high ?? "");
  return { label: `${metric.label} ${text}`, params };
}

function otherChip(param: string, value: string, query: URLSearchParams, config: Config): Chip {
  switch (param) {
    case "date_from":
    case "date_to": {
      const [from, to] = [query.get("date_from"), query.get("date_to")];
      const text = from && to ? S.between(formatDay(from), formatDay(to)) : from ? S.sinceDay(formatDay(from)) : S.untilDay(formatDay(to ?? ""));
      return { label: `${S.date} ${text}`, params: ["date_from", "date_to"] };
    }
    case "quality":
      return { label: `${S.quality}: ${config.quality_levels.find(([key]) => key === value)?.[1] ?? value}`, params: [param] };
    case "type":
      return { label: `${S.type}: ${config.type_labels[value] ?? config.category_labels[value] ?? value}`, params: [param] };
    case "search":
      return { label: `${S.search}: ${value}`, params: [param] };
    case "hide_bursts":
    case "hide_duplicates":
    case "hide_blinks":
      return { label: S.leftOut[param] ?? param, params: [param] };
    default:
      return { label: `${param}: ${value}`, params: [param] };
  }
}

export function showChips(box: HTMLElement, chips: Chip[], remove: (chip: Chip) => void, clear: () => void): void {
  box.hidden = chips.length === 0;
  const nodes = chips.map((chip) => {
    const button = el("button", { class: "chip", type: "button", "aria-label": S.removeFilter(chip.label) }, el("bdi", {}, chip.label), icon("x"));
    button.addEventListener("click", () => remove(chip));
    return el("li", {}, button);
  });
  if (chips.length > 1) {
    const button = el("button", { class: "chip clear", type: "button" }, S.clearAll);
    button.addEventListener("click", clear);
    nodes.push(el("li", {}, button));
  }
  box.replaceChildren(...nodes);
}
