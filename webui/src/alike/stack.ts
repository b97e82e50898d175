/** In the gallery: the photos behind a cell that stands for a burst or for copies. */
import { isAbort } from "../api";
import { el, icon } from "../dom";
import { S } from "../strings";
import type { Photo } from "../types";
import { groupIcon, strip } from "./groups";
import { groupTitle, groupsOf, membership } from "./model";

let dialog: HTMLDialogElement | null = null;

/** What the badge of a cell says; null for a photo that stands for itself. */
export function stackBadge(photo: Photo): HTMLButtonElement | null {
  const kinds = membership(photo);
  const first = kinds[0];
  if (!first) return null;
  const text = kinds.map(({ kind, count }) => groupTitle(kind, count)).join(", ");
  return el("button", { class: "stack", type: "button", tabindex: -1, title: text, "aria-label": S.showGroup(text) }, groupIcon(first.kind), String(Math.max(...kinds.map(({ count }) => count))));
}

/** Show the groups of `photo` above the gallery. */
export async function openStack(photo: Photo, leave: () => void): Promise<void> {
  dialog?.close();
  const close = el("button", { class: "tool", type: "button", "aria-label": S.close }, icon("x"));
  const body = el("div", { class: "stack-body", "aria-busy": "true" });
  const made = (dialog = el("dialog", { class: "stack-dialog", "aria-labelledby": "stack-title" }, el("header", {}, el("h2", { id: "stack-title" }, photo.filename), close), body));
  for (const { kind } of membership(photo)) body.append(el("h3", {}, groupIcon(kind)), el("div", { class: "frames-slot" }));
  close.addEventListener("click", () => made.close());
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  made.addEventListener("close", () => {
    made.remove();
    leave();
  });
  document.body.append(made);
  made.showModal();
  try {
    const groups = await groupsOf(photo.id);
    body.replaceChildren(...groups.flatMap((group) => [el("h3", {}, groupIcon(group.type), groupTitle(group.type, group.count), " ", el("span", { class: "muted" }, S.groupReasons[group.type])), strip(group, photo.id)]));
    if (!groups.length) body.replaceChildren(el("p", { class: "muted" }, S.groupGone));
    body.querySelector<HTMLElement>("a")?.focus();
  } catch (error) {
    if (!isAbort(error)) body.replaceChildren(el("p", { role: "alert" }, error instanceof Error ? error.message : String(error)));
  } finally {
    body.removeAttribute("aria-busy");
  }
}
