/** The gallery: the URL is the state; the grid, the drawer, the chips and the live stream follow it. */
import { openStack } from "./alike/stack";
import { ApiError, getJson } from "./api";
import { hideBlank, reasonForNothing, showAnswer, showBlank } from "./blank";
import { chipsOf, removal, showChips } from "./chips";
import { connectionNotice, hideNotice, inDialog, notice, offerKeys } from "./chrome";
import { offerNames } from "./completing";
import { byId, debounce, el, isTyping, recall, throttle } from "./dom";
import { Drawer } from "./drawer";
import { askScan, follow } from "./events";
import { formatCount } from "./format";
import { Grid } from "./grid";
import { fillSort, showSort, wireGridTools } from "./gridtools";
import { loadNames } from "./people/names";
import { linkedPlace, takeReturn, type Visit } from "./place";
import { allowRanking, changed, filtersOf, isRanked, pageUrl, readQuery, withoutFilters } from "./query";
import { showJobBar, showScanBar } from "./scanbar";
import { nothingFound, showFound } from "./searching";
import { PhotoSource } from "./source";
import { S } from "./strings";
import type { Config, PhotosEvent, ScanStatus } from "./types";

const phone = matchMedia("(max-width: 559px)");
const grid = new Grid(byId("grid"), { size: recall("size", phone.matches ? 124 : 168), whole: recall("whole", false), onSettle: rememberPlace, onStack: (photo, index) => void openStack(photo, () => grid.focusPhoto(index)) });
let query = readQuery(location.search);
let source: PhotoSource;
let config: Config | null = null;
let drawer: Drawer | null = null;
let scan: ScanStatus | null = null;
let pending = { added: 0, other: 0 };
/** Whether something was typed into the search box that was not searched for yet. */
let typing = false;

history.scrollRestoration = "manual";
open(history.state as Visit | null);
void start();

async function start(): Promise<void> {
  offerKeys("gallery");
  wireTools();
  follow({ scan: onScan, captions: showJobBar, photos: onPhotos, resumed: catchUp, connected: onConnection });
  askScan().then(onScan, () => undefined);
  try {
    config = await getJson<Config>("/api/config");
  } catch (error) {
    notice("config", error instanceof Error ? error.message : S.errorTitle);
    return;
  }
  grid.config = config;
  if (config.features?.["show_semantic_search"] === false) {
    const asked = isRanked(query);
    allowRanking(false);
    if (asked) open(history.state as Visit | null);
  }
  fillSort(config);
  drawer = new Drawer(config, (changes) => go(changed(query, changes)), () => grid.relayout());
  showState();
  grid.render();
  void loadTypes();
}

/** Show the list that `query` asks for; `visit` says where an earlier look at it ended. */
function open(visit: Visit | null): void {
  source?.stop();
  pending = { added: 0, other: 0 };
  showPill();
  const place = returnPlace() ?? visit ?? linkedPlace();
  source = new PhotoSource(query, onSource, place?.total ?? null);
  grid.setSource(source);
  if (place && place.index > 0) grid.scrollToIndex(place.index, place.shift);
  else scrollTo({ top: 0, behavior: "instant" });
  showState();
}

/** Go to another list: a step of the history. */
function go(next: URLSearchParams, replace = false): void {
  if (next.toString() === query.toString()) return;
  query = next;
  const url = pageUrl("/", query);
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  open(null);
}

addEventListener("popstate", (event) => {
  const next = readQuery(location.search);
  if (next.toString() === query.toString() && event.state === null) return;
  query = next;
  open(event.state as Visit | null);
});

/** Where the photo page was left: that photo gets the focus when it is in this list. */
function returnPlace(): Visit | null {
  const left = takeReturn(query);
  if (!left) return null;
  requestAnimationFrame(() => grid.focusPhoto(left.index));
  return (history.state as Visit | null) ?? left;
}

addEventListener("pageshow", (event) => {
  if (event.persisted) returnPlace();
});

function rememberPlace(index: number, shift: number): void {
  if (source.total === null) return;
  const visit: Visit = { index, shift, total: source.total };
  history.replaceState(visit, "", pageUrl("/", query) + (index > 0 ? `#${index}` : ""));
}

function onSource(): void {
  grid.relayout();
  showTotal();
  if (source.error && !source.ready) {
    showBlank("error", source.error, () => (source.error instanceof ApiError && source.error.status === 400 ? go(withoutFilters(query)) : source.retry()));
    if (source.error instanceof ApiError && source.error.status === 400 && filtersOf(query).length === 0) go(new URLSearchParams());
  } else if (source.total === 0 && source.ready) {
    showNothing();
  } else {
    hideBlank();
  }
  if (source.error && source.ready) showRetry();
  else hideNotice("pages");
}

function showRetry(): void {
  const button = el("button", { class: "link", type: "button" }, S.retry);
  button.addEventListener("click", () => {
    hideNotice("pages");
    source.retry();
  });
  notice("pages", S.someFailed, { sticky: true, action: button });
}

function showState(): void {
  showSearch();
  showTotal();
  const filtered = filtersOf(query).filter(([key]) => key !== "type").length > 0;
  byId("chips").hidden = !filtered; // their row is there from the start, so that the photos below do not move
  if (!config) return;
  showSort(query, config);
  drawer?.set(query);
  const chips = chipsOf(query, config).filter((chip) => chip.params[0] !== "type");
  showChips(byId("chips"), chips, (chip) => go(changed(query, removal(chip))), () => go(withoutFilters(query)));
  void loadNames(query)?.then(showState);
  const badge = byId("filters").querySelector("b")!;
  badge.hidden = chips.length === 0;
  badge.textContent = String(chips.length);
  byId("filters").setAttribute("aria-label", chips.length ? S.filtersActive(chips.length) : S.filters);
  markType();
}

