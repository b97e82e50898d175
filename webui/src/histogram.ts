/** The histogram: luminance as an area, red, green and blue as lines. */
import { el, svg } from "./dom";
import { formatShare } from "./format";
import { S } from "./strings";
import type { Histogram, PhotoDetails } from "./types";

const HEIGHT = 100;

/** Heights 0..1 on a square-root scale, which keeps small amounts visible. One full bin does not flatten the rest. */
function heights(bins: number[]): number[] {
  const sorted = [...bins].sort((a, b) => b - a);
  const top = Math.max(1, sorted[Math.min(1, sorted.length - 1)] ?? 1, (sorted[0] ?? 1) / 3);
  return bins.map((value) => Math.sqrt(Math.min(1, value / top)));
}

function points(bins: number[]): string {
  const step = bins.length > 1 ? 256 / (bins.length - 1) : 256;
  return heights(bins)
    .map((value, n) => `${(n * step).toFixed(1)} ${(HEIGHT * (1 - value)).toFixed(1)}`)
    .join(" L ");
}

export function histogramFigure(histogram: Histogram, photo: PhotoDetails): HTMLElement {
  const chart = svg("svg", { class: "histogram", viewBox: `0 -2 256 ${HEIGHT + 4}`, preserveAspectRatio: "none", role: "img", "aria-label": S.histogramLabel });
  for (const x of [64, 128, 192]) chart.append(svg("line", { class: "stop", x1: x, x2: x, y1: 0, y2: HEIGHT }));
  chart.append(svg("path", { class: "luminance", d: `M 0 ${HEIGHT} L ${points(histogram.l)} L 256 ${HEIGHT} Z` }));
  for (const channel of ["r", "g", "b"] as const) chart.append(svg("path", { class: `channel-${channel}`, d: `M ${points(histogram[channel])}` }));
  const legend = el("ul", { class: "legend" }, ...(["l", "r", "g", "b"] as const).map((channel) => el("li", { class: `key-${channel}` }, S.channels[channel] ?? channel)));
  return el("figure", { class: "histogram-box" }, chart, el("figcaption", {}, legend, clipping(photo)));
}

function clipping(photo: PhotoDetails): HTMLElement {
  const [shadows, lights] = [photo["shadow_clipping"], photo["highlight_clipping"]];
  const facts: HTMLElement[] = [];
  if (typeof shadows === "number" && shadows >= 0.001) facts.push(el("span", { class: photo["shadow_clipped"] ? "bad" : "" }, S.shadowsLost(formatShare(shadows))));
  if (typeof lights === "number" && lights >= 0.001) facts.push(el("span", { class: photo["highlight_clipped"] ? "bad" : "" }, S.lightsLost(formatShare(lights))));
  if (!facts.length && typeof shadows === "number") facts.push(el("span", {}, S.nothingClipped));
  return el("p", { class: "clipping muted" }, ...facts.flatMap((fact, n) => (n ? [" · ", fact] : [fact])));
}
