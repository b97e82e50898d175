/** A small picture that leads to the page of its photo. */
import { thumbnailUrl } from "../api";
import { el } from "../dom";
import { formatScore, formatShare } from "../format";
import { showPlaceholder } from "../placeholder";
import { S } from "../strings";
import type { Brief } from "./model";

interface Look {
  size: 240 | 640;
  /** What stands on the picture, at its lower edge. */
  note?: Node | null;
  best?: boolean;
  current?: boolean;
}

export function thumb(photo: Brief, { size, note, best = false, current = false }: Look): HTMLAnchorElement {
  const image = el("img", { alt: photo.filename, loading: "lazy", decoding: "async", draggable: "false", width: photo.image_width, height: photo.image_height });
  image.onload = () => image.classList.add("ready");
  image.src = thumbnailUrl(photo, size);
  const link = el(
    "a",
    { class: "thumb", href: `/photo/${photo.id}`, title: photo.filename, "aria-current": current ? "true" : null, draggable: "false" },
    image,
    best && el("span", { class: "best" }, S.best),
    note && el("span", { class: "note" }, note),
  );
  showPlaceholder(link, photo.color, photo.placeholder);
  return link;
}

/** The score, for those who only hear it with the word before it. */
export function scoreNote(photo: Brief): Node | null {
  return typeof photo.aggregate === "number" ? el("span", {}, el("span", { class: "sr" }, ` ${S.score} `), formatScore(photo.aggregate)) : null;
}

export function alikeNote(similarity: number): Node {
  return el("span", {}, formatShare(Math.round(similarity * 100) / 100), el("span", { class: "sr" }, ` ${S.alike}`));
}
