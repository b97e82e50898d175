/** The caption of a photo: what somebody wrote, else what a rule says; written here by hand. */
import { ApiError, getJson, putJson } from "./api";
import { el, icon } from "./dom";
import { S } from "./strings";

interface Caption {
  caption: string | null;
  source: string;
}

/** A line that fills itself, with a pencil to write in it. */
export function captionLine(id: number): HTMLElement {
  const line = el("div", { class: "caption" });
  getJson<Caption>(`/api/caption?id=${id}`).then(
    (found) => show(line, id, found),
    () => line.remove(), // a page without the sentence is a page
  );
  return line;
}

function show(line: HTMLElement, id: number, found: Caption): void {
  const button = el("button", { class: "tool", type: "button", "aria-label": S.editCaption, title: S.editCaption }, icon("pencil"));
  button.addEventListener("click", () => edit(line, id, found));
  const text = el("p", { dir: "auto", class: found.source === "rule" ? "muted" : "" }, found.caption ?? S.noCaption);
  if (found.source === "rule" && found.caption) text.title = S.captionByRule;
  line.replaceChildren(text, button);
}

function edit(line: HTMLElement, id: number, found: Caption): void {
  const input = el("input", { type: "text", maxlength: 2000, dir: "auto", "aria-label": S.caption, placeholder: found.caption ?? S.caption });
  input.value = found.source === "rule" ? "" : (found.caption ?? "");
  const problem = el("p", { class: "bad", role: "alert" });
  const form = el("form", {}, input, problem);
  const back = (): void => {
    show(line, id, found);
    line.querySelector("button")?.focus();
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
