/** The filter by person: faces with names; photos must show everybody who is pressed. */
import { el } from "../dom";
import { formatCount } from "../format";
import { S } from "../strings";
import { personIds, personOptions, type PersonOption } from "./names";

export class PeopleFilter {
  readonly node = el("fieldset", { class: "field people-filter" });
  readonly #box = el("div", { class: "faces-list" });
  readonly #legend = el("legend", {}, S.peopleTitle);
  #options: PersonOption[] = [];
  #chosen: number[] = [];

  constructor(private readonly onChange: (person: string) => void) {
    this.node.append(this.#legend, this.#box);
    this.node.hidden = true;
  }

  set(value: string): void {
    const before = this.#chosen;
    this.#chosen = personIds(value);
    if (this.#chosen.some((id) => !this.#options.some(([each]) => each === id)) && before.join() !== this.#chosen.join()) void this.load();
    this.#show();
  }

  async load(): Promise<void> {
    try {
      this.#options = await personOptions(this.#chosen);
      this.#show();
    } catch {
      this.node.title = S.optionsFailed;
    }
  }

  #show(): void {
    this.node.hidden = this.#options.length === 0;
    const pressed = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["person"] : undefined;
    this.#box.replaceChildren(...this.#options.map((option) => this.#button(option)));
    if (pressed) this.#box.querySelector<HTMLElement>(`[data-person="${pressed}"]`)?.focus();
  }

  #button([id, name, photos]: PersonOption): HTMLElement {
    const image = el("img", { src: `/person_thumbnail/${id}`, width: 160, height: 160, alt: "", loading: "lazy", class: "ready" });
    image.onerror = () => image.remove();
    const on = this.#chosen.includes(id);
    const button = el(
      "button",
      { type: "button", class: "face-choice", "aria-pressed": String(on), "data-person": id },
      el("span", { class: "face small" }, image),
      el("bdi", {}, name ?? S.unnamed),
      el("span", { class: "muted" }, formatCount(photos)),
    );
    button.addEventListener("click", () => this.onChange((on ? this.#chosen.filter((each) => each !== id) : [...this.#chosen, id]).join(",")));
    return button;
  }
}
