/** The people page: everybody with a face, to name, merge, hide and forget. The address holds search, order and what is listed. */
import { getJson } from "./api";
import { connectionNotice, inDialog, notice, offerKeys } from "./chrome";
import { byId, debounce, el, isTyping, throttle } from "./dom";
import { askScan, follow } from "./events";
import { formatCount } from "./format";
import { askTarget } from "./people/ask";
import { forgetThem, hideThem, namePerson, tell } from "./people/decide";
import { PeopleList } from "./people/list";
import { merge, nameOf } from "./people/model";
import type { Choice } from "./people/namefield";
import { nobody } from "./people/nobody";
import type { Tile } from "./people/tile";
import { changed, pageUrl, readQuery } from "./query";
import { MAY_EDIT } from "./rights";
import { isRunning, showJobBar, showScanBar } from "./scanbar";
import { S } from "./strings";
import type { Config, ScanStatus } from "./types";

const STANDARD_SORT = "count_desc";
let query = readQuery(location.search);
let scan: ScanStatus | null = null;
let last: Tile | null = null;
/** Why no faces can be found at the moment. */
let unavailable: string | null = null;
const list = new PeopleList(byId("people"), byId("more"), { pick, name }, show);

offerKeys("people");
wire();
void open();
follow({ scan: onScan, captions: showJobBar, people: () => refresh(), resumed: () => refresh(), connected: onConnection });
askScan().then(onScan, () => undefined);
void configure();

async function configure(): Promise<void> {
  try {
    const { features, capabilities } = await getJson<Config>("/api/config");
    byId("to-suggestions").hidden = features?.["show_merge_suggestions"] === false || !MAY_EDIT;
    const faces = capabilities?.["faces"];
    unavailable = faces?.state === "unavailable" ? faces.reason : null;
    if (list.total === 0) show();
  } catch {
    // the list works without it
  }
}

async function open(): Promise<void> {
  showState();
  await list.open({ sort: query.get("sort") ?? STANDARD_SORT, search: query.get("search") ?? "", hidden: query.get("hidden") ?? "without" });
}

function go(changes: Record<string, string | null>, replace = false): void {
  const next = changed(query, changes);
  if (next.toString() === query.toString()) return;
  query = next;
  const url = pageUrl("/persons", query);
  if (replace) history.replaceState(null, "", url);
  else history.pushState(null, "", url);
  scrollTo({ top: 0, behavior: "instant" });
  void open();
}

function showState(): void {
  const input = byId("search").querySelector("input")!;
  if (document.activeElement !== input) input.value = query.get("search") ?? "";
  byId<HTMLSelectElement>("sort").value = query.get("sort") ?? STANDARD_SORT;
  byId("hidden").setAttribute("aria-pressed", String(query.get("hidden") === "with"));
}

/** What hangs on the list: total, the empty state, the bar for those picked. */
function show(): void {
  byId("total").textContent = list.total === null ? "" : S.people(formatCount(list.total), list.total === 1);
  const blank = byId("blank");
  const broken = list.error !== null && list.tiles.length === 0;
  blank.hidden = !broken && list.total !== 0;
  if (broken) blank.replaceChildren(...failure(list.error));
  else if (list.total === 0) blank.replaceChildren(...nobody(scan, unavailable, query.has("search"), () => go({ search: null })));
  if (list.error && !broken) {
    const again = el("button", { class: "link", type: "button" }, S.retry);
    again.addEventListener("click", () => void list.refresh(true));
    notice("pages", S.someFailed, { sticky: true, action: again });
  }
  showPicked();
}

function failure(error: unknown): Node[] {
  const button = el("button", { class: "button", type: "button" }, S.retry);
  button.addEventListener("click", () => void open());
  return [el("h2", { role: "alert" }, S.peopleFailed), el("p", {}, error instanceof Error ? error.message : String(error)), button];
}

function pick(tile: Tile, range: boolean): void {
  const on = tile.picked;
  const tiles = list.tiles;
  const [from, to] = [tiles.indexOf(last ?? tile), tiles.indexOf(tile)].sort((a, b) => a - b) as [number, number];
  const reached = range && from >= 0 ? tiles.slice(from, to + 1) : [tile];
  for (const each of reached) each.picked = on;
  last = tile;
  showPicked();
}

