/** What the list of people says when it is empty, and why. */
import { el, icon } from "../dom";
import { isRunning } from "../scanbar";
import { S } from "../strings";
import type { ScanStatus } from "../types";

export function nobody(scan: ScanStatus | null, unavailable: string | null, filtered: boolean, clear: () => void): Node[] {
  if (filtered) {
    const button = el("button", { class: "button", type: "button" }, S.showEverybody);
    button.addEventListener("click", clear);
    return [icon("search-x"), el("h2", {}, S.nobodyFound), el("p", {}, button)];
  }
  if (unavailable) {
    return [
      icon("triangle-alert"),
      el("h2", {}, S.facesUnavailable),
      ...unavailable.split("\n").map((line) => el("p", { class: "muted" }, line)),
      el("p", {}, S.facesUnavailableHow),
      el("pre", {}, el("code", {}, S.commandDoctor)),
    ];
  }
  if (isRunning(scan)) return [icon("loader"), el("h2", {}, S.noPeopleYet), el("p", {}, S.noPeopleScanning)];
  if (scan?.roots?.length === 0) return [icon("users-round"), el("h2", {}, S.noPeopleYet), el("p", {}, S.noRoots), el("pre", {}, el("code", {}, S.commandServe))];
  return [
    icon("users-round"),
    el("h2", {}, S.noPeopleYet),
    el("p", {}, S.noPeopleHow),
    el("p", {}, el("a", { class: "button", href: "/scan" }, S.toScan)),
    el("p", { class: "muted" }, S.noPeopleCheck),
    el("pre", {}, el("code", {}, S.commandDoctor)),
  ];
}
