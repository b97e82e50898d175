/** Pairs of people that look alike: one person, two, or a question for later. */
import { ApiError, getJson } from "./api";
import { connectionNotice, inDialog, notice, offerKeys } from "./chrome";
import { byId, debounce, el, icon, isTyping } from "./dom";
import { follow } from "./events";
import { formatCount, formatShare } from "./format";
import { wireSearch } from "./header";
import { askTarget } from "./people/ask";
import { tell } from "./people/decide";
import { faceCircle } from "./people/face";
import { distinguish, getFaces, merge, nameOf, personUrl, type Person, type Suggestion } from "./people/model";
import { changed, pageUrl, readQuery } from "./query";
import { isRunning, showJobBar, showScanBar } from "./scanbar";
import { MAY_EDIT, MAY_RATE } from "./rights";
import { S } from "./strings";
import type { ScanStatus } from "./types";

const FACES = 5;
const box = byId("pairs");
const slider = byId<HTMLInputElement>("threshold");
const later = new Set<string>();
let pairs: Suggestion[] = [];
let scanning = false;

offerKeys("suggestions");
wireSearch();
wire();
void load();
follow({ scan: showScan, captions: showJobBar, people: () => refresh(), resumed: () => refresh(), connected: connectionNotice });

const key = ({ person1, person2 }: Suggestion): string => `${person1.id} ${person2.id}`;

async function load(): Promise<void> {
  const asked = new URLSearchParams(location.search).get("threshold");
  box.setAttribute("aria-busy", "true");
  try {
    const answer = await getJson<{ suggestions: Suggestion[]; threshold?: number }>(`/api/merge_suggestions${asked ? `?threshold=${encodeURIComponent(asked)}` : ""}`, { fresh: true });
    pairs = answer.suggestions.filter((pair) => !later.has(key(pair)));
    showThreshold(Number(asked ?? answer.threshold ?? Math.min(...answer.suggestions.map(({ similarity }) => similarity), 0.6)));
    show();
  } catch (error) {
    showError(error);
  } finally {
    box.removeAttribute("aria-busy");
  }
}

/** While a scan runs people are not compared yet: an empty page says that. */
function showScan(status: ScanStatus): void {
  showScanBar(status);
  const before = scanning;
  scanning = isRunning(status);
  const empty = !byId("blank").hidden && !byId("blank").querySelector("[role=alert]");
  if (scanning !== before && empty) show();
}

function showThreshold(share: number): void {
  const percent = Math.min(90, Math.max(50, Math.round(share * 100)));
  if (document.activeElement !== slider) slider.value = String(percent);
  byId("threshold-value").textContent = formatShare(Number(slider.value) / 100);
}

function show(): void {
  const old = new Map([...box.children].map((node) => [(node as HTMLElement).dataset["key"] ?? "", node]));
  const nodes = pairs.map((pair) => old.get(key(pair)) ?? pairNode(pair));
  // Nodes that stay are not moved: the focus in them stays too.
  const keep = new Set<Element>(nodes);
  for (const node of [...box.children]) if (!keep.has(node)) node.remove();
  nodes.forEach((node, place) => box.children[place] !== node && box.insertBefore(node, box.children[place] ?? null));
  byId("total").textContent = S.pairs(formatCount(pairs.length), pairs.length === 1);
  byId("blank").hidden = pairs.length > 0;
  if (!pairs.length) byId("blank").replaceChildren(icon("check-check"), el("h2", {}, scanning ? S.noPairsYet : S.noPairs), el("p", { class: "muted" }, later.size ? S.pairsLater : scanning ? S.noPairsScanning : S.noPairsHow), el("p", {}, el("a", { class: "button", href: "/persons" }, S.allPeople)));
}

function showError(error: unknown): void {
  const off = error instanceof ApiError && error.status === 403;
  const again = el("button", { class: "button", type: "button" }, S.retry);
  again.addEventListener("click", () => void load());
  box.replaceChildren();
  byId("blank").hidden = false;
  byId("blank").replaceChildren(icon("triangle-alert"), el("h2", { role: "alert" }, off ? S.pairsOff : S.peopleFailed), el("p", {}, error instanceof Error ? error.message : String(error)), off ? "" : again);
}

