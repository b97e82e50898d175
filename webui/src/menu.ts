/** The menu of the user in the header: it closes by Escape, by a click beside it, and when the focus goes on. */
const menu = document.getElementById("me");

if (menu instanceof HTMLDetailsElement) {
  const summary = menu.querySelector("summary");
  menu.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !menu.open) return;
    event.stopPropagation();
    menu.open = false;
    summary?.focus();
  });
  menu.addEventListener("focusout", (event) => {
    if (event.relatedTarget instanceof Node && !menu.contains(event.relatedTarget)) menu.open = false;
  });
  addEventListener("pointerdown", (event) => {
    if (event.target instanceof Node && !menu.contains(event.target)) menu.open = false;
  });
  addEventListener("pagehide", () => {
    menu.open = false;
  });
}
