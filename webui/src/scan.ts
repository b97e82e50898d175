/** The scan page: progress, folders, and the files that cannot be read. */
import { getJson, postJson } from "./api";
import { onCaptionJob, startCaptionJob } from "./captionjob";
import { connectionNotice, notice, offerKeys } from "./chrome";
import { byId, debounce, el, icon } from "./dom";
import { askScan, follow } from "./events";
import { formatBytes, formatCount, formatStamp, humanize } from "./format";
import { wireSearch } from "./header";
import { MAY_EDIT, MAY_SCAN } from "./rights";
import { isRunning, scanFacts } from "./scanbar";
import { S } from "./strings";
import type { Failure, Root, ScanStatus } from "./types";

let status: ScanStatus | null = null;
let failedBefore: number | null | undefined = null;
let failuresPage = 1;

offerKeys("gallery");
wireSearch();
follow({ scan: onScan, captions: onCaptionJob, photos: () => reloadRoots(), resumed: () => reloadRoots(), connected: connectionNotice });
void refresh();
if (MAY_EDIT) void startCaptionJob();
void loadFailures(1);

const reloadRoots = debounce(800, () => void refresh());
const reloadFailures = debounce(800, () => void loadFailures(1));

async function refresh(): Promise<void> {
  try {
    onScan(await askScan());
  } catch (error) {
    showProblem(byId("status"), error, () => void refresh());
  }
}

function onScan(next: ScanStatus): void {
  const wasRunning = isRunning(status);
  status = { ...next, roots: next.roots ?? status?.roots ?? [] };
  showStatus(status);
  showRoots(status.roots ?? []);
  if (next.failed !== failedBefore || wasRunning !== isRunning(status)) {
    failedBefore = next.failed;
    reloadFailures();
  }
}

function showStatus(now: ScanStatus): void {
  const box = byId("status");
  box.removeAttribute("aria-busy");
  const running = isRunning(now);
  const button = el("button", { class: "button", type: "button", id: "scan-button" }, running ? icon("square") : icon("refresh-cw"), running ? S.cancelScan : S.startScan);
  button.disabled = now.roots?.length === 0;
  button.addEventListener("click", () => void (running ? post("/api/scan/cancel") : post("/api/scan/start")));
  const hadFocus = document.activeElement?.id === "scan-button";
  const progress = running ? el("progress", { "aria-label": S.scanning }) : null;
  if (progress && now.total) {
    progress.max = now.total;
    progress.value = Math.min(now.done ?? 0, now.total);
  }
  const title = running ? (S.phases[now.phase ?? ""] ?? S.states[now.state] ?? S.scanning) : (S.states[now.cancelled ? "cancelled" : now.state] ?? humanize(now.state));
  box.replaceChildren(
    el("div", { class: "with-action" }, el("p", { class: "state" }, el("strong", {}, title), ...(running ? scanFacts(now) : []).map((fact) => el("span", { class: "fact" }, fact)), now.failed ? el("span", { class: "fact bad" }, S.failed(formatCount(now.failed), now.failed === 1)) : null), MAY_SCAN && button),
    ...(progress ? [progress] : []),
    ...(now.confirm ?? []).map((lost) => vanished(lost.root, lost.missing, lost.photos)),
    ...(!running && now.finished_at ? [el("p", { class: "muted" }, S.lastScan(formatStamp(now.finished_at)))] : []),
    ...(now.unseen ? [el("p", { class: "muted", id: "scan-unseen" }, S.unseen(formatCount(now.unseen), now.unseen === 1), now.waiting_for ? ` (${now.waiting_for})` : "")] : []),
    ...(running && now.current ? [el("p", { class: "muted current", dir: "auto" }, `${S.current}: `, el("bdi", {}, now.current))] : []),
  );
  if (hadFocus) document.getElementById("scan-button")?.focus();
}

