/** Lines over the picture: the composition pattern that was found, and the main subject. */
import { svg } from "./dom";
import type { PhotoDetails } from "./types";

const GOLDEN = 0.382;

/** Guide lines of a pattern in a picture of `w` x `h` units; `box` is the main subject there, if any. */
function guides(pattern: string, w: number, h: number, box: [number, number, number, number] | null): Node[] {
  const line = (x1: number, y1: number, x2: number, y2: number) => svg("line", { x1, y1, x2, y2 });
  const path = (d: string) => svg("path", { d });
  const [cx, cy] = box ? [(box[0] + box[2] / 2) * w, (box[1] + box[3] / 2) * h] : [w / 2, h / 2];
  const cross = (share: number) => [line(w * share, 0, w * share, h), line(w * (1 - share), 0, w * (1 - share), h), line(0, h * share, w, h * share), line(0, h * (1 - share), w, h * (1 - share))];
  switch (pattern) {
    case "golden_ratio":
      return cross(GOLDEN);
    case "center":
      return [line(w / 2, 0, w / 2, h), line(0, h / 2, w, h / 2), svg("circle", { cx: w / 2, cy: h / 2, r: Math.min(w, h) / 4 })];
    case "diagonal":
      return [line(0, 0, w, h), line(0, h, w, 0)];
    case "horizontal":
      return [1, 2, 3].map((n) => line(0, (h * n) / 4, w, (h * n) / 4));
    case "vertical":
      return [1, 2, 3].map((n) => line((w * n) / 4, 0, (w * n) / 4, h));
    case "symmetric":
      return [line(w / 2, 0, w / 2, h)];
    case "triangle":
      return [path(`M ${w / 2} ${h * 0.12} L ${w * 0.9} ${h * 0.88} L ${w * 0.1} ${h * 0.88} Z`)];
    case "curved":
      return [path(`M 0 ${h} C ${w * 0.7} ${h}, ${w * 0.9} ${h * 0.62}, ${w * 0.5} ${h * 0.5} S ${w * 0.3} 0, ${w} 0`)];
    case "radial":
    case "vanishing_point":
      return [
        ...[0, 0.25, 0.5, 0.75, 1].flatMap((t) => [line(cx, cy, w * t, 0), line(cx, cy, w * t, h)]),
        ...[0.33, 0.67].flatMap((t) => [line(cx, cy, 0, h * t), line(cx, cy, w, h * t)]),
      ];
    case "pattern":
      return [1, 2, 3, 4, 5].flatMap((n) => [line((w * n) / 6, 0, (w * n) / 6, h), line(0, (h * n) / 6, w, (h * n) / 6)]);
    case "fill_frame":
      return [svg("rect", { x: w * 0.06, y: h * 0.06, width: w * 0.88, height: h * 0.88 })];
    default:
      return cross(1 / 3);
  }
}

/** Draw what is switched on over `picture`; earlier lines go away. */
export function drawOverlay(picture: HTMLElement, photo: PhotoDetails, show: { pattern: boolean; subject: boolean }): void {
  picture.querySelector(".overlay")?.remove();
  const [w, h] = [1000, (1000 * (photo.image_height || 2)) / (photo.image_width || 3)];
  const box = photo.details?.subject_box ?? null;
  const lines = show.pattern ? guides(photo.composition_pattern ?? "rule_of_thirds", w, h, box) : [];
  if (show.subject && box) lines.push(svg("rect", { class: "subject", x: box[0] * w, y: box[1] * h, width: box[2] * w, height: box[3] * h, rx: 6 }));
  if (!lines.length) return;
  const twice = [svg("g", { class: "shade" }, ...lines.map((node) => node.cloneNode(true))), svg("g", { class: "ink" }, ...lines)];
  picture.append(svg("svg", { class: "overlay", viewBox: `0 0 ${w} ${h}`, preserveAspectRatio: "none", "aria-hidden": "true" }, ...twice));
}
