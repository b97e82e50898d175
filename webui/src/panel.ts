/** The information panel of the photo page. */
import { groupsSection } from "./alike/groups";
import { imageUrl } from "./api";
import { captionInUse, captionLine } from "./caption";
import { categoryLabel } from "./card";
import { el, icon, recall, remember } from "./dom";
import { valueLabel } from "./drawer";
import { formatBytes, formatCount, formatFine, formatMetric, formatMoment, formatPoints, formatScore, formatShare, formatShutter, formatSum, humanize, scoreLevel } from "./format";
import { histogramFigure } from "./histogram";
import { factsOf, thingsSection } from "./people/things";
import { pageUrl } from "./query";
import { scaleOf } from "./range";
import { S } from "./strings";
import type { Breakdown, Config, Metric, PhotoDetails } from "./types";

type Row = [string, Node | string | null | undefined | false];

/** Fill `panel` with all that is known about `photo`. */
export function showPanel(panel: HTMLElement, photo: PhotoDetails, config: Config, { similar, onPattern }: { similar: HTMLElement | null; onPattern: () => void }): void {
  const sections = [
    headline(photo, config),
    config.features?.["show_captions"] ? (captionInUse(panel, photo.id) ?? captionLine(photo.id, config)) : null,
    peopleSlot(photo),
    thingsSection(factsOf(photo.objects ?? [], photo.face_count ?? 0)),
    groupsSection(photo),
    similar,
    photo.histogram ? section(S.histogram, "histogram", histogramFigure(photo.histogram, photo)) : null,
    photo.breakdown ? section(S.why, "why", breakdownTable(photo.breakdown, photo, config)) : null,
    camera(photo),
    composition(photo, config, onPattern),
    ...scores(photo, config),
    tags(photo),
    file(photo),
  ];
  const shell = el("div", { class: "panel-content" }, ...sections);
  shell.classList.toggle("terse", !recall("explanations", true));
  panel.replaceChildren(shell);
}

/** Where the people go as soon as they are known; as high as they will be, so that nothing below moves. */
function peopleSlot(photo: PhotoDetails): HTMLElement {
  const slot = el("div", { class: "people-slot" });
  const rows = Math.min(photo.face_count ?? 0, 40);
  if (rows) slot.style.minHeight = `calc(var(--people-head) + ${rows} * var(--people-row))`;
  return slot;
}

function section(title: string, name: string, ...content: (Node | null)[]): HTMLElement {
  const id = `section-${name}`;
  return el("section", { class: `section about-${name}`, "aria-labelledby": id }, el("h2", { id }, title), ...content);
}

function rows(list: Row[]): HTMLElement {
  return el("dl", { class: "rows" }, ...list.filter(([, value]) => value).flatMap(([name, value]) => [el("dt", {}, name), el("dd", { dir: "auto" }, value)]));
}

function headline(photo: PhotoDetails, config: Config): HTMLElement {
  const score = typeof photo.aggregate === "number" ? photo.aggregate : null;
  const level = score === null ? 0 : scoreLevel(score, config.quality_thresholds);
  const stars = photo.star_rating ?? 0;
  return el(
    "header",
    { class: "headline" },
    el("p", { class: `score big level-${level}`, "aria-label": score === null ? S.noScore : S.scoreOf(formatScore(score)) }, score === null ? "–" : formatScore(score)),
    el(
      "div",
      {},
      el("h1", { dir: "auto" }, photo.filename),
      el("p", { class: "muted" }, photo.date_taken ? el("time", { datetime: photo.date_taken }, formatMoment(photo.date_taken)) : S.noDate),
      el(
        "p",
        { class: "marks" },
        photo.category && el("a", { class: "mark", href: pageUrl("/", new URLSearchParams({ category: photo.category })) }, categoryLabel(photo.category, config)),
        stars > 0 && el("span", { class: "mark", "aria-label": S.stars(stars) }, "★".repeat(stars)),
        photo.offline && el("span", { class: "mark bad" }, S.offlineRoot),
      ),
    ),
  );
}

