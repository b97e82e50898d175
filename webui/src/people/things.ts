/** What is in the picture, with counts: "2 dogs". */
import { el } from "../dom";
import { pageUrl } from "../query";
import { S } from "../strings";
import type { Thing } from "../types";

/** What is told as a fact. People are told by their faces, unless more of them are there than faces. */
export function factsOf(things: Thing[], faces: number): Thing[] {
  const certain = things.filter(({ shown }) => shown);
  const people = certain.filter(({ label }) => label === "person").length;
  return people > faces ? certain : certain.filter(({ label }) => label !== "person");
}

/** The section, or null when nothing is told; most frequent first. */
export function thingsSection(things: Thing[]): HTMLElement | null {
  const counts = new Map<string, number>();
  for (const { label } of things) counts.set(label, (counts.get(label) ?? 0) + 1);
  if (!counts.size) return null;
  const counted = [...counts].sort(([one, a], [other, b]) => b - a || one.localeCompare(other));
  const marks = counted.map(([label, count]) => el("a", { class: "mark", href: pageUrl("/", new URLSearchParams({ search: label })) }, S.things(label, count)));
  return el("section", { class: "section about-things", "aria-labelledby": "section-things" }, el("h2", { id: "section-things" }, S.thingsTitle), el("p", { class: "marks" }, ...marks));
}