function pairNode(pair: Suggestion): HTMLElement {
  const button = (text: string, look: string, run: () => Promise<void>) => {
    const node = el("button", { class: `button ${look}`, type: "button" }, text);
    node.addEventListener("click", () => void run().catch(tell));
    return node;
  };
  const names = S.areThey(nameOf(pair.person1), nameOf(pair.person2));
  return el(
    "li",
    { class: "pair", "data-key": key(pair), "aria-label": names },
    side(pair.person1),
    el("p", { class: "alike" }, el("strong", {}, formatShare(Math.round(pair.similarity * 100) / 100)), el("span", { class: "muted" }, S.alike)),
    side(pair.person2),
    MAY_EDIT && el("div", { class: "answers", role: "group", "aria-label": names }, button(S.samePerson, "primary", () => same(pair)), button(S.differentPeople, "", () => different(pair)), button(S.later, "", () => putOff(pair))),
  );
}

function side(person: Person): HTMLElement {
  const faces = el("div", { class: "few" }, faceCircle(person.representative_face_id, "middle"));
  if (MAY_RATE) void getFaces(person.id, 1, FACES + 1).then(
    (answer) => faces.append(...answer.faces.filter(({ id }) => id !== person.representative_face_id).slice(0, FACES - 1).map(({ id }) => faceCircle(id, "middle"))),
    () => undefined, // one face is there already
  );
  return el("div", { class: "side" }, faces, el("p", {}, el("a", { href: personUrl(person.id) }, el("bdi", {}, nameOf(person))), " ", el("span", { class: "muted" }, S.photos(formatCount(person.photo_count), person.photo_count === 1))));
}

/** Merge; where both have a name, ask which one stays. */
async function same({ person1, person2 }: Suggestion): Promise<void> {
  const ranked = [person1, person2].sort((a, b) => Number(b.is_named) - Number(a.is_named) || b.photo_count - a.photo_count);
  const target = person1.is_named && person2.is_named ? await askTarget(ranked) : ranked[0];
  if (!target) return;
  const source = target.id === person1.id ? person2 : person1;
  await merge([source.id], target.id);
  notice("people", S.merged(nameOf(target)));
  // Other pairs with either of the two are about somebody else now.
  pairs = pairs.filter((pair) => ![pair.person1.id, pair.person2.id].some((id) => id === source.id || id === target.id));
  next();
  await load();
}

async function different(pair: Suggestion): Promise<void> {
  await distinguish(pair.person1.id, pair.person2.id);
  pairs = pairs.filter((each) => each !== pair);
  next();
}

async function putOff(pair: Suggestion): Promise<void> {
  later.add(key(pair));
  pairs = pairs.filter((each) => each !== pair);
  next();
}

/** Show what is left; the focus goes on to the pair in the place of the one that was answered. */
function next(): void {
  const place = [...box.children].findIndex((node) => node.contains(document.activeElement));
  show();
  if (place >= 0) (box.children[Math.min(place, box.children.length - 1)]?.querySelector("button") as HTMLElement | null)?.focus();
}

const refresh = debounce(1000, () => {
  if (!inDialog()) void load();
});

function wire(): void {
  slider.addEventListener("input", () => (byId("threshold-value").textContent = formatShare(Number(slider.value) / 100)));
  slider.addEventListener("change", () => {
    history.replaceState(null, "", pageUrl("/merge-suggestions", changed(readQuery(location.search), { threshold: String(Number(slider.value) / 100) })));
    void load();
  });
  addEventListener("keydown", (event) => {
    if (!MAY_EDIT || isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    const answer = { y: same, n: different, l: putOff }[event.key];
    const place = Math.max(0, [...box.children].findIndex((node) => node.contains(document.activeElement)));
    const pair = pairs[place];
    if (!answer || !pair) return;
    event.preventDefault();
    (box.children[place]?.querySelector("button") as HTMLElement | null)?.focus();
    void answer(pair).catch(tell);
  });
}
