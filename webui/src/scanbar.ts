/** The slim line at the lower edge that tells how far a scan is, or else the job of captions. */
import { byId, el } from "./dom";
import { formatCount, formatDuration, formatFine } from "./format";
import { S } from "./strings";
import type { JobStatus, ScanStatus } from "./types";

const SILENT_MS = 10_000; // a job that runs is heard of twice a second

let scan: ScanStatus | null = null;
let job: JobStatus | null = null;
let silence = 0;

export function isRunning(status: ScanStatus | null): boolean {
  return status !== null && status.state === "running";
}

/** Done of total, rate, time left and failures, as far as the scan knows them. */
export function scanFacts(status: ScanStatus): string[] {
  const facts: string[] = [];
  if (status.total) facts.push(S.doneOf(formatCount(status.done ?? 0), formatCount(status.total)));
  else if (status.done) facts.push(S.photos(formatCount(status.done), status.done === 1));
  if (status.rate_per_s) facts.push(S.perSecond(formatFine(Number(status.rate_per_s.toPrecision(3)))));
  if (status.eta_s != null && status.eta_s > 0) facts.push(S.timeLeft(formatDuration(status.eta_s)));
  return facts;
}

/** Done of total, rate and time left of a job. */
export function jobFacts(status: JobStatus): string[] {
  const facts = status.total ? [S.doneOf(formatCount(status.done), formatCount(status.total))] : [];
  if (status.state !== "running" || status.waiting) return facts;
  if (status.rate_per_s) facts.push(status.rate_per_s < 1 ? S.perMinute(formatFine(Number((status.rate_per_s * 60).toPrecision(2)))) : S.perSecond(formatFine(Number(status.rate_per_s.toPrecision(3)))));
  if (status.eta_s) facts.push(S.timeLeft(formatDuration(status.eta_s)));
  return facts;
}

export function showScanBar(status: ScanStatus): void {
  scan = status;
  draw();
}

export function showJobBar(status: JobStatus): void {
  job = status;
  clearTimeout(silence);
  silence = window.setTimeout(() => {
    job = null;
    draw();
  }, SILENT_MS);
  draw();
}

function draw(): void {
  const bar = byId("scanbar");
  if (scan && isRunning(scan)) {
    const phase = S.phases[scan.phase ?? ""] ?? S.states[scan.state] ?? S.scanning;
    drawLine(bar, phase, scanFacts(scan), scan.failed ? S.failed(formatCount(scan.failed), scan.failed === 1) : "", scan.done ?? 0, scan.total ?? 0);
  } else if (job?.state === "running") {
    const facts = [...jobFacts(job), ...(job.waiting ? [S.waitingFor(job.waiting)] : [])];
    drawLine(bar, S.jobs[job.kind] ?? "", facts, job.failed ? S.inVain(formatCount(job.failed)) : "", job.done, job.total);
  } else {
    bar.hidden = true;
  }
}

function drawLine(bar: HTMLElement, title: string, facts: string[], bad: string, done: number, total: number): void {
  bar.hidden = false;
  let progress = bar.querySelector("progress");
  if (!progress) {
    progress = el("progress", { "aria-label": S.scanning });
    bar.replaceChildren(progress, el("a", { href: "/scan", class: "line" }));
  }
  progress.setAttribute("aria-label", title);
  if (total) {
    progress.max = total;
    progress.value = Math.min(done, total);
  } else {
    progress.removeAttribute("value");
  }
  const line = bar.querySelector("a");
  line?.replaceChildren(el("strong", {}, title), ...facts.map((fact) => el("span", {}, fact)), ...(bad ? [el("span", { class: "bad" }, bad)] : []));
}
