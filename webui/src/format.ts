/** Numbers, dates and units as a person in this place writes them. */
import { LANGUAGE } from "./i18n";
import { S } from "./strings";
import type { Metric } from "./types";

const language = LANGUAGE;
const here = navigator.language.startsWith(language) ? navigator.language : language;
const whole = new Intl.NumberFormat(language, { maximumFractionDigits: 0 });
const tenths = new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const hundredths = new Intl.NumberFormat(language, { maximumFractionDigits: 2 });
const cents = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const short = new Intl.NumberFormat(language, { maximumSignificantDigits: 3 });
const signed = new Intl.NumberFormat(language, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
const percent = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 1 });
const day = new Intl.DateTimeFormat(here, { dateStyle: "medium", timeZone: "UTC" });
const moment = new Intl.DateTimeFormat(here, { dateStyle: "full", timeStyle: "medium", timeZone: "UTC" });
const stamp = new Intl.DateTimeFormat(here, { dateStyle: "medium", timeStyle: "short" });

export const formatCount = (n: number): string => whole.format(n);
export const formatScore = (n: number): string => tenths.format(n);
export const formatPoints = (n: number): string => signed.format(n);
/** Points of a score as a sum is written: always two decimals. */
export const formatSum = (n: number): string => cents.format(n);
export const formatFine = (n: number): string => hundredths.format(n);
export const formatShare = (n: number): string => percent.format(n);

/** Photos keep local wall time: its numbers are shown as they are, never moved to the reader's zone. */
function wallTime(iso: string): Date | null {
  const m = /^(\d{4})-(\d\d)-(\d\d)(?:[T ](\d\d):(\d\d)(?::(\d\d))?)?/.exec(iso);
  if (!m) return null;
  const time = new Date(0);
  time.setUTCFullYear(Number(m[1]), Number(m[2]) - 1, Number(m[3]));
  time.setUTCHours(Number(m[4] ?? 0), Number(m[5] ?? 0), Number(m[6] ?? 0));
  return time;
}

export function formatDay(iso: string): string {
  const time = wallTime(iso);
  return time ? day.format(time) : iso;
}

export function formatMoment(iso: string): string {
  const time = wallTime(iso);
  if (!time) return iso;
  const offset = /([+-]\d\d:\d\d)$/.exec(iso)?.[1];
  return moment.format(time) + (offset ? ` (${offset})` : "");
}

/** A point in time of this machine: ISO text or seconds since 1970. */
export function formatStamp(at: string | number | null): string {
  if (at === null) return "";
  const time = new Date(typeof at === "number" ? at * 1000 : at);
  return Number.isNaN(time.getTime()) ? String(at) : stamp.format(time);
}

export function formatBytes(n: number): string {
  let unit = 0;
  while (n >= 1000 && unit < S.bytes.length - 1) {
    n /= 1000;
    unit++;
  }
  return `${unit === 0 ? whole.format(n) : short.format(n)} ${S.bytes[unit] ?? ""}`;
}

export function formatDuration(seconds: number): string {
  if (seconds < 60) return S.seconds(whole.format(Math.max(1, Math.round(seconds))));
  if (seconds < 5400) return S.minutes(whole.format(Math.round(seconds / 60)));
  return S.hours(tenths.format(seconds / 3600));
}

/** Exposure time the way cameras write it: 1/250 s, 0.8 s, 30 s. */
export function formatShutter(value: string | number): string {
  if (typeof value === "string" && value.includes("/")) return S.seconds(value);
  const seconds = Number(value);
  if (!Number.isFinite(seconds) || seconds <= 0) return String(value);
  return S.seconds(seconds < 0.3 ? `1/${whole.format(Math.round(1 / seconds))}` : short.format(seconds));
}

/** The value of a metric with its unit. */
export function formatMetric(metric: Pick<Metric, "key" | "kind" | "unit">, value: unknown): string {
  if (value === null || value === undefined || value === "") return "–";
  if (metric.kind === "flag") return value ? S.yesFlag : S.noFlag;
  if (metric.key === "shutter_speed") return formatShutter(value as string | number);
  if (typeof value !== "number") return String(value);
  switch (metric.kind) {
    case "score":
      return formatScore(value);
    case "ratio":
      return formatShare(value);
    case "integer":
      return whole.format(value);
  }
  const text = Math.abs(value) >= 1000 ? whole.format(value) : short.format(value);
  if (metric.unit === "f/") return `f/${text}`;
  return metric.unit ? `${text} ${metric.unit}` : text;
}

/** Step of the scale that a score belongs to, 0 (poor) .. 5 (best); thresholds come from the configuration. */
export function scoreLevel(score: number, thresholds: Record<string, number>): number {
  const steps = [4, thresholds["good"] ?? 6, thresholds["great"] ?? 7, thresholds["excellent"] ?? 8, thresholds["best"] ?? 9];
  return steps.filter((step) => score >= step).length;
}

/** `street_photo` as `Street photo`. */
export function humanize(key: string): string {
  const words = key.replaceAll("_", " ").trim();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

const QUOTES: Record<string, [string, string]> = { en: ["“", "”"], de: ["„", "“"], fr: ["«\u00a0", "\u00a0»"], es: ["«", "»"], it: ["«", "»"] };

/** `text` in the quotation marks of the language. */
export function quoted(text: string): string {
  const [open, close] = QUOTES[language] ?? ["“", "”"];
  return `${open}${text}${close}`;
}
