/** One person: name, faces to correct, and the photos as the usual grid. */
import { ApiError, getJson } from "./api";
import { connectionNotice, inDialog, offerKeys } from "./chrome";
import { byId, el, icon, isTyping, recall, throttle } from "./dom";
import { follow } from "./events";
import { formatCount } from "./format";
import { Grid } from "./grid";
import { fillSort, showSort, wireGridTools } from "./gridtools";
import { forgetThem, hideThem, namePerson, tell } from "./people/decide";
import { faceCircle, showFace } from "./people/face";
import { getPerson, nameOf, personUrl, type Person } from "./people/model";
import { NameField } from "./people/namefield";
import { FaceStrip } from "./people/strip";
import { takeReturn, linkedPlace, type Visit } from "./place";
import { changed, pageUrl, readQuery } from "./query";
import { MAY_EDIT, MAY_RATE } from "./rights";
import { showJobBar, showScanBar } from "./scanbar";
import { PhotoSource } from "./source";
import { S } from "./strings";
import type { Config } from "./types";

const id = Number(byId("page").dataset["id"]);
const phone = matchMedia("(max-width: 559px)");
const grid = new Grid(byId("grid"), { size: recall("size", phone.matches ? 124 : 168), whole: recall("whole", false), onSettle: rememberPlace });
const avatar = faceCircle(null, "middle");
const strip = new FaceStrip(id, () => person, afterFaces);
let person: Person | null = null;
let config: Config | null = null;
let query = listQuery();
let source: PhotoSource;
let field: NameField | null = null;

history.scrollRestoration = "manual";
byId("avatar").append(avatar);
offerKeys("person");
open(history.state as Visit | null);
wire();
void load();
if (MAY_RATE) void strip.load();
else byId("faces").closest<HTMLElement>("section")!.hidden = true;
follow({ scan: showScanBar, captions: showJobBar, people: () => refresh(), photos: () => refresh(), resumed: () => refresh(), connected: onConnection });
getJson<Config>("/api/config").then(configure, tell);

/** The list behind the grid: this person's photos in the order of the address. */
function listQuery(): URLSearchParams {
  return changed(readQuery(location.search), { person: String(id) });
}

function configure(settings: Config): void {
  config = settings;
  grid.config = settings;
  fillSort(settings);
  showSort(query, settings);
  grid.render();
}

function open(visit: Visit | null): void {
  source?.stop();
  const left = takeReturn(query);
  const place = visit ?? left ?? linkedPlace();
  if (left) requestAnimationFrame(() => grid.focusPhoto(left.index));
  source = new PhotoSource(query, onSource, place?.total ?? null);
  grid.setSource(source);
  if (place && place.index > 0) grid.scrollToIndex(place.index, place.shift);
  if (config) showSort(query, config);
}

function address(): string {
  return pageUrl(personUrl(id), changed(query, { person: null }));
}

function rememberPlace(index: number, shift: number): void {
  if (source.total === null) return;
  history.replaceState({ index, shift, total: source.total } satisfies Visit, "", address() + (index > 0 ? `#${index}` : ""));
}

function onSource(): void {
  grid.relayout();
  const failed = source.error !== null && !source.ready;
  byId("blank").hidden = !failed;
  if (failed) {
    const again = el("button", { class: "button", type: "button" }, S.retry);
    again.addEventListener("click", () => source.retry());
    byId("blank").replaceChildren(el("h2", { role: "alert" }, S.errorTitle), el("p", {}, source.error instanceof Error ? source.error.message : ""), again);
  }
}

async function load(): Promise<void> {
  try {
    person = await getPerson(id);
    show(person);
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) gone();
    else tell(error);
  }
}

function show(now: Person): void {
  document.title = `${nameOf(now)} · facetd`;
  showFace(avatar, now.representative_face_id);
  byId("counts").textContent = [S.photos(formatCount(now.photo_count), now.photo_count === 1), S.faces(formatCount(now.face_count), now.face_count === 1), now.hidden ? S.hidden : ""].filter(Boolean).join("  ·  ");
  const hide = byId("hide");
  hide.setAttribute("aria-pressed", String(now.hidden));
  hide.title = now.hidden ? S.unhidePerson : S.hidePerson;
  hide.setAttribute("aria-label", hide.title);
  strip.nameThem(now);
  if (!field) showName(now);
}

function showName(now: Person): void {
  const button = el("button", { class: "tool", type: "button", id: "rename", "aria-label": now.name ? S.rename(now.name) : S.addName, title: now.name ? S.rename(now.name) : S.addName }, icon("pencil"));
  button.addEventListener("click", () => editName(now));
  byId("title").replaceChildren(el("h1", {}, el("bdi", {}, nameOf(now))), ...(MAY_EDIT ? [button] : []));
}

function editName(now: Person): void {
  const leave = () => {
    if (!field) return;
    field = null;
    showName(person ?? now);
    byId("rename").focus({ preventScroll: true });
  };
  field = new NameField({
    label: S.namePlaceholder,
    value: now.name ?? "",
    except: id,
    mayBeEmpty: now.is_named,
    cancel: leave,
    submit: (choice) =>
      void namePerson(now, choice)
        .then((named) => {
          if (named?.merged) location.replace(personUrl(named.id));
          else if (named && person) person = { ...person, name: named.name, is_named: named.name !== null };
          leave();
          if (person) show(person);
        })
        .catch((error: unknown) => {
          leave();
          tell(error);
        }),
  });
  byId("title").replaceChildren(field.node);
  field.focus();
}

/** Faces were taken away or given to somebody else; the person may be gone with the last one. */
async function afterFaces(): Promise<void> {
  await load();
  if (person) await Promise.all([strip.load(), source.refresh(true)]);
}

function gone(): void {
  person = null;
  source.stop();
  for (const part of byId("page").children) (part as HTMLElement).hidden = true;
  byId("page").append(el("div", { class: "blank", role: "alert" }, icon("users-round"), el("h2", {}, S.personGoneTitle), el("p", {}, S.personGone), el("a", { class: "button", href: "/persons" }, S.allPeople)));
}

const refresh = throttle(1500, () => {
  if (inDialog() || strip.picking || field) return;
  void load().then(() => {
    if (!person) return;
    if (grid.atTop()) void Promise.all([strip.load(), source.refresh()]);
    else showPill();
  });
});

function showPill(): void {
  byId("pill").textContent = S.libraryChanged;
  byId("pill").hidden = false;
}

function onConnection(up: boolean): void {
  connectionNotice(up);
  if (up) refresh();
}

function go(changes: Record<string, string | null>): void {
  query = changed(query, changes);
  history.pushState(null, "", address());
  open(null);
}

function wire(): void {
  wireGridTools(grid, { query: () => query, config: () => config, change: go });
  byId("hide").addEventListener("click", () => {
    if (person) void hideThem([person], !person.hidden, () => void load()).catch(tell);
  });
  byId("forget").addEventListener("click", () => {
    if (person) void forgetThem([person]).then((done) => done && location.assign("/persons")).catch(tell);
  });
  byId("pill").addEventListener("click", () => {
    byId("pill").hidden = true;
    scrollTo({ top: 0, behavior: "instant" });
    void Promise.all([strip.load(), source.refresh()]);
  });
  addEventListener("popstate", (event) => {
    const next = listQuery();
    if (next.toString() === query.toString() && event.state === null) return;
    query = next;
    open(event.state as Visit | null);
  });
  addEventListener("keydown", (event) => {
    if (isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Escape") strip.clear();
    else if (event.key === "e" && MAY_EDIT && person && !field) {
      event.preventDefault();
      editName(person);
    }
  });
}