/** Many photos vanished at once: only a person may say that they are gone. */
function vanished(root: string, missing: number, photos: number): HTMLElement {
  const button = el("button", { class: "button", type: "button" }, S.confirmVanished);
  button.addEventListener("click", () => void post("/api/scan/start", { confirm_missing: true }));
  return el("div", { class: "banner with-action", role: "alert" }, el("p", {}, S.vanished(root, formatCount(missing), formatCount(photos))), MAY_SCAN && button);
}

async function post(url: string, body: object = {}): Promise<void> {
  try {
    await postJson(url, body);
    await refresh();
  } catch (error) {
    notice("scan", error instanceof Error ? error.message : String(error));
  }
}

function showRoots(roots: Root[]): void {
  const box = byId("roots");
  if (!roots.length) {
    box.replaceChildren(el("p", {}, S.noRoots), el("pre", {}, el("code", {}, S.commandServe)));
    return;
  }
  const rows = roots.map((root) => {
    return el(
      "tr",
      {},
      el("th", { scope: "row" }, el("bdi", {}, root.name), el("code", { class: "path muted" }, root.path)),
      el("td", {}, el("span", { class: root.online ? "dot good" : "dot bad" }, root.online ? S.online : S.offlineRoot)),
      el("td", { class: "number" }, formatCount(root.photo_count)),
    );
  });
  const head = el("tr", {}, el("th", { scope: "col" }, S.columnFolder), el("th", { scope: "col" }, S.columnState), el("th", { scope: "col", class: "number" }, S.columnPhotos));
  box.replaceChildren(el("table", { class: "list" }, el("thead", {}, head), el("tbody", {}, ...rows)));
}

/** Page 1 replaces the list; later pages add to it. */
async function loadFailures(page: number): Promise<void> {
  const box = byId("failures");
  try {
    const { failures, total } = await getJson<{ failures: Failure[]; total: number }>(`/api/failures?page=${page}`);
    failuresPage = page;
    byId("failures-total").textContent = total ? formatCount(total) : "";
    if (total === 0) {
      box.replaceChildren(el("p", { class: "muted" }, S.noFailures));
      return;
    }
    const rows = failures.map(failureRow);
    const body = page > 1 ? box.querySelector("tbody") : null;
    if (body) body.append(...rows);
    else box.replaceChildren(failureTable(rows), ...(MAY_SCAN ? [retryButton()] : []));
    box.querySelector(".more")?.remove();
    if (box.querySelectorAll("tbody tr").length < total && failures.length) {
      const more = el("button", { class: "button more", type: "button" }, S.showMore);
      more.addEventListener("click", () => void loadFailures(failuresPage + 1));
      box.querySelector(".list")?.after(more);
    }
  } catch (error) {
    showProblem(box, error, () => void loadFailures(page));
  }
}

function retryButton(): HTMLElement {
  const button = el("button", { class: "button retry", type: "button" }, icon("rotate-ccw"), S.retryFailed);
  button.addEventListener("click", () => void post("/api/scan/start", { retry_failed: true }));
  return button;
}

function failureTable(rows: HTMLElement[]): HTMLElement {
  const head = [S.columnFile, S.columnReason, S.columnSize, S.columnSeen].map((text, n) => el("th", { scope: "col", class: n === 2 ? "number" : "" }, text));
  return el("table", { class: "list failures" }, el("thead", {}, el("tr", {}, ...head)), el("tbody", {}, ...rows));
}

function failureRow(failure: Failure): HTMLElement {
  return el(
    "tr",
    {},
    el("th", { scope: "row" }, el("code", { class: "path", dir: "auto" }, failure.path)),
    el("td", {}, failure.message || humanize(failure.reason), el("small", { class: "muted" }, humanize(failure.reason))),
    el("td", { class: "number" }, failure.size === null ? "" : formatBytes(failure.size)),
    el("td", {}, formatStamp(failure.at)),
  );
}

function showProblem(box: HTMLElement, error: unknown, retry: () => void): void {
  box.removeAttribute("aria-busy");
  const button = el("button", { class: "button", type: "button" }, S.retry);
  button.addEventListener("click", retry);
  box.replaceChildren(el("div", { role: "alert" }, el("p", {}, error instanceof Error ? error.message : String(error)), button));
}