/** What stands in the search box stays as it was typed, also with a blank at its end, while it means the search that is shown. */
function showSearch(): void {
  const input = byId("search").querySelector("input")!;
  const search = query.get("search") ?? "";
  if (!typing && input.value.trim() !== search) input.value = search;
}

function showNothing(): void {
  const search = query.get("search");
  if (search === null) showBlank(reasonForNothing(scan, filtersOf(query).length > 0), null, () => go(withoutFilters(query)));
  else showAnswer(`search ${query} ${JSON.stringify(source.hints)} ${config !== null}`, () => nothingFound(query, source.hints, config, (changes) => go(changed(query, changes))));
}

function showTotal(): void {
  showFound(byId("found"), query, source.hints, config, source.total ? (changes) => go(changed(query, changes)) : null);
  const total = source.ready || source.total ? source.total : null;
  const text = total === null ? "" : S.photos(formatCount(total), total === 1);
  byId("total").textContent = text;
  drawer?.setTotal(text);
}

function wireTools(): void {
  wireGridTools(grid, { query: () => query, config: () => config, change: (changes) => go(changed(query, changes)) });
  const form = byId<HTMLFormElement>("search");
  const input = form.querySelector("input")!;
  const search = (replace: boolean) => {
    typing = false;
    go(changed(query, { search: input.value.trim() }), replace);
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    search(false);
  });
  input.addEventListener("input", () => (typing = true));
  input.addEventListener("input", debounce(300, () => search(query.has("search"))));
  offerNames(input);
  byId("pill").addEventListener("click", () => {
    scrollTo({ top: 0, behavior: "instant" });
    applyChanges();
  });
  addEventListener("scroll", () => {
    if (pending.added + pending.other && grid.atTop()) applyChanges();
  }, { passive: true });
  addEventListener("keydown", onKey);
}

function onKey(event: KeyboardEvent): void {
  const search = byId("search").querySelector("input")!;
  if (event.key === "Escape" && !inDialog()) {
    if (document.activeElement === search) search.blur();
    else if (drawer?.open) drawer.close();
    return;
  }
  if (isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    search.focus();
    search.select();
  } else if (event.key === "f") {
    drawer?.toggle();
  } else if (event.key === "b") {
    grid.openFocusedStack();
  } else if (event.key.startsWith("Arrow") && !(event.target instanceof Element && event.target.closest("#grid, dialog, nav"))) {
    event.preventDefault();
    grid.focusPhoto(Math.max(grid.focusIndex, grid.firstVisible().index));
  }
}

async function loadTypes(): Promise<void> {
  try {
    const { types } = await getJson<{ types: { id: string; label: string; count: number }[] }>("/api/type_counts");
    const first = new Set<string>(); // a type and its only category have one label: the type stands for both
    const distinct = types.filter(({ label }) => !first.has(label) && first.add(label));
    const links = distinct.map(({ id, label, count: n }) => {
      const link = el("a", { href: pageUrl("/", changed(query, { type: id })), "data-type": id }, id ? label : S.allTypes, " ", el("span", { class: "muted" }, formatCount(n)));
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey) return;
        event.preventDefault();
        go(changed(query, { type: id }));
      });
      return link;
    });
    byId("types").replaceChildren(...(types.some(({ count: n }) => n > 0) ? links : []));
    markType();
  } catch {
    // the row of types is a shortcut: the gallery works without it
  }
}

function markType(): void {
  for (const link of byId("types").querySelectorAll<HTMLAnchorElement>("a")) {
    const type = link.dataset["type"] ?? "";
    link.href = pageUrl("/", changed(query, { type }));
    if (type === (query.get("type") ?? "")) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
}

const refreshTypes = throttle(3000, () => void loadTypes());
const refreshList = throttle(1000, () => {
  if (source.total === 0 || grid.atTop()) applyChanges();
  else showPill();
});

/** Filtered totals may be five seconds old: look once more when the changes have come to an end. */
const COUNTS_SETTLE_MS = 5500;
const confirmList = debounce(COUNTS_SETTLE_MS, () => {
  if (source.total === 0 || grid.atTop()) void source.refresh(true);
});

function onPhotos(event: PhotosEvent): void {
  pending.added += event.added;
  pending.other += event.changed;
  refreshList();
  refreshTypes();
  confirmList();
}

/** Events were missed: look again. */
function catchUp(): void {
  onPhotos({ added: 0, changed: 1, ids: [] });
  askScan().then(onScan, () => undefined);
}

function onConnection(up: boolean): void {
  connectionNotice(up);
  if (up) catchUp();
}

function applyChanges(): void {
  pending = { added: 0, other: 0 };
  showPill();
  void source.refresh();
}

function showPill(): void {
  const pill = byId("pill");
  pill.hidden = pending.added + pending.other === 0;
  pill.textContent = pending.added ? S.newPhotos(formatCount(pending.added), pending.added === 1) : S.libraryChanged;
}

function onScan(status: ScanStatus): void {
  scan = { ...status, roots: status.roots ?? scan?.roots ?? [] };
  showScanBar(status);
  const away = (scan.roots ?? []).filter((root) => !root.online).map((root) => root.name);
  const banner = byId("banner");
  banner.hidden = away.length === 0;
  banner.textContent = away.length ? S.rootOffline(away.join(", "), away.length === 1) : "";
  if (source.total === 0 && source.ready) showNothing();
}
