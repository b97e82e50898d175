/** The burst and the copies that one photo belongs to, as strips with the best photo first. */
import { el, icon } from "../dom";
import { formatCount } from "../format";
import { S } from "../strings";
import { groupTitle, groupsOf, membership, type Group } from "./model";
import { scoreNote, thumb } from "./thumb";

/** A strip of a group's photos; the one that is `current` is marked. */
export function strip(group: Group, current: number | null, size: 240 | 640 = 240): HTMLElement {
  const items = group.photos.map((photo) => el("li", {}, thumb(photo, { size, best: photo.id === group.best_id, current: photo.id === current, note: scoreNote(photo) })));
  const hidden = group.count - group.photos.length;
  if (hidden > 0) items.push(el("li", { class: "rest muted" }, S.andMore(formatCount(hidden))));
  return el("ul", { class: "frames", "aria-label": groupTitle(group.type, group.count) }, ...items);
}

export function groupIcon(kind: Group["type"]): SVGElement {
  switch (kind) {
    case "duplicate":
      return icon("copy");
    case "panorama":
      return icon("rectangle-horizontal");
    case "bracket":
      return icon("sun-dim");
    default:
      return icon("layers");
  }
}

/** A section that is as high as it will be from the start; null for a photo that belongs to no group. */
export function groupsSection(photo: { id: number; [key: string]: unknown }): HTMLElement | null {
  const kinds = membership(photo);
  if (!kinds.length) return null;
  const boxes = kinds.map(({ kind, count }) => {
    const title = el("h2", { id: `section-${kind}` }, groupIcon(kind), groupTitle(kind, count));
    return { kind, node: el("section", { class: "section in-group", "aria-labelledby": title.id, "aria-busy": "true" }, title, el("p", { class: "muted" }, S.groupReasons[kind]), el("div", { class: "frames-slot" })) };
  });
  groupsOf(photo.id).then(
    (groups) => {
      for (const { kind, node } of boxes) {
        const group = groups.find((each) => each.type === kind);
        node.removeAttribute("aria-busy");
        if (group) node.querySelector(".frames-slot")!.replaceChildren(strip(group, photo.id));
        else node.remove();
      }
    },
    () => boxes.forEach(({ node }) => node.remove()), // the photo stands without its neighbours
  );
  return el("div", {}, ...boxes.map(({ node }) => node));
}
