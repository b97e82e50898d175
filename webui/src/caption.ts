/** The caption of a photo: what somebody or a model wrote, else what a rule says. Written here by hand, or by a model on request. */
import { ApiError, getJson, postJson, putJson } from "./api";
import { el, icon } from "./dom";
import { LANGUAGE } from "./i18n";
import { MAY_EDIT } from "./rights";
import { S } from "./strings";
import type { Config } from "./types";

interface Caption {
  caption: string | null;
  /** manual, facet, rule, or the name of a model. */
  by: string;
  lang?: string;
}

/** Whose captions models do not replace. */
const LASTING = new Set(["manual", "facet"]);

/** What models can do for captions here. */
interface Abilities {
  describe: boolean;
  translate: string | null;
}

/** A line that fills itself, with a pencil to write in it. */
export function captionLine(id: number, config: Config): HTMLElement {
  const line = el("div", { class: "caption", "data-photo": id });
  const ready = (name: string): boolean => config.capabilities?.[name]?.state === "ready";
  const abilities = { describe: ready("captioning"), translate: ready("translation") ? (config.translation_target_language ?? null) : null };
  getJson<Caption>(`/api/caption?id=${id}&generate=0`).then(
    (found) => show(line, id, found, abilities),
    () => line.remove(), // a page without the sentence is a page
  );
  return line;
}

/** The line of this photo where somebody is typing in it, or waits for a model: it outlives a page that is drawn anew. */
export function captionInUse(panel: HTMLElement, id: number): HTMLElement | null {
  const line = panel.querySelector<HTMLElement>(".caption");
  const used = line?.querySelector("form") || line?.getAttribute("aria-busy") === "true";
  return line && used && line.dataset["photo"] === String(id) ? line : null;
}

function show(line: HTMLElement, id: number, found: Caption, can: Abilities, original: Caption = found): void {
  line.removeAttribute("aria-busy");
  const pencil = el("button", { class: "tool", type: "button", "aria-label": S.editCaption, title: S.editCaption }, icon("pencil"));
  pencil.addEventListener("click", () => edit(line, id, original, can));
  const text = el("p", { dir: "auto", lang: found.lang, class: found.by === "rule" ? "muted" : "" }, found.caption ?? S.noCaption);
  const ask = (name: string, wait: string, label: string, answer: () => Promise<Caption>): HTMLElement => {
    const button = el("button", { class: "link", type: "button", "data-ask": name }, label);
    button.addEventListener("click", () => void work(line, id, found, can, original, { name, wait, answer }));
    return button;
  };
  const actions: HTMLElement[] = [];
  if (MAY_EDIT && can.describe && !LASTING.has(original.by)) {
    const label = original.by === "rule" ? S.describe : S.describeAnew;
    actions.push(ask("describe", S.describing, label, () => postJson<Caption>("/api/caption/generate", { id })));
  }
  if (found.lang) actions.push(ask("original", "", S.originalCaption, () => Promise.resolve(original)));
  else if (can.translate && found.caption) {
    const language = can.translate;
    actions.push(ask("translate", S.translating, S.translateTo(languageName(language)), () => getJson<Caption>(`/api/caption?id=${id}&lang=${language}`)));
  }
  const by = found.caption ? el("span", { class: "by" }, source(found)) : null;
  line.replaceChildren(el("div", { class: "said" }, text, by || actions.length ? el("div", { class: "about" }, by, ...actions) : null), ...(MAY_EDIT ? [pencil] : []));
}

/** Have a model do something; the line says so, and what went wrong. */
async function work(line: HTMLElement, id: number, found: Caption, can: Abilities, original: Caption, asked: { name: string; wait: string; answer: () => Promise<Caption> }): Promise<void> {
  const about = line.querySelector(".about");
  line.querySelector(".bad")?.remove();
  line.setAttribute("aria-busy", "true");
  about?.replaceChildren(el("span", { class: "by", role: "status" }, asked.wait));
  try {
    const answer = await asked.answer();
    show(line, id, answer, can, answer.lang ? original : answer);
    line.querySelector<HTMLElement>(".about button")?.focus();
  } catch (error) {
    show(line, id, found, can, original);
    line.querySelector(".said")?.append(el("p", { class: "bad", role: "alert" }, error instanceof ApiError ? error.message : String(error)));
    line.querySelector<HTMLElement>(`[data-ask=${asked.name}]`)?.focus();
  }
}

function source(found: Caption): string {
  const by = found.by === "manual" ? S.captionByHand : found.by === "facet" ? S.captionFromFacet : found.by === "rule" ? S.captionByRule : S.captionBy(found.by);
  return found.lang ? S.translated(by) : by;
}

function languageName(code: string): string {
  return new Intl.DisplayNames([LANGUAGE], { type: "language" }).of(code) ?? code;
}

function edit(line: HTMLElement, id: number, found: Caption, can: Abilities): void {
  const input = el("input", { type: "text", maxlength: 2000, dir: "auto", "aria-label": S.caption, placeholder: found.caption ?? S.caption });
  input.value = found.by === "rule" ? "" : (found.caption ?? "");
  const problem = el("p", { class: "bad", role: "alert" });
  const form = el("form", {}, input, problem);
  const back = (): void => {
    show(line, id, found, can);
    line.querySelector<HTMLElement>(".tool")?.focus();
  };
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    putJson<Caption>("/api/caption", { id, caption: input.value }).then(
      (written) => {
        found = written;
        back();
      },
      (error: unknown) => (problem.textContent = error instanceof ApiError ? error.message : String(error)),
    );
  });
  input.addEventListener("keydown", (event) => {
    event.stopPropagation(); // the page's keys are not meant
    if (event.key === "Escape") back();
  });
  line.replaceChildren(form);
  input.focus();
}
