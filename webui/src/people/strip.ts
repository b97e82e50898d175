/** The faces of a person: pick those that are somebody else, or the one that stands for the person. */
import { notice } from "../chrome";
import { byId, el } from "../dom";
import { formatCount } from "../format";
import { ask } from "../question";
import { MAY_EDIT } from "../rights";
import { S } from "../strings";
import { tell } from "./decide";
import { faceCircle } from "./face";
import { assign, getFaces, nameOf, namesake, setAvatar, split, unassign, type Face, type Person } from "./model";
import { NameField, type Choice } from "./namefield";

const SHOWN = 36;

export class FaceStrip {
  readonly #box = byId("faces");
  readonly #picked = new Set<number>();
  #faces: Face[] = [];
  #total = 0;
  #pages = 1;

  constructor(
    private readonly id: number,
    private readonly person: () => Person | null,
    private readonly onChange: () => Promise<void>,
  ) {
    const act = (button: string, run: () => Promise<void>) => byId(button).addEventListener("click", () => void run().catch(tell));
    act("not-them", () => this.#takeOut());
    act("somebody", () => this.#giveAway());
    act("use-avatar", () => this.#useAvatar());
    byId("clear").addEventListener("click", () => this.clear());
  }

  get picking(): boolean {
    return this.#picked.size > 0;
  }

  /** Look at the faces again, as many pages as are shown. */
  async load(): Promise<void> {
    try {
      const pages = await Promise.all(Array.from({ length: this.#pages }, (_, index) => getFaces(this.id, index + 1, SHOWN)));
      this.#faces = pages.flatMap(({ faces }) => faces);
      this.#total = pages[0]?.total ?? 0;
    } catch (error) {
      tell(error);
      return;
    }
    const there = new Set(this.#faces.map(({ id }) => id));
    for (const id of this.#picked) if (!there.has(id)) this.#picked.delete(id);
    byId("faces-total").textContent = formatCount(this.#total);
    const focused = document.activeElement instanceof HTMLElement ? document.activeElement.dataset["face"] : undefined;
    const more = this.#faces.length < this.#total ? [this.#moreButton()] : [];
    this.#box.replaceChildren(...this.#faces.map((face) => this.#item(face)), ...more);
    if (focused) this.#box.querySelector<HTMLElement>(`button[data-face="${focused}"]`)?.focus({ preventScroll: true });
    this.#showPicked();
  }

  nameThem(person: Person): void {
    const text = S.notThem(person.name);
    byId("not-them").title = text;
  }

  clear(): void {
    this.#picked.clear();
    this.#showPicked();
  }

  #item(face: Face): HTMLElement {
    if (!MAY_EDIT) return el("li", {}, el("a", { class: "face-pick", href: `/photo/${face.photo_id}`, title: S.showPhoto, "aria-label": S.showPhoto }, faceCircle(face.id, "middle")));
    const number = this.#faces.indexOf(face) + 1;
    const button = el("button", { type: "button", class: "face-pick", "data-face": face.id, "aria-pressed": "false", "aria-label": S.faceNumber(formatCount(number), formatCount(this.#total)) }, faceCircle(face.id, "middle"));
    button.addEventListener("click", () => {
      if (!this.#picked.delete(face.id)) this.#picked.add(face.id);
      this.#showPicked();
    });
    return el("li", {}, button, el("a", { class: "to-photo", href: `/photo/${face.photo_id}`, title: S.showPhoto, "aria-label": S.showPhoto }, "↗"));
  }

  #moreButton(): HTMLElement {
    const button = el("button", { type: "button", class: "button" }, S.showMore);
    button.addEventListener("click", () => {
      this.#pages++;
      void this.load();
    });
    return el("li", { class: "more-faces" }, button);
  }

  #showPicked(): void {
    for (const button of this.#box.querySelectorAll<HTMLElement>("button[data-face]")) {
      button.setAttribute("aria-pressed", String(this.#picked.has(Number(button.dataset["face"]))));
    }
    const count = this.#picked.size;
    byId("face-actions").hidden = count === 0;
    byId("faces-hint").hidden = count > 0 || !MAY_EDIT;
    byId("picked").textContent = S.picked(formatCount(count));
    byId("use-avatar").hidden = count !== 1;
  }

  async #takeOut(): Promise<void> {
    const faces = [...this.#picked];
    if (faces.length === this.person()?.face_count && (await ask(S.allFacesTitle, [S.allFacesText], [{ value: "yes", label: S.notThisPerson, look: "danger" }])) === null) return;
    for (const face of faces) await unassign(face);
    this.clear();
    notice("people", S.tookOut(formatCount(faces.length), faces.length === 1));
    await this.onChange();
  }

  /** The faces are somebody else's: a person that is known, a new name, or somebody still without one. */
  async #giveAway(): Promise<void> {
    const faces = [...this.#picked];
    let choice: Choice = { name: "", person: null };
    const close = () => field.node.closest("dialog")?.querySelector<HTMLButtonElement>("button[value=move]")?.click();
    const field = new NameField({
      label: S.whoIsThis,
      except: this.id,
      mayBeEmpty: true,
      submit: (made) => {
        choice = made;
        close();
      },
    });
    const row = el("div", { class: "versus few" }, ...faces.slice(0, 6).map((face) => faceCircle(face, "middle")));
    const asked = ask(S.moveTitle(formatCount(faces.length), faces.length === 1), [row, field.node, S.moveText], [{ value: "move", label: S.move, look: "primary" }]);
    field.focus();
    if ((await asked) === null) return;
    const name = choice.name || field.text;
    const to = choice.person ?? (name ? await namesake(name, this.id) : null);
    if (to) for (const face of faces) await assign(face, { person_id: to.id });
    else await split(this.id, faces, name);
    this.clear();
    notice("people", S.moved(formatCount(faces.length), faces.length === 1, to ? nameOf(to) : name || S.newPerson));
    await this.onChange();
  }

  async #useAvatar(): Promise<void> {
    const [face] = this.#picked;
    if (face === undefined) return;
    await setAvatar(this.id, face);
    this.clear();
    notice("people", S.avatarSet);
    await this.onChange();
  }
}
