/** What the gallery says about a search: by what photos were found, and what to try when there are none. */
import { getJson } from "./api";
import { el, icon } from "./dom";
import { formatCount } from "./format";
import { changed, isRanked } from "./query";
import { S } from "./strings";
import type { Config } from "./types";

interface Counted {
  total: number;
}

const MOST_WORDS = 5;

/** Fill the line under the header; hidden without a search. `parts` is what was used, null while that is not known. */
export function showFound(box: HTMLElement, query: URLSearchParams, parts: string[] | null, config: Config | null): void {
  box.hidden = !query.has("search"); // its line is there from the start, so that the photos below do not move
  if (box.hidden) return;
  const text = !isRanked(query) ? S.foundOrdered : parts === null ? "" : (S.foundBy[[...parts].sort().join(",")] ?? "");
  const key = `${text} ${config !== null}`;
  if (box.dataset["key"] === key) return;
  box.dataset["key"] = key;
  box.replaceChildren(el("span", {}, text));
  if (parts?.includes("vectors") || !text || !config) return;
  const hint = meaningHint(config);
  hint.hidden = true;
  const button = el("button", { class: "link", type: "button", "aria-expanded": "false" }, S.byMeaning);
  button.addEventListener("click", () => {
    hint.hidden = !hint.hidden;
    button.setAttribute("aria-expanded", String(!hint.hidden));
  });
  box.append(button, hint);
}

/** Why only words were looked for, and what to do about it: the server says which pack is lacking. */
function meaningHint(config: Config | null): HTMLElement {
  const { state, reason } = config?.capabilities?.["semantic_search"] ?? { state: "unavailable", reason: "" };
  // Commands stand between backticks.
  const parts = (state === "ready" ? S.byMeaningSoon : reason).split("`").map((part, place) => (place % 2 ? el("code", {}, part) : part));
  return el("div", { class: "how hint-box" }, el("p", {}, S.byMeaningText), el("p", {}, ...parts));
}

/** The words of a search that could stand alone, phrases kept together. */
export function wordsOf(text: string): string[] {
  return [...text.matchAll(/(-?)("[^"]*"|[^\s"]+)/g)].filter(([, minus]) => !minus).map(([, , word]) => word!);
}

/** What is shown instead of photos: which of the words alone find some, and what can be typed. */
export function nothingFound(query: URLSearchParams, parts: string[] | null, config: Config | null, go: (changes: Record<string, string | null>) => void): Node[] {
  const text = query.get("search") ?? "";
  const words = wordsOf(text);
  const filters = [...query.keys()].filter((key) => !["search", "sort", "sort_direction"].includes(key));
  const nodes: Node[] = [icon("search-x"), el("h2", {}, S.nothingFound(`“${text}”`))];
  if (words.length > 1) nodes.push(el("p", {}, S.allWords), singleWords(words.slice(0, MOST_WORDS), query, go));
  nodes.push(el("p", { class: "muted" }, S.searchTips));
  const ways: [string, string[]][] = [...(filters.length ? [[S.searchEverywhere, filters] as [string, string[]]] : []), [S.clearSearch, ["search"]]];
  const buttons = ways.map(([label, keys]) => {
    const button = el("button", { class: "button", type: "button" }, label);
    button.addEventListener("click", () => go(Object.fromEntries(keys.map((key) => [key, null]))));
    return button;
  });
  nodes.push(el("p", { class: "ways" }, ...buttons));
  if (parts && !parts.includes("vectors")) {
    const hint = meaningHint(config);
    hint.prepend(el("h3", {}, S.byMeaning));
    nodes.push(hint);
  }
  return nodes;
}

function singleWords(words: string[], query: URLSearchParams, go: (changes: Record<string, string | null>) => void): HTMLElement {
  const row = el("p", { class: "words" });
  void Promise.all(
    words.map(async (word) => {
      const params = changed(query, { search: word, sort: null, sort_direction: null });
      params.delete("search");
      try {
        const { total } = await getJson<Counted>(`/api/search?${new URLSearchParams({ ...Object.fromEntries(params), q: word, limit: "1" })}`);
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
