/** A field for somebody's name that offers the people who are known already. */
import { isAbort } from "../api";
import { debounce, el, icon } from "../dom";
import { formatCount } from "../format";
import { S } from "../strings";
import { faceCircle } from "./face";
import { getPersons, type Person } from "./model";

const OFFERED = 7;
let fields = 0;

/** What was typed, or who was picked. */
export type Choice = { name: string; person: null } | { name: string; person: Person };

export interface NameFieldOptions {
  label: string;
  value?: string;
  /** Nobody is offered their own name. */
  except?: number | null;
  /** An empty name may be submitted: it takes the name away. */
  mayBeEmpty?: boolean;
  submit: (choice: Choice) => void;
  /** Without it there is no button for leaving. */
  cancel?: () => void;
}

export class NameField {
  readonly node: HTMLFormElement;
  readonly #input: HTMLInputElement;
  readonly #list: HTMLElement;
  #offers: Person[] = [];
  #active = -1;
  #asking: AbortController | null = null;

  constructor(private readonly options: NameFieldOptions) {
    const listId = `names-${++fields}`;
    this.#list = el("ul", { class: "offers", id: listId, role: "listbox", "aria-label": S.knownPeople, hidden: true });
    this.#input = el("input", {
      type: "text", role: "combobox", maxlength: 200, autocomplete: "off", spellcheck: "false", enterkeyhint: "done", placeholder: options.label,
      "aria-label": options.label, "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": listId, value: options.value ?? "",
    });
    const save = el("button", { class: "tool", type: "submit", "aria-label": S.saveName, title: S.saveName }, icon("check"));
    this.node = el("form", { class: "name-field", autocomplete: "off" }, this.#input, save, options.cancel ? this.#leaveButton(options.cancel) : null, this.#list);
    this.node.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    this.#input.addEventListener("keydown", (event) => this.#onKey(event));
    const ask = debounce(140, () => void this.#offer());
    this.#input.addEventListener("input", () => {
      this.#narrow();
      ask();
    });
    this.#input.addEventListener("focus", () => void this.#offer());
    this.#input.addEventListener("blur", () => this.#close());
    // A press on the list must not take the focus away from the field before the click arrives.
    this.#list.addEventListener("pointerdown", (event) => event.preventDefault());
    this.node.addEventListener("focusout", (event) => {
      const stays = event.relatedTarget instanceof Node && this.node.contains(event.relatedTarget);
      if (!stays && this.#input.value.trim() === (options.value ?? "")) options.cancel?.();
    });
  }

  focus(): void {
    this.#input.focus();
    this.#input.select();
  }

  get text(): string {
    return this.#input.value.trim();
  }

  #leaveButton(cancel: () => void): HTMLElement {
    const button = el("button", { class: "tool", type: "button", "aria-label": S.cancel, title: S.cancel }, icon("x"));
    button.addEventListener("click", cancel);
    return button;
  }

  #submit(): void {
    const name = this.text;
    this.#close();
    if (name === "" && !this.options.mayBeEmpty) this.options.cancel?.();
    else if (name === (this.options.value ?? "") && this.options.cancel) this.options.cancel();
    else this.options.submit({ name, person: null });
  }

  #pick(person: Person): void {
    this.#close();
    this.#input.value = person.name ?? "";
    this.options.submit({ name: person.name ?? "", person });
  }

  #onKey(event: KeyboardEvent): void {
    const open = !this.#list.hidden;
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) void this.#offer();
      else this.#activate(this.#active + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter" && open && this.#offers[this.#active]) {
      event.preventDefault();
      this.#pick(this.#offers[this.#active]!);
    } else if (event.key === "Escape" && (open || this.options.cancel)) {
      event.preventDefault();
      event.stopPropagation();
      if (open) this.#close();
      else this.options.cancel?.();
    }
  }

  async #offer(): Promise<void> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    const search = this.text === (this.options.value ?? "") ? "" : this.text;
    try {
      const { persons } = await getPersons({ search, sort: "count_desc", hidden: "with", per_page: 60 }, asking.signal);
      if (document.activeElement !== this.#input) return;
      const chosen = this.#offers[this.#active]?.id; // while the answer was on its way
      this.#offers = persons.filter((person) => person.is_named && person.id !== this.options.except).slice(0, OFFERED);
      this.#show();
      this.#activate(this.#offers.findIndex((person) => person.id === chosen));
    } catch (error) {
      if (!isAbort(error)) this.#close(); // names can be typed without help
    }
  }

  /** Until the answer to what is typed now is here, only those of the last one are offered that still fit. */
  #narrow(): void {
    this.#asking?.abort();
    if (this.#list.hidden) return;
    const typed = this.text.toLocaleLowerCase();
    this.#offers = this.#offers.filter((person) => person.name?.toLocaleLowerCase().includes(typed));
    this.#show();
  }

  #show(): void {
    const rows = this.#offers.map((person, index) => {
      const row = el("li", { role: "option", id: `${this.#list.id}-${index}`, "aria-selected": "false" }, faceCircle(person.representative_face_id, "small"), el("bdi", {}, person.name ?? ""), el("span", { class: "muted" }, formatCount(person.photo_count)));
      row.addEventListener("click", () => this.#pick(person));
      return row;
    });
    this.#list.replaceChildren(...rows);
    this.#list.hidden = rows.length === 0;
    this.#list.classList.remove("to-end");
    this.#list.classList.toggle("to-end", this.#list.getBoundingClientRect().right > document.documentElement.clientWidth - 4);
    this.#input.setAttribute("aria-expanded", String(rows.length > 0));
    this.#activate(-1);
  }

  #activate(index: number): void {
    const count = this.#offers.length;
    this.#active = index < -1 ? count - 1 : index >= count ? -1 : index;
    [...this.#list.children].forEach((row, place) => row.setAttribute("aria-selected", String(place === this.#active)));
    if (this.#active < 0) this.#input.removeAttribute("aria-activedescendant");
    else this.#input.setAttribute("aria-activedescendant", `${this.#list.id}-${this.#active}`);
    this.#list.children[this.#active]?.scrollIntoView({ block: "nearest" });
  }

  #close(): void {
    this.#asking?.abort();
    this.#list.hidden = true;
    this.#active = -1;
    this.#input.setAttribute("aria-expanded", "false");
    this.#input.removeAttribute("aria-activedescendant");
  }
}
