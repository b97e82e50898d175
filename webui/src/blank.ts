/** What the gallery says when it has nothing to show, and why. */
import { ApiError } from "./api";
import { byId, el, icon } from "./dom";
import { isRunning } from "./scanbar";
import { S } from "./strings";
import type { ScanStatus } from "./types";

export type Reason = "roots" | "folders" | "scanning" | "filters" | "error";

export function reasonForNothing(status: ScanStatus | null, filtered: boolean): Reason {
  if (filtered) return "filters";
  if (isRunning(status)) return "scanning";
  return status?.roots?.length === 0 ? "roots" : "folders";
}

/** Fill #blank. `act` clears the filters, or tries again after an error. */
export function showBlank(reason: Reason, error: unknown, act: () => void): void {
  const box = byId("blank");
  box.hidden = false;
  if (box.dataset["reason"] === reason && reason !== "error") return;
  box.dataset["reason"] = reason;
  box.setAttribute("role", reason === "error" ? "alert" : "status");
  box.replaceChildren(...content(reason, error, act));
}

/** Fill #blank with what `make` makes, once for each `key`. */
export function showAnswer(key: string, make: () => Node[]): void {
  const box = byId("blank");
  box.hidden = false;
  if (box.dataset["reason"] === key) return;
  box.dataset["reason"] = key;
  box.setAttribute("role", "status");
  box.replaceChildren(...make());
}

export function hideBlank(): void {
  const box = byId("blank");
  box.hidden = true;
  delete box.dataset["reason"];
}

function content(reason: Reason, error: unknown, act: () => void): Node[] {
  const button = (text: string) => {
    const node = el("button", { class: "button", type: "button" }, text);
    node.addEventListener("click", act);
    return node;
  };
  switch (reason) {
    case "roots":
      return [
        icon("folder-search"),
        el("h2", {}, S.noRootsTitle),
        el("p", {}, S.noRoots),
        el("p", { class: "muted" }, S.noRootsHow),
        el("pre", {}, el("code", {}, S.commandServe)),
        el("p", { class: "muted" }, S.noRootsMore),
        el("pre", {}, el("code", {}, S.commandMake)),
      ];
    case "folders":
      return [icon("image-plus"), el("h2", {}, S.emptyRootsTitle), el("p", {}, S.emptyRoots), el("p", {}, el("a", { class: "button", href: "/scan" }, S.toScan))];
    case "scanning":
      return [icon("loader"), el("h2", {}, S.scanningTitle), el("p", {}, S.scanningEmpty)];
    case "filters":
      return [icon("search-x"), el("h2", {}, S.noMatchTitle), el("p", {}, S.noMatch), el("p", {}, button(S.clearFilters))];
    case "error":
      return errorContent(error, button);
  }
}

function errorContent(error: unknown, button: (text: string) => Node): Node[] {
  const problem = error instanceof ApiError ? error : null;
  const bad = problem?.status === 400;
  const lines = problem?.errors.length ? problem.errors.map((each) => `${each.field}: ${each.message}`) : [error instanceof Error ? error.message : String(error)];
  return [
    icon("triangle-alert"),
    el("h2", {}, bad ? S.badFilterTitle : S.errorTitle),
    ...lines.map((line) => el("p", { dir: "auto" }, line)),
    el("p", {}, button(bad ? S.clearFilters : S.retry)),
  ];
}
