/** The photo page. Turning the page replaces the photo in place; the address always names the one shown. */
import { SimilarSection } from "./alike/similar";
import { ApiError, getJson, imageUrl, thumbnailUrl } from "./api";
import { connectionNotice, inDialog, offerKeys } from "./chrome";
import { byId, el, icon, isTyping, recall, remember } from "./dom";
import { follow } from "./events";
import { formatCount } from "./format";
import { Neighbours } from "./neighbours";
import { drawOverlay } from "./overlay";
import { drawBoxes } from "./people/boxes";
import { peopleSection } from "./people/inphoto";
import { getFacesOfPhoto, type Face } from "./people/model";
import { factsOf } from "./people/things";
import { showPanel } from "./panel";
import { noteReturn } from "./place";
import { isRanked, pageUrl, photoUrl, readQuery } from "./query";
import { MAY_RATE } from "./rights";
import { Stage } from "./stage";
import { S } from "./strings";
import type { Config, Photo, PhotoDetails, PhotosEvent } from "./types";

const viewer = byId("viewer");
const panel = byId("panel");
const query = readQuery(location.search);
const neighbours = new Neighbours(query);
const stage = new Stage((step) => void turn(step), (zoomed) => byId("zoom").setAttribute("aria-pressed", String(zoomed)));
const show = { pattern: recall("pattern", false), subject: recall("subject", false), people: recall("people", false) };
const configuration = getJson<Config>("/api/config");
const details = new Map<number, Promise<PhotoDetails>>();

let id = Number(viewer.dataset["id"]);
let index = Number(new URLSearchParams(location.search).get("at") ?? NaN);
let current: PhotoDetails | null = null;
let turning = false;
let loads = 0; // an answer to an earlier question than the last one is old
let askedFaces = 0;
let faces: Face[] = [];
let pointed: number | null = null;
let similar: SimilarSection | null = null;

wire();
void load();

function fetchDetails(wanted: number): Promise<PhotoDetails> {
  let answer = details.get(wanted);
  if (!answer) {
    answer = getJson<PhotoDetails>(`/api/photo?id=${wanted}`);
    answer.catch(() => details.get(wanted) === answer && details.delete(wanted));
    if (details.size > 12) details.delete(details.keys().next().value ?? -1);
    details.set(wanted, answer);
  }
  return answer;
}

/** Show photo `id`; `brief` is what the list already knows of it. */
async function load(brief?: Photo): Promise<void> {
  const wanted = id;
  const mine = ++loads;
  if (brief) stage.show(brief);
  viewer.setAttribute("aria-busy", "true");
  try {
    const [photo, config] = await Promise.all([fetchDetails(wanted), configuration]);
    if (mine !== loads) return;
    if (current?.id !== wanted) faces = [];
    current = photo;
    if (!brief || brief.v !== photo.v) stage.show(photo);
    document.title = `${photo.filename} · facetd`;
    byId("name").textContent = photo.filename;
    const download = byId<HTMLAnchorElement>("download");
    download.href = imageUrl(photo);
    download.download = photo.filename;
    const scrolled = panel.scrollTop;
    const focused = similar?.id === photo.id && similar.node.contains(document.activeElement) ? (document.activeElement as HTMLElement) : null;
    if (similar?.id !== photo.id) similar = config.features?.["show_similar_button"] ? new SimilarSection(photo.id) : null;
    showPanel(panel, photo, config, { similar: similar?.node ?? null, onPattern: () => toggleOverlay("pattern") });
    showPeople();
    panel.scrollTop = scrolled;
    focused?.focus({ preventScroll: true }); // the section was put into the new panel as it is
    overlay();
    void loadFaces();
    await locate();
  } catch (error) {
    if (mine === loads) showError(error);
  } finally {
    if (mine === loads) viewer.removeAttribute("aria-busy");
  }
}

/** Fetch who is in the photo; the section has its place from the start where the photo says that there are faces. */
async function loadFaces(): Promise<void> {
  if (!MAY_RATE) return;
  const wanted = id;
  const mine = ++askedFaces;
  try {
    const found = await getFacesOfPhoto(wanted);
    if (wanted !== id || mine !== askedFaces) return;
    faces = found;
  } catch {
    return; // the photo stands without its people
  }
  showPeople();
  overlay();
}

function showPeople(): void {
  const slot = panel.querySelector<HTMLElement>(".people-slot");
  if (!slot || slot.querySelector("form")) return; // somebody is being named: what is new comes with the answer
  const section = peopleSection(faces, { changed: () => void onDecision(), point });
  slot.replaceChildren(...(section ? [section] : []));
}

/** A face got another name, or none. */
async function onDecision(): Promise<void> {
  panel.querySelector(".people-slot")?.replaceChildren();
  details.delete(id);
  await loadFaces();
}

function point(face: number | null): void {
  pointed = face;
  boxes();
}

function boxes(): void {
  drawBoxes(stage.picture, { faces, things: factsOf(current?.objects ?? [], current?.face_count ?? 0), all: show.people, pointed });
}

/** Find the place in the list, and fetch what the next key press will need. */
async function locate(): Promise<void> {
  const wanted = id;
  try {
    const hint = Number.isInteger(index) ? index : await guess();
    const found = hint === null ? -1 : await neighbours.find(wanted, hint);
    if (wanted !== id) return;
    index = found >= 0 ? found : NaN;
    const total = neighbours.total;
    byId("position").textContent = found >= 0 && total ? S.photoNumber(formatCount(found + 1), formatCount(total)) : "";
    byId<HTMLAnchorElement>("back").href = galleryUrl();
    if (found < 0) return;
    history.replaceState(null, "", photoUrl(wanted, query, found));
    const [previous, next] = await Promise.all([neighbours.at(found - 1), neighbours.at(found + 1)]);
    if (wanted !== id) return;
    byId<HTMLButtonElement>("previous").disabled = !previous;
    byId<HTMLButtonElement>("next").disabled = !next;
    for (const each of [next, previous]) {
      if (!each) continue;
      new Image().src = thumbnailUrl(each, 1600);
      void fetchDetails(each.id).catch(() => undefined);
    }
  } catch {
    // without its list the photo still stands; only turning pages is not possible
  }
}

