/** The slim line at the lower edge that tells how far a scan is. */
import { byId, el } from "./dom";
import { formatCount, formatDuration, formatFine } from "./format";
import { S } from "./strings";
import type { ScanStatus } from "./types";

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

export function showScanBar(status: ScanStatus): void {
  const bar = byId("scanbar");
  const running = isRunning(status);
  bar.hidden = !running;
  if (!running) return;
  let progress = bar.querySelector("progress");
  if (!progress) {
    progress = el("progress", { "aria-label": S.scanning });
    bar.replaceChildren(progress, el("a", { href: "/scan", class: "line" }));
  }
  if (status.total) {
    progress.max = status.total;
    progress.value = Math.min(status.done ?? 0, status.total);
  } else {
    progress.removeAttribute("value");
  }
  const phase = S.phases[status.phase ?? ""] ?? S.states[status.state] ?? S.scanning;
  const line = bar.querySelector("a");
  line?.replaceChildren(
    el("strong", {}, phase),
    ...scanFacts(status).map((fact) => el("span", {}, fact)),
    ...(status.failed ? [el("span", { class: "bad" }, S.failed(formatCount(status.failed), status.failed === 1))] : []),
  );
}
