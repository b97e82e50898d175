/** Bursts, copies and photos that look alike: each group with its best photo first. */
import { groupIcon, strip } from "./alike/groups";
import { groupTitle, type Group, type GroupPage, type Kind } from "./alike/model";
import { getJson, isAbort } from "./api";
import { connectionNotice, inDialog, offerKeys } from "./chrome";
import { byId, debounce, el, icon, isTyping, throttle } from "./dom";
import { follow } from "./events";
import { formatCount, formatDay, formatShare } from "./format";
import { wireSearch } from "./header";
import { changed, pageUrl, readQuery } from "./query";
import { isRunning, showJobBar, showScanBar } from "./scanbar";
import { S } from "./strings";
import type { ScanStatus } from "./types";

type Show = "bursts" | "copies" | "similar";
const PATHS: Record<Show, string> = { bursts: "/api/burst-groups", copies: "/api/duplicate-groups", similar: "/api/similar-groups" };
const KINDS: Record<Show, Kind> = { bursts: "burst", copies: "duplicate", similar: "similar" };
const USUAL = 0.85;
const PAGE = 12;
const box = byId("groups");
const more = byId("more");
const slider = byId<HTMLInputElement>("threshold");
let asked = new AbortController();
let page = 0;
let pages = 1;
let loading = false;
let scan: ScanStatus | null = null;

offerKeys("culling");
wireSearch();
wire();
open();
follow({ scan: onScan, captions: showJobBar, photos: () => changedSince(), resumed: () => changedSince(), connected: connectionNotice });

function shown(): Show {
  const asked = readQuery(location.search).get("show");
  return asked === "copies" || asked === "similar" ? asked : "bursts";
}

function threshold(): number {
  const asked = Number(readQuery(location.search).get("threshold"));
  return asked >= 0.75 && asked <= 0.99 ? asked : USUAL;
}

function address(show: Show, number: number, perPage: number): string {
  const extra = show === "similar" ? `&threshold=${threshold()}` : "";
  return `${PATHS[show]}?page=${number}&per_page=${perPage}${extra}`;
}

/** Show the list that the address names, from its beginning. */
function open(): void {
  asked.abort();
  asked = new AbortController();
  [page, pages, loading] = [0, 1, false];
  box.replaceChildren();
  byId("blank").hidden = true;
  byId("pill").hidden = true;
  for (const tab of document.querySelectorAll<HTMLAnchorElement>("#shows a")) {
    const show = tab.dataset["show"] as Show;
    tab.href = pageUrl("/culling", changed(readQuery(location.search), { show: show === "bursts" ? null : show }));
    if (show === shown()) tab.setAttribute("aria-current", "page");
    else tab.removeAttribute("aria-current");
  }
  byId("threshold-box").classList.toggle("away", shown() !== "similar");
  slider.disabled = shown() !== "similar";
  slider.value = String(Math.round(threshold() * 100));
  showThreshold();
  byId("intro").textContent = S.cullingIntro[shown()];
  void next();
  void count();
}

/** How many groups there are of the other kinds. */
async function count(): Promise<void> {
  const { signal } = asked;
  await Promise.all(
    (Object.keys(PATHS) as Show[])
      .filter((show) => show !== shown())
      .map(async (show) => {
        try {
          showCount(show, (await getJson<GroupPage>(address(show, 1, 1), { signal })).total_groups);
        } catch {
          // a tab without its number is a tab
        }
      }),
  );
}

function showCount(show: Show, total: number): void {
  document.querySelector(`#shows a[data-show=${show}] .muted`)!.textContent = formatCount(total);
}

async function next(): Promise<void> {
  if (loading || page >= pages) return;
  loading = true;
  const { signal } = asked;
  const show = shown();
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await getJson<GroupPage>(address(show, page + 1, PAGE), { signal });
    [page, pages] = [answer.page, answer.total_pages];
    showCount(show, answer.total_groups);
    byId("total").textContent = S.groups(formatCount(answer.total_groups), answer.total_groups === 1);
    box.append(...answer.groups.map((group) => node({ ...group, type: KINDS[show] })));
    if (!answer.total_groups) nothing(show);
  } catch (error) {
    if (isAbort(error)) return;
    failed(error);
  }
  loading = false;
  box.removeAttribute("aria-busy");
  if (page < pages && more.getBoundingClientRect().top < innerHeight + 800) requestAnimationFrame(() => void next());
}

