/** The photos before and after one, in the list it was opened from. */
import { getJson } from "./api";
import { changed, photosUrl } from "./query";
import type { FilterMetric, Photo, PhotoPage } from "./types";

const PAGE = 50;

export class Neighbours {
  #pages = new Map<number, Promise<PhotoPage>>();
  total: number | null = null;

  constructor(private readonly query: URLSearchParams) {}

  /** Photo number `index` of the list, or null past its ends. */
  async at(index: number): Promise<Photo | null> {
    if (index < 0 || (this.total !== null && index >= this.total)) return null;
    const page = await this.#page(Math.floor(index / PAGE));
    return page.photos[index % PAGE] ?? null;
  }

  /** Where photo `id` is now: it is looked for at `hint` and around it, because the library may have changed. */
  async find(id: number, hint: number): Promise<number> {
    const around = Math.floor(hint / PAGE);
    for (const number of [around, around - 1, around + 1]) {
      if (number < 0 || (this.total !== null && number * PAGE >= this.total)) continue;
      const place = (await this.#page(number)).photos.findIndex((photo) => photo.id === id);
      if (place >= 0) return number * PAGE + place;
    }
    return -1;
  }

  /**
   * About where `photo` is in the list, for a link that does not say: as many photos as are at least as high in the sort
   * field. Null where that field has no range filter.
   */
  async guess(photo: Photo, metric: FilterMetric | undefined, ascending: boolean): Promise<number | null> {
    const value = metric && photo[metric.key];
    if (metric?.filter !== "range" || typeof value !== "number") return null;
    const before = changed(this.query, { [`${ascending ? "max" : "min"}_${metric.param}`]: String(value) });
    const { total } = await getJson<PhotoPage>(photosUrl(before, { page: 1 }, 1));
    return Math.max(0, total - 1);
  }

  #page(number: number): Promise<PhotoPage> {
    let page = this.#pages.get(number);
    if (!page) {
      page = getJson<PhotoPage>(photosUrl(this.query, { page: number + 1 }, PAGE)).then((answer) => {
        this.total = answer.total;
        return answer;
      });
      page.catch(() => this.#pages.delete(number));
      this.#pages.set(number, page);
    }
    return page;
  }
}
