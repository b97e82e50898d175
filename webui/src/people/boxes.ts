/** Boxes with labels over the picture: faces with names, and things. */
import { el } from "../dom";
import { S } from "../strings";
import type { Thing } from "../types";
import { labelOf } from "./inphoto";
import type { Face } from "./model";

export interface BoxesShown {
  faces: Face[];
  things: Thing[];
  /** Draw everything, or only the face that is pointed at. */
  all: boolean;
  pointed: number | null;
}

/** Draw them over `picture`; earlier ones go away. They are decoration: the panel says the same in words. */
export function drawBoxes(picture: HTMLElement, { faces, things, all, pointed }: BoxesShown): void {
  picture.querySelector(".boxes")?.remove();
  const wanted = all ? faces : faces.filter(({ id }) => id === pointed);
  const nodes = [
    ...(all ? things.map((thing) => box("thing", [thing.x, thing.y, thing.width, thing.height], S.thing(thing.label))) : []),
    ...wanted.map((face) => box(face.id === pointed ? "face-box pointed" : "face-box", face.box, labelOf(face))),
  ];
  if (nodes.length) picture.append(el("div", { class: "boxes", "aria-hidden": "true" }, ...nodes));
}

function box(kind: string, [x, y, width, height]: [number, number, number, number], label: string): HTMLElement {
  const node = el("div", { class: `box ${kind}` }, label ? el("bdi", {}, label) : null);
  const share = (value: number) => `${Math.max(0, Math.min(1, value)) * 100}%`;
  Object.assign(node.style, { left: share(x), top: share(y), width: share(Math.min(width, 1 - x)), height: share(Math.min(height, 1 - y)) });
  return node;
}
