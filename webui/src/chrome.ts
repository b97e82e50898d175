/** What every page has: notices, the list of keys, and the menu of the user. */
import { byId, el, icon, isTyping } from "./dom";
import "./menu";
import { S } from "./strings";

const SHOWN_MS = 3500;
const ACTION_MS = 7000;

/** A short notice at the lower edge, longer with an `action` in it. `sticky` stays until `hideNotice(kind)`. */
export function notice(kind: string, text: string, { sticky = false, action }: { sticky?: boolean; action?: HTMLElement } = {}): void {
  hideNotice(kind);
  const node = el("p", { class: "notice", "data-kind": kind }, text, action && " ", action);
  byId("notices").append(node);
  if (!sticky) setTimeout(() => node.remove(), action ? ACTION_MS : SHOWN_MS);
}

export function hideNotice(kind: string): void {
  byId("notices")
    .querySelectorAll(`[data-kind="${kind}"]`)
    .forEach((node) => node.remove());
}

export function connectionNotice(up: boolean): void {
  if (up) {
    hideNotice("connection");
    notice("connection", S.reconnected);
  } else {
    notice("connection", S.reconnecting, { sticky: true });
  }
}

let keysDialog: HTMLDialogElement | null = null;

/** Open (or close) the list of keys of this page with `?` and with the button #keys. */
export function offerKeys(page: string): void {
  const toggle = () => {
    if (keysDialog?.open) keysDialog.close();
    else showKeys(page);
  };
  document.getElementById("keys")?.addEventListener("click", toggle);
  addEventListener("keydown", (event) => {
    if (event.key === "?" && !isTyping(event)) {
      event.preventDefault();
      toggle();
    }
  });
}

function showKeys(page: string): void {
  if (!keysDialog) {
    const close = el("button", { class: "tool", type: "button", "aria-label": S.close });
    close.append(icon("x"));
    close.addEventListener("click", () => keysDialog?.close());
    const rows = (S.keys[page] ?? []).flatMap(([keys, meaning]) => [el("dt", {}, ...keys.split(" ").flatMap((key) => [el("kbd", {}, key), " "])), el("dd", {}, meaning)]);
    keysDialog = el("dialog", { class: "keys", "aria-labelledby": "keys-title" }, el("header", {}, el("h2", { id: "keys-title" }, S.keysTitle), close), el("dl", {}, ...rows));
    keysDialog.addEventListener("click", (event) => {
      if (event.target === keysDialog) keysDialog?.close();
    });
    document.body.append(keysDialog);
  }
  keysDialog.showModal();
}

/** Whether a modal dialog is open: then page keys rest. */
export function inDialog(): boolean {
  return document.querySelector("dialog:modal") !== null;
}
