/** What the gallery says about a search: by what photos were found, and what to try when there are none. */
import { getJson } from "./api";
import { el, icon } from "./dom";
import { formatCount, quoted } from "./format";
import { canBeRanked, changed, isRanked, pageUrl } from "./query";
import { S } from "./strings";
import type { Config, PhotoPage, SearchHints } from "./types";

type Go = (changes: Record<string, string | null>) => void;

const MOST_WORDS = 5;

/** Fill the line under the header; hidden without a search. `hints` are null while they are not known; `go` is null where there are no photos. */
export function showFound(box: HTMLElement, query: URLSearchParams, hints: SearchHints | null, config: Config | null, go: Go | null): void {
  box.hidden = !query.has("search"); // its line is there from the start, so that the photos below do not move
  if (box.hidden) return;
  const text = !isRanked(query) ? S.foundOrdered : hints === null ? "" : (S.foundBy[[...hints.parts].sort().join(",")] ?? "");
  const offers = (go && hints?.suggestions) || [];
  const key = JSON.stringify([text, config !== null, offers, offers.length ? query.toString() : ""]);
  if (box.dataset["key"] === key) return;
  box.dataset["key"] = key;
  box.replaceChildren(el("span", {}, text));
  if (go && offers.length) box.append(didYouMean("span", offers, query, go));
  if (hints?.parts.includes("vectors") || !text || !config) return;
  const hint = meaningHint(config);
  hint.hidden = true;
  const button = el("button", { class: "link", type: "button", "aria-expanded": "false" }, S.byMeaning);
  button.addEventListener("click", () => {
    hint.hidden = !hint.hidden;
    button.setAttribute("aria-expanded", String(!hint.hidden));
  });
  box.append(button, hint);
}

/** Links to the searches that may have been meant. */
function didYouMean(tag: "p" | "span", texts: string[], query: URLSearchParams, go: Go): HTMLElement {
  const links = texts.map((text) => {
    const link = el("a", { href: pageUrl("/", changed(query, { search: text })) }, el("bdi", {}, text));
    link.addEventListener("click", (event) => {
      if (event.ctrlKey || event.metaKey || event.shiftKey) return;
      event.preventDefault();
      go({ search: text });
    });
    return link;
  });
  return el(tag, { class: "meant" }, `${S.didYouMean} `, ...links.flatMap((link, place) => (place ? [", ", link] : [link])), "?");
}

/** Why only words were looked for, and what to do about it: the server says which pack is lacking. */
function meaningHint(config: Config | null): HTMLElement {
  const { state, reason } = config?.capabilities?.["semantic_search"] ?? { state: "unavailable", reason: "" };
  // Commands stand between backticks.
  const parts = (state === "ready" ? S.byMeaningSoon : reason).split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));
  return el("div", { class: "how hint-box" }, el("p", {}, S.byMeaningText), el("p", {}, ...parts));
}

/** What is shown instead of photos: what may have been meant, which of the words alone find some, and what can be typed. */
export function nothingFound(query: URLSearchParams, hints: SearchHints | null, config: Config | null, go: Go): Node[] {
  const text = query.get("search") ?? "";
  const filters = [...query.keys()].filter((key) => !["search", "sort", "sort_direction"].includes(key));
  const more = el("div", { class: "instead" });
  const nodes: Node[] = [icon("search-x"), el("h2", {}, S.nothingFound(quoted(text))), more, el("p", { class: "muted" }, S.searchTips)];
  void instead(query, hints, go).then((found) => more.replaceChildren(...found));
  const ways: [string, string[]][] = [...(filters.length ? [[S.searchEverywhere, filters] as [string, string[]]] : []), [S.clearSearch, ["search"]]];
  const buttons = ways.map(([label, keys]) => {
    const button = el("button", { class: "button", type: "button" }, label);
    button.addEventListener("click", () => go(Object.fromEntries(keys.map((key) => [key, null]))));
    return button;
  });
  nodes.push(el("p", { class: "ways" }, ...buttons));
  if (hints && !hints.parts.includes("vectors")) {
    const hint = meaningHint(config);
    hint.prepend(el("h3", {}, S.byMeaning));
    nodes.push(hint);
  }
  return nodes;
}

/** What else can be searched for. In another order than by relevance the list does not tell, so that the search is asked. */
async function instead(query: URLSearchParams, hints: SearchHints | null, go: Go): Promise<Node[]> {
  if (!canBeRanked(query)) return [];
  try {
    const { suggestions = [], alone = [] } = hints ?? (await ask(query, query.get("search") ?? ""));
    return [
      ...(suggestions.length ? [didYouMean("p", suggestions, query, go)] : []),
      ...(alone.length ? [el("p", {}, S.allWords), singleWords(alone.slice(0, MOST_WORDS), query, go)] : []),
    ];
  } catch {
    return []; // what can be typed is told all the same
  }
}

function ask(query: URLSearchParams, text: string): Promise<PhotoPage> {
  const params = changed(query, { search: null, sort: null, sort_direction: null });
  return getJson<PhotoPage>(`/api/search?${new URLSearchParams({ ...Object.fromEntries(params), q: text, limit: "1" })}`);
}

function singleWords(words: string[], query: URLSearchParams, go: Go): HTMLElement {
  const row = el("p", { class: "words" });
  void Promise.all(
    words.map(async (word) => {
      try {
        const { total } = await ask(query, word);
        const button = el("button", { class: "chip", type: "button", disabled: total === 0 }, el("bdi", {}, word), el("span", { class: "muted" }, formatCount(total)));
        button.addEventListener("click", () => go({ search: word }));
        return button;
      } catch {
        return null; // the others may be known
      }
    }),
  ).then((buttons) => row.append(...buttons.filter((button) => button !== null)));
  return row;
}
