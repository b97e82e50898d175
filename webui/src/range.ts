/** A range filter: two thumbs on one track and two number fields that say the same. */
import { el } from "./dom";
import { S } from "./strings";
import type { Metric } from "./types";

const LOG_TICKS = 200;

/** Where the registry has no upper end: the span that cameras and pictures cover. Beyond it there is no limit. */
const SPANS: Record<string, { low: number; high: number; log?: boolean }> = {
  iso: { low: 25, high: 102400, log: true },
  f_stop: { low: 0.7, high: 45, log: true },
  shutter_speed: { low: 1 / 8000, high: 60, log: true },
  focal_length: { low: 3, high: 1200, log: true },
  face_count: { low: 0, high: 20 },
  noise_sigma: { low: 0, high: 30 },
  sharpness_laplacian: { low: 1, high: 20000, log: true },
  sharpness_multiscale: { low: 0.001, high: 1000, log: true },
};

/** How a slider of whole ticks stands for values; `toTick(fromTick(t))` is `t`. */
export interface Scale {
  ticks: number;
  toTick(value: number): number;
  fromTick(tick: number): number;
}

/** The slider scale of a metric, or null where no span is known. */
export function scaleOf(metric: Metric): Scale | null {
  const span = SPANS[metric.key];
  const low = span?.low ?? metric.low;
  const high = metric.high ?? span?.high;
  if (low == null || high == null || high <= low) return null;
  if (span?.log) {
    const width = Math.log(high / low);
    const round = (value: number) => (metric.kind === "integer" ? Math.round(value) : Number(value.toPrecision(3)));
    return {
      ticks: LOG_TICKS,
      toTick: (value) => Math.round((Math.log(Math.max(low, value) / low) / width) * LOG_TICKS),
      fromTick: (tick) => round(low * Math.exp((tick / LOG_TICKS) * width)),
    };
  }
  const step = metric.kind === "integer" ? 1 : metric.kind === "ratio" ? 0.01 : 0.1;
  const ticks = Math.round((high - low) / step);
  return { ticks, toTick: (value) => Math.round((value - low) / step), fromTick: (tick) => Number((low + tick * step).toFixed(2)) };
}

export class RangeFilter {
  readonly node: HTMLElement;
  readonly #numbers: [HTMLInputElement, HTMLInputElement];
  readonly #thumbs: [HTMLInputElement, HTMLInputElement] | null = null;
  readonly #fill = el("span", { class: "fill" });
  readonly #scale: Scale | null;
  readonly #ticks: number;
  readonly #factor: number;

  /** `onChange` gets the two ends as the API wants them, "" for none. */
  constructor(
    metric: Metric,
    private readonly onChange: (low: string, high: string) => void,
  ) {
    this.#scale = scaleOf(metric);
    this.#ticks = this.#scale?.ticks ?? 0;
    this.#factor = metric.kind === "ratio" ? 100 : 1;
    const unit = metric.kind === "ratio" ? "%" : metric.unit === "f/" ? "" : metric.unit;
    const number = (label: string) => {
      const input = el("input", { type: "number", inputmode: "decimal", step: metric.kind === "integer" ? 1 : "any", "aria-label": unit ? `${label} (${unit})` : label, placeholder: "–" });
      input.addEventListener("change", () => this.#commit());
      return input;
    };
    this.#numbers = [number(S.minimum(metric.label)), number(S.maximum(metric.label))];
    this.node = el("div", { class: "range" });
    if (this.#scale) {
      const thumb = (label: string, which: 0 | 1) => {
        const input = el("input", { type: "range", min: 0, max: this.#ticks, step: 1, value: which ? this.#ticks : 0, "aria-label": label });
        input.addEventListener("input", () => this.#slide(which));
        input.addEventListener("change", () => this.#commit());
        return input;
      };
      this.#thumbs = [thumb(S.minimum(metric.label), 0), thumb(S.maximum(metric.label), 1)];
      this.node.append(el("div", { class: "track" }, this.#fill, ...this.#thumbs));
    }
    this.node.append(el("div", { class: "ends" }, this.#numbers[0], el("span", { class: "unit" }, unit ?? ""), this.#numbers[1]));
    this.set("", "");
  }

  /** Show the two ends; nothing is reported. */
  set(low: string, high: string): void {
    [low, high].forEach((value, which) => {
      const input = this.#numbers[which as 0 | 1];
      input.value = value === "" ? "" : String(Number((Number(value) * this.#factor).toPrecision(7)));
    });
    this.#followNumbers();
  }

  #followNumbers(): void {
    const thumbs = this.#thumbs;
    const scale = this.#scale;
    if (!thumbs || !scale) return;
    const [low, high] = this.#numbers;
    thumbs[0].value = String(low.value === "" ? 0 : scale.toTick(Number(low.value) / this.#factor));
    thumbs[1].value = String(high.value === "" ? this.#ticks : scale.toTick(Number(high.value) / this.#factor));
    this.#paint();
  }

  #slide(which: 0 | 1): void {
    const thumbs = this.#thumbs;
    const scale = this.#scale;
    if (!thumbs || !scale) return;
    const [low, high] = [Number(thumbs[0].value), Number(thumbs[1].value)];
    if (low > high) thumbs[which].value = String(which ? low : high);
    const tick = Number(thumbs[which].value);
    const open = tick === (which ? this.#ticks : 0);
    this.#numbers[which].value = open ? "" : String(Number((scale.fromTick(tick) * this.#factor).toPrecision(6)));
    this.#paint();
  }

  #paint(): void {
    if (!this.#thumbs) return;
    const [low, high] = this.#thumbs.map((thumb) => (Number(thumb.value) / this.#ticks) * 100);
    this.#fill.style.insetInlineStart = `${low}%`;
    this.#fill.style.insetInlineEnd = `${100 - (high ?? 100)}%`;
    // Two thumbs on the upper end: the lower one must stay within reach.
    this.#thumbs[0].style.zIndex = (low ?? 0) > 50 ? "3" : "2";
  }

  #commit(): void {
    const [low, high] = this.#numbers.map((input) => (input.value === "" ? "" : String(Number((Number(input.value) / this.#factor).toPrecision(7)))));
    this.#followNumbers();
    this.onChange(low ?? "", high ?? "");
  }
}