function breakdownTable(breakdown: Breakdown, photo: PhotoDetails, config: Config): HTMLElement {
  const sum = breakdown.components.reduce((total, { contribution }) => total + contribution, 0);
  const most = Math.max(0.001, ...breakdown.components.map(({ contribution }) => contribution));
  const body = [...breakdown.components]
    .sort((a, b) => b.contribution - a.contribution)
    .map((part) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, part.label || label(part.key, config)),
        el("td", { class: "number" }, formatScore(part.normalized)),
        el("td", { class: "number muted" }, formatShare(part.weight)),
        el("td", { class: "share" }, bar(part.contribution / most, null)),
        el("td", { class: "number strong" }, formatSum(part.contribution)),
      ),
    );
  const extra = breakdown.adjustments.map((part) =>
    el(
      "tr",
      { class: part.points < 0 ? "penalty" : "bonus" },
      el("th", { scope: "row", colspan: 4 }, part.key === "spread" ? S.spread : part.points < 0 ? S.penalty : S.bonus, ": ", part.reason || humanize(part.key)),
      el("td", { class: "number strong" }, formatPoints(part.points)),
    ),
  );
  const foot = [
    breakdown.adjustments.length ? el("tr", {}, el("th", { scope: "row", colspan: 4 }, S.weighed), el("td", { class: "number strong" }, formatSum(sum))) : null,
    ...extra,
    typeof photo.aggregate === "number" ? el("tr", { class: "sum" }, el("th", { scope: "row", colspan: 4 }, S.total), el("td", { class: "number strong" }, formatSum(photo.aggregate))) : null,
  ];
  const head = el("tr", {}, ...[S.components, S.value, S.weight].map((text, n) => el("th", { scope: "col", class: n ? "number" : "" }, text)), el("th", { scope: "colgroup", colspan: 2, class: "number" }, S.points));
  return el(
    "div",
    {},
    el("p", { class: "muted" }, S.whyIntro(categoryLabel(breakdown.category, config))),
    el("table", { class: "breakdown" }, el("thead", {}, head), el("tbody", {}, ...body), el("tfoot", {}, ...foot)),
    breakdown.missing.length > 0 && el("p", { class: "muted" }, S.missing(breakdown.missing.map((key) => label(key, config)).join(", "))),
  );
}

function label(key: string, config: Config): string {
  return (config.metrics.find((metric) => metric.key === key) ?? config.filters.find((metric) => metric.key === key))?.label ?? humanize(key);
}

function camera(photo: PhotoDetails): HTMLElement | null {
  const [make, model, equivalent] = [photo.camera_make ?? "", photo.camera_model ?? "", photo.focal_length_35mm];
  const brand = (make.split(" ")[0] ?? "").toLowerCase();
  const settings = [
    photo.shutter_speed && formatShutter(photo.shutter_speed),
    photo.f_stop && `f/${formatFine(photo.f_stop)}`,
    photo.iso && `ISO ${formatCount(photo.iso)}`,
    photo.focal_length && `${formatFine(photo.focal_length)} mm${equivalent && equivalent !== photo.focal_length ? ` (${formatCount(equivalent)} mm)` : ""}`,
  ].filter(Boolean);
  const list: Row[] = [
    [S.camera, model && make && !model.toLowerCase().startsWith(brand) ? `${make} ${model}` : model || make],
    [S.lens, photo.lens_model],
    [S.settings, settings.join("  ·  ")],
    ...FACTS.map((key): Row => [S.exif[key] ?? humanize(key), plain(key, photo[key])]),
    [S.place, typeof photo.gps_latitude === "number" && typeof photo.gps_longitude === "number" && [photo.place, `${photo.gps_latitude.toFixed(5)}, ${photo.gps_longitude.toFixed(5)}`].filter(Boolean).join("  ·  ")],
    [S.exif["gps_altitude"] ?? "", plain("gps_altitude", photo["gps_altitude"])],
  ];
  return list.some(([, value]) => value) ? section(S.camera, "camera", rows(list)) : null;
}

/** EXIF facts beside those that have a line of their own. */
const FACTS = ["exposure_bias", "flash_fired", "date_offset", "title", "description", "keywords"];

function plain(key: string, value: unknown): string | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "boolean") return value ? S.yesFlag : S.noFlag;
  if (Array.isArray(value)) return value.map(String).join(", ");
  if (typeof value === "number") return key === "exposure_bias" ? `${formatPoints(value)} EV` : key === "gps_altitude" ? `${formatCount(value)} m` : formatFine(value);
  return String(value);
}

function composition(photo: PhotoDetails, config: Config, onPattern: () => void): HTMLElement | null {
  const found = Object.entries(photo.details?.pattern_scores ?? {}).sort(([, a], [, b]) => b - a);
  if (!photo.composition_pattern && !found.length) return null;
  const button = el("button", { class: "mark action", type: "button" }, photo.composition_pattern ? valueLabel(config, "composition_pattern", photo.composition_pattern) : S.patternNone);
  button.title = S.showPattern;
  button.append(icon("grid-3x3"));
  button.addEventListener("click", onPattern);
  const bars = found.slice(0, 4).map(([pattern, share]) => el("div", { class: "metric slim" }, el("span", { class: "label" }, valueLabel(config, "composition_pattern", pattern)), el("span", { class: "value" }, formatShare(share)), bar(share, null)));
  return section(S.composition, "composition", el("p", {}, button), ...bars);
}

