/** What is in the picture, with counts: "2 dogs". */
import { el } from "../dom";
import { pageUrl } from "../query";
import { S } from "../strings";
import type { Thing } from "../types";

/** The certain ones, most frequent first. */
export function countThings(things: Thing[]): [label: string, count: number][] {
  const counts = new Map<string, number>();
  for (const { label, shown } of things) if (shown) counts.set(label, (counts.get(label) ?? 0) + 1);
  return [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
}

export function thingsSection(things: Thing[]): HTMLElement | null {
  const counted = countThings(things);
  if (!counted.length) return null;
  const marks = counted.map(([label, count]) => el("a", { class: "mark", href: pageUrl("/", new URLSearchParams({ search: label })) }, S.things(label, count)));
  return el("section", { class: "section about-things", "aria-labelledby": "section-things" }, el("h2", { id: "section-things" }, S.thingsTitle), el("p", { class: "marks" }, ...marks));
}
