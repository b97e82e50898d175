/** One person of the list: face, name that can be edited in place, number of photos, and a box to pick them. */
import { el, icon } from "../dom";
import { formatCount } from "../format";
import { MAY_EDIT } from "../rights";
import { S } from "../strings";
import { faceCircle, showFace } from "./face";
import { nameOf, personUrl, type Person } from "./model";
import { NameField, type Choice } from "./namefield";

export interface TileEvents {
  pick: (tile: Tile, range: boolean) => void;
  name: (tile: Tile, choice: Choice) => Promise<void>;
}

export class Tile {
  readonly node = el("li", { class: "person" });
  readonly #box = el("input", { type: "checkbox", class: "pick" });
  readonly #link = el("a", { class: "open" });
  readonly #face: HTMLElement;
  readonly #title = el("div", { class: "title" });
  readonly #count = el("p", { class: "muted count-line" });
  #field: NameField | null = null;

  constructor(
    public person: Person,
    private readonly events: TileEvents,
  ) {
    this.#face = faceCircle(null, "big");
    this.#link.append(this.#face);
    this.node.append(this.#link, ...(MAY_EDIT ? [this.#box] : []), this.#title, this.#count);
    this.#box.addEventListener("click", (event) => events.pick(this, event.shiftKey));
    this.update(person);
  }

  get picked(): boolean {
    return this.#box.checked;
  }

  set picked(on: boolean) {
    this.#box.checked = on;
    this.node.classList.toggle("picked", on);
  }

  get editing(): boolean {
    return this.#field !== null;
  }

  update(person: Person): void {
    this.person = person;
    const name = nameOf(person);
    const photos = S.photos(formatCount(person.photo_count), person.photo_count === 1);
    this.node.dataset["id"] = String(person.id);
    this.node.classList.toggle("is-hidden", person.hidden);
    this.#link.href = personUrl(person.id);
    this.#link.setAttribute("aria-label", `${name}, ${photos}`);
    this.#box.setAttribute("aria-label", S.pick(name));
    showFace(this.#face, person.representative_face_id);
    this.#count.replaceChildren(photos, ...(person.hidden ? [el("span", { class: "mark" }, icon("eye-off"), S.hidden)] : []));
    if (!this.editing) this.#showName();
  }

  edit(): void {
    const leave = (refocus: boolean) => {
      if (!this.#field) return;
      this.#field = null;
      this.#showName();
      if (refocus) this.#title.querySelector("button")?.focus();
    };
    this.#field = new NameField({
      label: S.namePlaceholder,
      value: this.person.name ?? "",
      except: this.person.id,
      mayBeEmpty: this.person.is_named,
      submit: (choice) => void this.events.name(this, choice).finally(() => leave(true)),
      cancel: () => leave(this.#title.contains(document.activeElement)),
    });
    this.#title.replaceChildren(this.#field.node);
    this.#field.focus();
  }

  #showName(): void {
    const { name } = this.person;
    if (!MAY_EDIT) {
      this.#title.replaceChildren(el("bdi", { class: name ? "plain" : "plain muted" }, nameOf(this.person)));
      return;
    }
    const button = name
      ? el("button", { class: "name", type: "button", title: S.rename(name), "aria-label": S.rename(name) }, el("bdi", {}, name), icon("pencil"))
      : el("button", { class: "name add", type: "button" }, icon("pencil"), S.addName);
    button.addEventListener("click", () => this.edit());
    this.#title.replaceChildren(button);
  }
}