/** A section per group of the registry, with a bar per metric. */
function scores(photo: PhotoDetails, config: Config): HTMLElement[] {
  const groups = new Map<string, Metric[]>();
  for (const metric of metricsOf(config)) {
    if (metric.group === "camera" || metric.group === "general" || metric.group === "content") continue;
    if (metric.kind === "text" || metric.kind === "date" || photo[metric.key] === null || photo[metric.key] === undefined) continue;
    groups.set(metric.group, [...(groups.get(metric.group) ?? []), metric]);
  }
  if (!groups.size) return [];
  const toggle = el("button", { class: "link", type: "button", "aria-pressed": String(recall("explanations", true)) }, S.showExplanations);
  toggle.addEventListener("click", () => {
    const on = !recall("explanations", true);
    remember("explanations", on);
    toggle.setAttribute("aria-pressed", String(on));
    toggle.closest(".panel-content")?.classList.toggle("terse", !on);
  });
  const title = el("div", { class: "with-action" }, el("h2", { id: "section-scores" }, S.scores), toggle);
  const parts = [...groups].map(([group, metrics]) => el("div", { class: "group" }, el("h3", {}, metrics[0]?.group_label ?? humanize(group)), ...metrics.map((metric) => metricRow(metric, photo[metric.key], config))));
  return [el("section", { class: "section about-scores", "aria-labelledby": "section-scores" }, title, ...parts)];
}

function metricsOf(config: Config): Metric[] {
  const names = new Set(config.metrics.map(({ key }) => key));
  return [...config.metrics, ...config.filters.filter(({ key }) => !names.has(key))];
}

function metricRow(metric: Metric, value: unknown, config: Config): HTMLElement {
  const scale = metric.kind === "flag" ? null : scaleOf(metric);
  const share = scale && typeof value === "number" ? Math.min(1, Math.max(0, scale.toTick(value) / scale.ticks)) : null;
  const level = metric.kind === "score" && typeof value === "number" ? scoreLevel(value, config.quality_thresholds) : null;
  return el(
    "div",
    { class: "metric", "data-key": metric.key },
    el("span", { class: "label" }, metric.label, metric.higher_is_better === false && metric.kind !== "flag" && el("small", { class: "muted" }, ` ${S.lowerIsBetter}`)),
    el("span", { class: "value" }, formatMetric(metric, value)),
    share !== null && bar(share, level),
    metric.explain && el("p", { class: "explain" }, metric.explain),
  );
}

function bar(share: number, level: number | null): HTMLElement {
  const fill = el("span", { class: level === null ? "fill" : `fill level-${level}` });
  fill.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
  return el("span", { class: "meter", "aria-hidden": "true" }, fill);
}

function tags(photo: PhotoDetails): HTMLElement | null {
  const names = photo.tags_list ?? [];
  const colors = (photo.colors ?? (photo.color ? [photo.color] : [])).filter((color) => /^#[0-9a-f]{6}$/i.test(color));
  const swatches = colors.map((color) => {
    const node = el("li", { title: color, "aria-label": color });
    node.style.backgroundColor = color;
    return node;
  });
  if (!names.length && !swatches.length) return null;
  return section(
    names.length ? S.tags : S.colors,
    "tags",
    names.length ? el("p", { class: "marks" }, ...names.map((tag) => el("a", { class: "mark", href: pageUrl("/", new URLSearchParams({ tag })) }, el("bdi", {}, tag)))) : null,
    swatches.length ? el("ul", { class: "swatches", "aria-label": S.colors }, ...swatches) : null,
  );
}

function file(photo: PhotoDetails): HTMLElement {
  const [width, height] = [photo.image_width, photo.image_height];
  const warnings = Array.isArray(photo["warnings"]) ? photo["warnings"].map(String) : [];
  const list: Row[] = [
    [S.dimensions, width && height ? `${width} × ${height}  ·  ${S.megapixels(formatScore((width * height) / 1e6))}` : null],
    [S.format, photo.format?.toUpperCase()],
    [S.fileSize, photo.size ? formatBytes(photo.size) : null],
    [S.path, el("code", { class: "path" }, photo.path)],
    [S.oddValues, warnings.join(" ")],
  ];
  return section(S.file, "file", rows(list), el("p", {}, el("a", { class: "button", href: imageUrl(photo), download: photo.filename }, icon("download"), S.download)));
}
