/** A new app password: told this once, to be copied. */
import { notice } from "../chrome";
import { byId, el, icon } from "../dom";
import { S } from "../strings";

export interface Made {
  id: number;
  label: string;
  password: string;
}

/** Show it until `done` with it, or until the page is left. */
export function showMade(made: Made, done: () => void): void {
  const secret = el("code", { class: "secret", id: "secret", tabindex: 0, role: "textbox", "aria-readonly": "true", "aria-label": S.appPassword, translate: "no" }, made.password);
  const copy = el("button", { class: "button primary", type: "button", id: "copy" }, icon("copy"), S.copy);
  copy.addEventListener("click", () => void copied(secret).then((well) => notice("account", well ? S.copied : S.copyByHand)));
  const close = el("button", { class: "button", type: "button" }, S.done);
  close.addEventListener("click", () => {
    hideMade();
    done();
  });
  const name = byId("account").dataset["name"] ?? "";
  const facts = [el("dt", {}, S.appAddress), el("dd", {}, el("bdi", {}, location.origin)), el("dt", {}, S.appName), el("dd", {}, name ? el("bdi", {}, name) : S.noName)];
  const box = byId("made");
  box.replaceChildren(el("h3", {}, S.madeTitle(made.label)), el("p", {}, S.madeText), el("div", { class: "with-action" }, secret, copy), el("dl", { class: "rows" }, ...facts), el("div", {}, close));
  box.dataset["id"] = String(made.id);
  box.hidden = false;
  copy.focus();
  addEventListener("pagehide", () => hideMade(), { once: true });
}

/** Forget what is shown; with `id` only when it is that one. */
export function hideMade(id?: number): void {
  const box = byId("made");
  if (id !== undefined && box.dataset["id"] !== String(id)) return;
  box.hidden = true;
  box.replaceChildren();
}

/** Without HTTPS browsers have no clipboard for scripts: then what is selected is copied. */
async function copied(node: HTMLElement): Promise<boolean> {
  getSelection()?.selectAllChildren(node);
  try {
    if (navigator.clipboard) {
      await navigator.clipboard.writeText(node.textContent ?? "");
      return true;
    }
  } catch {
    // not allowed: the other way may be
  }
  return document.execCommand("copy");
}