function showPicked(): void {
  const picked = list.picked;
  document.documentElement.classList.toggle("picking", picked.length > 0);
  byId("actions").hidden = picked.length === 0;
  byId("picked").textContent = S.picked(formatCount(picked.length));
  byId<HTMLButtonElement>("merge").disabled = picked.length < 2;
  byId("hide").hidden = !picked.some((tile) => !tile.person.hidden);
  byId("unhide").hidden = !picked.some((tile) => tile.person.hidden);
}

function clearPicked(): void {
  for (const tile of list.picked) tile.picked = false;
  last = null;
  showPicked();
}

async function name(tile: Tile, choice: Choice): Promise<void> {
  try {
    const named = await namePerson(tile.person, choice);
    if (named?.merged) await list.refresh(true);
    else if (named) tile.update({ ...tile.person, name: named.name, is_named: named.name !== null });
  } catch (error) {
    tell(error);
  }
}

async function mergePicked(): Promise<void> {
  const persons = list.picked.map((tile) => tile.person);
  const target = await askTarget(persons);
  if (!target) return;
  await merge(persons.filter(({ id }) => id !== target.id).map(({ id }) => id), target.id);
  clearPicked();
  notice("people", S.merged(nameOf(target)));
  await list.refresh(true);
}

async function hidePicked(hidden: boolean): Promise<void> {
  const persons = list.picked.map((tile) => tile.person).filter((person) => person.hidden !== hidden);
  await hideThem(persons, hidden, () => void list.refresh(true));
  clearPicked();
}

async function forgetPicked(): Promise<void> {
  const persons = list.picked.map((tile) => tile.person);
  if (!(await forgetThem(persons))) return;
  clearPicked();
  notice("people", S.forgot(formatCount(persons.length), persons.length === 1));
  await list.refresh(true);
}

/** Somebody was found: take it over at once where nothing moves under the user's eyes, else offer it. */
const refresh = throttle(1200, () => {
  void list.refresh(scrollY < 40 && !list.busy).then((waiting) => (byId("pill").hidden = !waiting));
});

function onScan(status: ScanStatus): void {
  if (isRunning(scan) && !isRunning(status)) void configure(); // the first scan finds out what this machine can do
  scan = { ...status, roots: status.roots ?? scan?.roots ?? [] };
  showScanBar(status);
  if (list.total === 0) show();
}

function onConnection(up: boolean): void {
  connectionNotice(up);
  if (up) refresh();
}

function wire(): void {
  const form = byId<HTMLFormElement>("search");
  const input = form.querySelector("input")!;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    go({ search: input.value.trim() });
  });
  input.addEventListener("input", debounce(250, () => go({ search: input.value.trim() }, query.has("search"))));
  byId<HTMLSelectElement>("sort").addEventListener("change", (event) => {
    const value = (event.target as HTMLSelectElement).value;
    go({ sort: value === STANDARD_SORT ? null : value });
  });
  byId("hidden").addEventListener("click", () => go({ hidden: query.get("hidden") === "with" ? null : "with" }));
  const act = (id: string, run: () => Promise<void>) => byId(id).addEventListener("click", () => void run().catch(tell));
  act("merge", mergePicked);
  act("hide", () => hidePicked(true));
  act("unhide", () => hidePicked(false));
  act("forget", forgetPicked);
  byId("clear").addEventListener("click", clearPicked);
  byId("pill").addEventListener("click", () => {
    byId("pill").hidden = true;
    scrollTo({ top: 0, behavior: "instant" });
    void list.refresh(true);
  });
  addEventListener("popstate", () => {
    query = readQuery(location.search);
    void open();
  });
  addEventListener("keydown", (event) => {
    if (inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") {
      if (document.activeElement === input) input.blur();
      else clearPicked();
    } else if (event.key === "/" && !isTyping(event)) {
      event.preventDefault();
      input.focus();
      input.select();
    }
  });
}
