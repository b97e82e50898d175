/** The search box in the header of pages that have no list of their own: it leads to the gallery. */
import { inDialog } from "./chrome";
import { offerNames } from "./completing";
import { byId, isTyping } from "./dom";

export function wireSearch(): void {
  const input = byId("search").querySelector("input")!;
  offerNames(input);
  addEventListener("keydown", (event) => {
    if (event.key !== "/" || isTyping(event) || inDialog() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    input.focus();
    input.select();
  });
}
