/** The section of the scan page that has models describe photos and translate captions, and tells how far they are. */
import { getJson, postJson } from "./api";
import { notice } from "./chrome";
import { byId, el, icon } from "./dom";
import { formatCount } from "./format";
import { jobFacts } from "./scanbar";
import { S } from "./strings";
import type { Config, JobStatus } from "./types";

let can = { describe: false, translate: false };
let heard = false;

/** Show the section where models can do something. */
export async function startCaptionJob(): Promise<void> {
  try {
    const config = await getJson<Config>("/api/config");
    if (!config.features?.["show_captions"]) return;
    const ready = (name: string): boolean => config.capabilities?.[name]?.state === "ready";
    can = { describe: ready("captioning"), translate: ready("translation") };
    if (!can.describe && !can.translate) return;
    byId("captions").hidden = false;
    const status = await getJson<JobStatus>("/api/captions/status");
    if (!heard) draw(status);
  } catch {
    // the page stands without the section
  }
}

/** The job went on, began or ended. */
export function onCaptionJob(status: JobStatus): void {
  heard = true;
  draw(status);
}

function draw(status: JobStatus): void {
  const box = byId("captions-status");
  const running = status.state === "running";
  const focused = document.activeElement instanceof HTMLElement && box.contains(document.activeElement);
  const title = running ? (S.jobs[status.kind] ?? "") : status.error ? S.jobFailed : status.cancelled ? S.states["cancelled"] : status.finished_at ? S.jobDone : S.jobNone;
  const progress = running ? el("progress", { "aria-label": title }) : null;
  if (progress && status.total) {
    progress.max = status.total;
    progress.value = status.done;
  }
  const button = (label: string, name: "square" | "pencil" | "languages", path: string): HTMLButtonElement => {
    const sign = name === "square" ? icon("square") : name === "pencil" ? icon("pencil") : icon("languages");
    const made = el("button", { class: "button", type: "button" }, sign, label);
    made.addEventListener("click", () => void post(path));
    return made;
  };
  const buttons = running
    ? [button(S.cancelJob, "square", "/api/captions/cancel")]
    : [can.describe && button(S.describePhotos, "pencil", "/api/captions/generate"), can.translate && button(S.translateCaptions, "languages", "/api/captions/translate")];
  const facts = running || status.finished_at ? jobFacts(status) : [];
  const state = el("p", { class: "state" }, el("strong", {}, title), ...facts.map((fact) => el("span", { class: "fact" }, fact)), status.failed ? el("span", { class: "fact bad" }, S.inVain(formatCount(status.failed))) : null);
  box.replaceChildren(el("div", { class: "with-action" }, state, el("div", { class: "buttons" }, ...buttons)), ...(progress ? [progress] : []));
  if (status.waiting) box.append(el("p", { class: "muted", dir: "auto", role: "status" }, S.waitingFor(status.waiting)));
  if (status.error) box.append(el("p", { class: "bad", dir: "auto", role: "alert" }, status.error));
  if (status.failures.length) {
    const items = status.failures.map(({ id, message }) => el("li", {}, el("a", { href: `/photo/${id}` }, S.photoOf(String(id))), ` ${message}`));
    box.append(el("details", {}, el("summary", {}, S.inVain(formatCount(status.failed))), el("ul", {}, ...items)));
  }
  if (focused) box.querySelector("button")?.focus();
}

async function post(path: string): Promise<void> {
  try {
    const answer = await postJson<JobStatus | { cancelled: boolean }>(path, {});
    if ("kind" in answer) draw(answer);
  } catch (error) {
    notice("captions", error instanceof Error ? error.message : String(error));
  }
}
