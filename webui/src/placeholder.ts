/** Thumbhash placeholders, decoded a few at a time so that scrolling stays smooth. */
import { thumbHashToDataURL } from "thumbhash";

const BUDGET_MS = 5;
const KEEP = 600;
const decoded = new Map<string, string>();
const queue = new Map<HTMLElement, string>();
let scheduled = false;

/** Show `color` on `node` at once and the blurred picture soon after. Either may be missing. */
export function showPlaceholder(node: HTMLElement, color: string | null, hash: string | null): void {
  node.style.backgroundColor = color && /^#[0-9a-f]{6}$/i.test(color) ? color : "";
  node.style.backgroundImage = "";
  queue.delete(node);
  if (!hash) return;
  const ready = decoded.get(hash);
  if (ready) {
    node.style.backgroundImage = ready;
    return;
  }
  queue.set(node, hash);
  if (!scheduled) {
    scheduled = true;
    requestAnimationFrame(work);
  }
}

export function dropPlaceholder(node: HTMLElement): void {
  queue.delete(node);
}

function work(): void {
  scheduled = false;
  const end = performance.now() + BUDGET_MS;
  for (const [node, hash] of queue) {
    queue.delete(node);
    node.style.backgroundImage = decode(hash);
    if (performance.now() > end) break;
  }
  if (queue.size) {
    scheduled = true;
    requestAnimationFrame(work);
  }
}

function decode(hash: string): string {
  let image = "";
  try {
    image = `url("${thumbHashToDataURL(Uint8Array.from(atob(hash), (c) => c.charCodeAt(0)))}")`;
  } catch {
    // a damaged placeholder leaves the plain colour
  }
  if (decoded.size >= KEEP) decoded.delete(decoded.keys().next().value ?? "");
  decoded.set(hash, image);
  return image;
}
