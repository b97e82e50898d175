/** One photo of the grid: a link with the picture, its score and its category. */
import { stackBadge } from "./alike/stack";
import { thumbnailUrl } from "./api";
import { el, icon } from "./dom";
import { formatDay, formatFine, formatScore, formatShutter, humanize, scoreLevel } from "./format";
import { dropPlaceholder, showPlaceholder } from "./placeholder";
import { photoUrl } from "./query";
import { S } from "./strings";
import type { Config, Photo } from "./types";

/** The category of photos that fit no other; a badge for it would tell nothing. */
const UNSORTED = "default";

export interface Look {
  config: Config | null;
  query: URLSearchParams;
  /** Side of the square cell in CSS px. */
  cell: number;
  /** Whole pictures instead of filled squares. */
  whole: boolean;
}

export class Card {
  readonly node = el("div", { class: "card", role: "listitem" });
  readonly link = el("a", { class: "photo", tabindex: -1, draggable: "false" });
  index = -1;
  #photo: Photo | null = null;
  #image: HTMLImageElement | null = null;
  #shown = "";
  #stack: HTMLElement | null = null;

  constructor() {
    this.node.append(this.link);
  }

  get photo(): Photo | null {
    return this.#photo;
  }

  get id(): number | null {
    return this.#photo?.id ?? null;
  }

  /** Show `photo` (or an empty cell) as number `index` of `total`. */
  update(photo: Photo | null, index: number, total: number, look: Look): void {
    this.index = index;
    this.node.setAttribute("aria-posinset", String(index + 1));
    this.node.setAttribute("aria-setsize", String(total));
    this.link.dataset["index"] = String(index);
    if (photo) this.link.href = photoUrl(photo.id, look.query, index);
    const shown = photo ? `${photo.id} ${photo.v} ${photo.aggregate} ${photo.category} ${photo.offline} ${photo["burst_count"]} ${photo["duplicate_count"]} ${photo.filename} ${look.cell} ${look.whole} ${look.config !== null}` : "";
    if (photo && shown === this.#shown) return;
    const samePicture = photo !== null && this.#photo?.id === photo.id && this.#photo.v === photo.v;
    this.#photo = photo;
    this.#shown = shown;
    if (!samePicture) this.#dropImage();
    this.#stack?.remove();
    this.#stack = null;
    if (!photo) {
      this.link.removeAttribute("href");
      this.link.replaceChildren();
      this.link.setAttribute("aria-label", S.loadingPhoto);
      showPlaceholder(this.link, null, null);
      return;
    }
    this.link.dataset["id"] = String(photo.id);
    this.link.removeAttribute("aria-label");
    this.#decorate(photo, look);
    this.#stack = stackBadge(photo);
    if (this.#stack) this.node.append(this.#stack);
    if (!samePicture) showPlaceholder(this.link, photo.color, look.whole ? null : photo.placeholder);
  }

  /** Start loading the pixels; called once the cell has stayed in view for a moment. */
  load(look: Look): void {
    const photo = this.#photo;
    if (!photo || this.#image) return;
    const image = el("img", { alt: "", decoding: "async", draggable: "false" });
    if (photo.image_width && photo.image_height) {
      image.width = photo.image_width;
      image.height = photo.image_height;
    }
    this.#image = image;
    image.onload = () => {
      image.classList.add("ready");
      this.link.classList.remove("broken");
    };
    const url = thumbnailUrl(photo, sizeFor(photo, look));
    let tries = 0;
    image.onerror = () => {
      this.link.classList.add("broken");
      // A thumbnail that was lost is made anew: it may be there in a moment.
      if (tries++ < 2) setTimeout(() => this.#image === image && (image.src = url), 2500 * tries);
    };
    image.src = url;
    if (image.complete && image.naturalWidth) image.classList.add("ready", "instant");
    this.link.prepend(image);
  }

  /** Let go of downloads before the cell is thrown away. */
  drop(): void {
    this.#dropImage();
    dropPlaceholder(this.link);
    this.node.remove();
  }

  #dropImage(): void {
    if (this.#image) {
      this.#image.onload = this.#image.onerror = null;
      if (!this.#image.complete) this.#image.src = "data:,";
      this.#image.remove();
      this.#image = null;
    }
    this.link.classList.remove("broken");
  }

  #decorate(photo: Photo, look: Look): void {
    const overlay = el("span", { class: "facts" }, el("bdi", { class: "name" }, photo.filename), el("span", {}, facts(photo)));
    const badges: (Node | null)[] = [
      typeof photo.aggregate === "number"
        ? el(
            "span",
            { class: `score level-${scoreLevel(photo.aggregate, look.config?.quality_thresholds ?? {})}` },
            el("span", { class: "sr" }, `${S.score} `),
            formatScore(photo.aggregate),
          )
        : null,
      photo.category && photo.category !== UNSORTED && look.cell >= 104 ? el("span", { class: "category" }, categoryLabel(photo.category, look.config)) : null,
    ];
    if (photo.offline) {
      const mark = el("span", { class: "away", title: S.offline });
      mark.append(icon("cloud-off"), el("span", { class: "sr" }, S.offline));
      badges.push(mark);
    }
    this.link.replaceChildren(...(this.#image ? [this.#image] : []), overlay, ...badges.filter((badge) => badge !== null));
    this.link.classList.toggle("whole", look.whole);
    this.link.classList.toggle("is-away", Boolean(photo.offline));
  }
}

export function categoryLabel(category: string, config: Config | null): string {
  return config?.category_labels[category] ?? humanize(category);
}

/** The smallest stored size that fills the cell on this screen. */
function sizeFor(photo: Photo, look: Look): 240 | 640 {
  const ratio = photo.image_width && photo.image_height ? photo.image_width / photo.image_height : 1.5;
  const long = look.whole ? look.cell : look.cell * Math.min(3, Math.max(ratio, 1 / ratio));
  return long * devicePixelRatio <= 260 ? 240 : 640;
}

/** `14 Jul 2024 · f/2.8 · 1/250 s · ISO 100 · 50 mm`, as far as known. */
function facts(photo: Photo): string {
  return [
    photo.date_taken && formatDay(photo.date_taken),
    photo.f_stop && `f/${formatFine(photo.f_stop)}`,
    photo.shutter_speed && formatShutter(photo.shutter_speed),
    photo.iso && `ISO ${photo.iso}`,
    photo.focal_length && `${formatFine(photo.focal_length)} mm`,
  ]
    .filter(Boolean)
    .join(" · ");
}
