/** A face in a circle. */
import { el, icon } from "../dom";

/** Side of the pictures that the server cuts out, in px. */
const SIDE = 160;
const TRIES = 3;

/** The circle for face `id`; `size` names its width in the style sheet. A face whose picture is not there yet is asked for again. */
export function faceCircle(id: number | null, size: "big" | "middle" | "small"): HTMLElement {
  const frame = el("span", { class: `face ${size}`, "aria-hidden": "true" }, icon("user-round"));
  if (id !== null) showFace(frame, id);
  return frame;
}

export function showFace(frame: HTMLElement, id: number): void {
  if (frame.dataset["face"] === String(id)) return;
  frame.dataset["face"] = String(id);
  frame.querySelector("img")?.remove();
  const image = el("img", { width: SIDE, height: SIDE, alt: "", loading: "lazy", decoding: "async", draggable: "false" });
  const url = `/face_thumbnail/${id}`;
  let tries = 0;
  image.onload = () => image.classList.add("ready");
  image.onerror = () => {
    if (++tries < TRIES) setTimeout(() => image.isConnected && (image.src = url), 2500 * tries);
  };
  image.src = url;
  frame.append(image);
}