/** The place of a photo whose link does not name one. */
async function guess(): Promise<number | null> {
  if (isRanked(query)) return 0;
  const config = await configuration;
  const sort = query.get("sort") ?? config.defaults.sort;
  const ascending = (query.get("sort_direction") ?? config.defaults.sort_direction) === "ASC";
  return current && neighbours.guess(current, config.filters.find(({ key }) => key === sort), ascending);
}

async function turn(step: -1 | 1): Promise<void> {
  if (!Number.isInteger(index) || turning) return;
  turning = true;
  try {
    const photo = await neighbours.at(index + step);
    if (!photo) return;
    index += step;
    id = photo.id;
    history.replaceState(null, "", photoUrl(id, query, index));
    await Promise.race([load(photo), new Promise((resolve) => setTimeout(resolve, 80))]);
  } catch (error) {
    showError(error);
  } finally {
    turning = false;
  }
}

function galleryUrl(): string {
  return pageUrl("/", query) + (Number.isInteger(index) && index > 0 ? `#${index}` : "");
}

/** Back to the gallery, to the photo that was shown last. */
function leave(): void {
  if (Number.isInteger(index)) noteReturn(query, index, neighbours.total ?? index + 1);
  const from = document.referrer ? new URL(document.referrer) : null;
  if (from?.origin === location.origin && (from.pathname === "/" || /^\/person\/\d+$/.test(from.pathname)) && history.length > 1) history.back();
  else location.assign(galleryUrl());
}

function overlay(): void {
  if (current) drawOverlay(stage.picture, current, show);
  byId("show-pattern").setAttribute("aria-pressed", String(show.pattern));
  byId("show-subject").setAttribute("aria-pressed", String(show.subject));
  byId("show-people").setAttribute("aria-pressed", String(show.people));
  boxes();
  if (show.subject && current && !current.details?.subject_box) stage.say(S.noSubject);
}

function toggleOverlay(which: "pattern" | "subject" | "people"): void {
  show[which] = !show[which];
  remember(which, show[which]);
  stage.say("");
  overlay();
}

function toggleInfo(open = viewer.classList.contains("no-panel")): void {
  viewer.classList.toggle("no-panel", !open);
  byId("info").setAttribute("aria-pressed", String(open));
  remember("info", open);
}

function toggleFullscreen(): void {
  if (document.fullscreenElement) void document.exitFullscreen();
  else void viewer.requestFullscreen?.().catch(() => undefined);
}

function showError(error: unknown): void {
  const gone = error instanceof ApiError && error.status === 404;
  const retry = el("button", { class: "button", type: "button" }, S.retry);
  retry.addEventListener("click", () => void load());
  const message = gone ? S.photoGone : error instanceof Error ? error.message : String(error);
  panel.replaceChildren(el("div", { class: "blank", role: "alert" }, icon("triangle-alert"), el("h2", {}, gone ? S.photoGoneTitle : S.photoErrorTitle), el("p", {}, message), gone ? el("a", { class: "button", href: galleryUrl() }, S.close) : retry));
}

/** The photo may have been edited, or be gone. */
function onPhotos(event: PhotosEvent): void {
  const others = event.added + event.changed - event.ids.length;
  if (!event.ids.includes(id) && others <= 0) return;
  details.clear();
  void load();
}

function wire(): void {
  toggleInfo(recall("info", true));
  offerKeys("photo");
  follow({ photos: onPhotos, people: () => void loadFaces(), resumed: () => void load(), connected: connectionNotice });
  byId("previous").addEventListener("click", () => void turn(-1));
  byId("next").addEventListener("click", () => void turn(1));
  byId("show-pattern").addEventListener("click", () => toggleOverlay("pattern"));
  byId("show-subject").addEventListener("click", () => toggleOverlay("subject"));
  byId("show-people").addEventListener("click", () => toggleOverlay("people"));
  byId("zoom").addEventListener("click", () => stage.toggleZoom());
  byId("fullscreen").addEventListener("click", toggleFullscreen);
  byId("info").addEventListener("click", () => toggleInfo());
  byId("back").addEventListener("click", (event) => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    leave();
  });
  document.addEventListener("fullscreenchange", () => byId("fullscreen").setAttribute("aria-pressed", String(document.fullscreenElement !== null)));
  addEventListener("keydown", (event) => {
    if (isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    const action = keys[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
}

const keys: Record<string, () => void> = {
  ArrowLeft: () => void turn(-1),
  ArrowRight: () => void turn(1),
  i: () => toggleInfo(),
  f: toggleFullscreen,
  z: () => stage.toggleZoom(),
  "+": () => stage.zoomBy(1.5),
  "=": () => stage.zoomBy(1.5),
  "-": () => stage.zoomBy(1 / 1.5),
  0: () => stage.reset(),
  c: () => toggleOverlay("pattern"),
  s: () => toggleOverlay("subject"),
  p: () => toggleOverlay("people"),
  l: () => {
    toggleInfo(true);
    similar?.focus();
  },
  Escape: () => {
    if (stage.zoomed) stage.reset();
    else leave();
  },
};
