/** Questions in a modal dialog. */
import { el } from "./dom";
import { S } from "./strings";

export interface Answer {
  value: string;
  label: string;
  look?: "primary" | "danger";
}

/** Ask; null when the question is left unanswered. `content` stands between the text and the buttons. */
export function ask(title: string, content: (Node | string)[], answers: Answer[]): Promise<string | null> {
  const id = "question-title";
  const cancel = el("button", { class: "button", value: "", formnovalidate: true }, S.cancel);
  const buttons = answers.map(({ value, label, look }) => el("button", { class: `button ${look ?? ""}`, value }, label));
  const form = el("form", { method: "dialog" }, el("h2", { id }, title), ...content.map((part) => (typeof part === "string" ? el("p", {}, part) : part)), el("div", { class: "answers" }, ...buttons, cancel));
  const dialog = el("dialog", { class: "question", "aria-labelledby": id }, form);
  const before = document.activeElement;
  document.body.append(dialog);
  return new Promise((resolve) => {
    dialog.addEventListener("click", (event) => {
      if (event.target === dialog) dialog.close("");
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
      resolve(dialog.returnValue || null);
    });
    dialog.showModal();
    (buttons[0] ?? cancel).focus();
  });
}