function node(group: Group): HTMLElement {
  const days = [...new Set(group.photos.flatMap(({ date_taken: date }) => (date ? [date.slice(0, 10)] : [])))].sort();
  const when = days.length > 1 ? S.between(formatDay(days[0]!), formatDay(days.at(-1)!)) : days[0] ? formatDay(days[0]) : S.noDate;
  const title = groupTitle(group.type, group.count);
  return el(
    "li",
    { class: "group-box" },
    el("header", {}, el("h2", {}, groupIcon(group.type), title), el("p", { class: "muted" }, [reason(group), when].join("  ·  "))),
    strip(group, null, 640),
  );
}

/** Why these photos are one group. */
function reason(group: Group): string {
  if (group.type === "similar") return S.alikeAtLeastBy(formatShare(Math.max(0.75, threshold())));
  if (group.type === "duplicate") return S.groupReasons.duplicate;
  const moments = group.photos.flatMap(({ date_taken: date }) => (date ? [Date.parse(`${date.replace(/[+-]\d\d:\d\d$/, "").slice(0, 23)}Z`)] : [])).filter(Number.isFinite);
  return moments.length > 1 ? S.withinSeconds(formatCount(Math.max(1, Math.round((Math.max(...moments) - Math.min(...moments)) / 1000)))) : S.groupReasons.burst;
}

function nothing(show: Show): void {
  const [title, text] = isRunning(scan) ? S.cullingScanning : S.cullingNothing[show];
  byId("blank").hidden = false;
  byId("blank").replaceChildren(icon("layers"), el("h2", {}, title), el("p", { class: "muted" }, text));
}

function failed(error: unknown): void {
  const again = el("button", { class: "button", type: "button" }, S.retry);
  again.addEventListener("click", open);
  box.replaceChildren();
  byId("blank").hidden = false;
  byId("blank").replaceChildren(icon("triangle-alert"), el("h2", { role: "alert" }, S.errorTitle), el("p", {}, error instanceof Error ? error.message : String(error)), again);
}

function onScan(status: ScanStatus): void {
  const ended = isRunning(scan) && !isRunning(status);
  const begun = !isRunning(scan) && isRunning(status);
  scan = status;
  showScanBar(status);
  if (ended && !box.children.length) open();
  if (begun && !byId("blank").hidden && !byId("blank").querySelector("[role=alert]")) nothing(shown());
}

/** Photos came or changed: a list that nobody has scrolled is read again, else it waits. */
const changedSince = throttle(4000, () => {
  if (!box.children.length || (scrollY < 40 && !box.contains(document.activeElement))) open();
  else byId("pill").hidden = false;
});

function showThreshold(): void {
  byId("threshold-value").textContent = formatShare(Number(slider.value) / 100);
}

function go(changes: Record<string, string | null>, replace = false): void {
  const url = pageUrl("/culling", changed(readQuery(location.search), changes));
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  open();
}

function wire(): void {
  new IntersectionObserver((entries) => entries.some((entry) => entry.isIntersecting) && void next(), { rootMargin: "800px" }).observe(more);
  slider.addEventListener("input", showThreshold);
  slider.addEventListener("input", debounce(250, () => go({ threshold: String(Number(slider.value) / 100) }, true)));
  byId("shows").addEventListener("click", (event) => {
    const tab = (event.target as Element).closest<HTMLAnchorElement>("a[data-show]");
    if (!tab || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    go({ show: tab.dataset["show"] === "bursts" ? null : (tab.dataset["show"] ?? null) });
  });
  byId("pill").addEventListener("click", () => {
    scrollTo({ top: 0, behavior: "instant" });
    open();
  });
  addEventListener("popstate", open);
  addEventListener("keydown", (event) => {
    if (isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = { j: 1, k: -1 }[event.key];
    if (!step) return;
    const groups = [...box.children];
    const place = groups.findIndex((each) => each.contains(document.activeElement));
    groups[Math.min(Math.max(0, place + step), groups.length - 1)]?.querySelector("a")?.focus();
  });
}
