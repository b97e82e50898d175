/** The picture of the photo page: preview first, pixels on zoom; pinch, wheel, drag, swipe. */
import { imageUrl, thumbnailUrl } from "./api";
import { byId, el } from "./dom";
import { showPlaceholder } from "./placeholder";
import { S } from "./strings";
import type { Photo } from "./types";

const MAX_ZOOM = 12;
const MAX_ENLARGE = 2;
const TAP_PX = 6;
const SWIPE_PX = 60;
const PREVIEW_PX = 1600;

interface Point {
  x: number;
  y: number;
}

export class Stage {
  readonly #frame = byId("frame");
  readonly #note = byId("stage-note");
  #picture = el("div", { class: "picture" });
  #photo: Photo | null = null;
  #fit = { width: 1, height: 1 };
  #scale = 1;
  #at: Point = { x: 0, y: 0 };
  #full: HTMLImageElement | null = null;
  #pointers = new Map<number, Point>();
  #start: { point: Point; at: Point; distance: number; scale: number; moved: boolean } | null = null;

  constructor(
    private readonly onTurn: (step: -1 | 1) => void,
    private readonly onZoom: (zoomed: boolean) => void,
  ) {
    this.#frame.append(this.#picture);
    new ResizeObserver(() => this.#layout()).observe(this.#frame);
    this.#frame.addEventListener("wheel", (event) => this.#onWheel(event), { passive: false });
    this.#frame.addEventListener("pointerdown", (event) => this.#onDown(event));
    this.#frame.addEventListener("pointermove", (event) => this.#onMove(event));
    this.#frame.addEventListener("pointerup", (event) => this.#onUp(event, false));
    this.#frame.addEventListener("pointercancel", (event) => this.#onUp(event, true));
  }

  get picture(): HTMLElement {
    return this.#picture;
  }

  show(photo: Photo): void {
    this.#photo = photo;
    this.#full = null;
    this.#note.hidden = true;
    const image = el("img", { alt: photo.filename, draggable: "false", fetchpriority: "high" });
    image.onload = () => image.classList.add("ready");
    image.onerror = () => {
      image.remove();
      this.say(S.pictureFailed);
    };
    image.src = thumbnailUrl(photo, 1600);
    const picture = el("div", { class: "picture" }, image);
    showPlaceholder(picture, photo.color, photo.placeholder);
    image.addEventListener("load", () => showPlaceholder(picture, null, null));
    this.#picture.replaceWith(picture);
    this.#picture = picture;
    if (photo.offline) this.say(S.pictureOffline);
    this.reset();
  }

  say(text: string): void {
    this.#note.textContent = text;
    this.#note.hidden = text === "";
  }

  reset(): void {
    this.#scale = 1;
    this.#at = { x: 0, y: 0 };
    this.#layout();
  }

  get zoomed(): boolean {
    return this.#scale > 1.01;
  }

  /** From the whole picture to its pixels around `point`, or back. */
  toggleZoom(point?: Point): void {
    if (this.zoomed) this.reset();
    else this.zoomTo(this.#pixelScale(), point);
  }

  zoomBy(factor: number, point?: Point): void {
    this.zoomTo(this.#scale * factor, point);
  }

  zoomTo(scale: number, point?: Point): void {
    const box = this.#frame.getBoundingClientRect();
    const center = { x: box.left + box.width / 2, y: box.top + box.height / 2 };
    const target = Math.min(Math.max(1, scale), Math.max(MAX_ZOOM, this.#pixelScale()));
    const ratio = target / this.#scale;
    const around = point ?? center;
    // What lies under the pointer stays under it.
    this.#at = { x: (around.x - center.x) * (1 - ratio) + this.#at.x * ratio, y: (around.y - center.y) * (1 - ratio) + this.#at.y * ratio };
    this.#scale = target;
    if (!this.zoomed) this.#at = { x: 0, y: 0 };
    this.#apply();
    if (this.#fit.width * this.#scale * devicePixelRatio > PREVIEW_PX) this.#loadFull();
  }

  /** Scale at which one pixel of the photo is one pixel of the screen. */
  #pixelScale(): number {
    const width = this.#photo?.image_width ?? PREVIEW_PX;
    return Math.max(2, width / this.#fit.width / devicePixelRatio);
  }

  #layout(): void {
    const [width, height] = [this.#photo?.image_width || 3, this.#photo?.image_height || 2];
    const box = { width: this.#frame.clientWidth, height: this.#frame.clientHeight };
    const enlarge = this.#photo?.image_width ? MAX_ENLARGE : Infinity;
    const scale = Math.min(box.width / width, box.height / height, enlarge);
    this.#fit = { width: width * scale, height: height * scale };
    this.#picture.style.width = `${this.#fit.width}px`;
    this.#picture.style.height = `${this.#fit.height}px`;
    this.#apply();
  }

  #apply(): void {
    const reach = {
      x: Math.max(0, (this.#fit.width * this.#scale - this.#frame.clientWidth) / 2),
      y: Math.max(0, (this.#fit.height * this.#scale - this.#frame.clientHeight) / 2),
    };
    this.#at = { x: Math.min(reach.x, Math.max(-reach.x, this.#at.x)), y: Math.min(reach.y, Math.max(-reach.y, this.#at.y)) };
    this.#picture.style.transform = `translate(-50%, -50%) translate(${this.#at.x}px, ${this.#at.y}px) scale(${this.#scale})`;
    this.#picture.style.setProperty("--zoom", String(this.#scale));
    this.#picture.classList.toggle("pixels", this.#scale * this.#fit.width > (this.#photo?.image_width ?? Infinity) * 2);
    this.#frame.classList.toggle("zoomed", this.zoomed);
    this.onZoom(this.zoomed);
  }

  #loadFull(): void {
    const photo = this.#photo;
    if (!photo || this.#full || photo.offline || (photo.image_width ?? 0) <= PREVIEW_PX && (photo.image_height ?? 0) <= PREVIEW_PX) return;
    const image = el("img", { alt: "", draggable: "false", class: "full" });
    this.#full = image;
    this.say(S.loadingFull);
    image.onload = () => {
      if (this.#full !== image) return;
      image.classList.add("ready");
      this.say("");
    };
    image.onerror = () => {
      image.remove();
      if (this.#full === image) this.say(S.fullFailed);
    };
    image.src = imageUrl(photo);
    this.#picture.querySelector("img")?.after(image);
  }

  #onWheel(event: WheelEvent): void {
    event.preventDefault();
    const lines = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 16 : 1;
    this.zoomBy(Math.exp((-event.deltaY * lines) / (event.ctrlKey ? 120 : 320)), { x: event.clientX, y: event.clientY });
  }

  #onDown(event: PointerEvent): void {
    if (event.button !== 0) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    this.#frame.setPointerCapture(event.pointerId);
    this.#begin();
  }

  #begin(): void {
    const moved = this.#start?.moved ?? false;
    this.#start = this.#pointers.size ? { point: this.#middle(), at: { ...this.#at }, distance: this.#distance(), scale: this.#scale, moved: moved || this.#pointers.size > 1 } : null;
  }

  #onMove(event: PointerEvent): void {
    if (!this.#pointers.has(event.pointerId) || !this.#start) return;
    this.#pointers.set(event.pointerId, { x: event.clientX, y: event.clientY });
    const now = this.#middle();
    const delta = { x: now.x - this.#start.point.x, y: now.y - this.#start.point.y };
    if (Math.hypot(delta.x, delta.y) > TAP_PX) this.#start.moved = true;
    if (this.#pointers.size >= 2 && this.#start.distance > 0) {
      this.zoomTo((this.#start.scale * this.#distance()) / this.#start.distance, now);
    } else if (this.zoomed) {
      this.#at = { x: this.#start.at.x + delta.x, y: this.#start.at.y + delta.y };
      this.#apply();
    }
  }

  #onUp(event: PointerEvent, cancelled: boolean): void {
    if (!this.#pointers.delete(event.pointerId) || !this.#start) return;
    const delta = { x: event.clientX - this.#start.point.x, y: event.clientY - this.#start.point.y };
    const { moved } = this.#start;
    if (this.#pointers.size) {
      this.#begin();
      return;
    }
    this.#start = null;
    if (cancelled) return;
    if (!moved) this.toggleZoom({ x: event.clientX, y: event.clientY });
    else if (!this.zoomed && event.pointerType === "touch" && Math.abs(delta.x) > SWIPE_PX && Math.abs(delta.x) > 2 * Math.abs(delta.y)) {
      this.onTurn(delta.x > 0 ? -1 : 1);
    }
  }

  #middle(): Point {
    const points = [...this.#pointers.values()];
    return { x: points.reduce((sum, p) => sum + p.x, 0) / points.length, y: points.reduce((sum, p) => sum + p.y, 0) / points.length };
  }

  #distance(): number {
    const [a, b] = [...this.#pointers.values()];
    return a && b ? Math.hypot(a.x - b.x, a.y - b.y) : 0;
  }
}
