/** Who is in a photo: the section of its page. Faces of nobody can be named, wrong ones corrected. */
import { el, icon } from "../dom";
import { S } from "../strings";
import { ask } from "../question";
import { MAY_EDIT } from "../rights";
import { namePerson, tell } from "./decide";
import { faceCircle } from "./face";
import { assign, getPerson, namesake, personUrl, unassign, type Face } from "./model";
import { NameField, type Choice } from "./namefield";

interface Look {
  /** Something was decided: the faces are other ones now. */
  changed: () => void;
  /** Point at a face in the picture, or at none. */
  point: (face: number | null) => void;
}

/** The section, or null without faces. */
export function peopleSection(faces: Face[], look: Look): HTMLElement | null {
  if (!faces.length) return null;
  const ordered = [...faces].sort((a, b) => Number(a.person_id === null) - Number(b.person_id === null) || a.box[0] - b.box[0]);
  return el("section", { class: "section about-people", "aria-labelledby": "section-people" }, el("h2", { id: "section-people" }, S.peopleTitle), el("ul", { class: "in-photo" }, ...ordered.map((face) => row(face, look))));
}

const named = (face: Face): boolean => face.person_id !== null && face.person_is_named;

function row(face: Face, look: Look): HTMLElement {
  const who = el("div", { class: "who" });
  const node = el("li", { "data-face": face.id }, faceCircle(face.id, "small"), who);
  const point = (on: boolean) => look.point(on ? face.id : null);
  node.addEventListener("pointerenter", () => point(true));
  node.addEventListener("pointerleave", () => point(false));
  node.addEventListener("focusin", () => point(true));
  node.addEventListener("focusout", () => point(false));
  showWho(face, who, look);
  return node;
}

function showWho(face: Face, who: HTMLElement, look: Look): void {
  const name = named(face) ? face.person_name : null;
  const label = name ? S.correctName(name) : face.person_id === null ? S.whoIsThis : S.addName;
  const edit = el("button", { class: name ? "tool slim" : "mark action", type: "button", "aria-label": label, title: label }, name ? icon("pencil") : label);
  edit.addEventListener("click", () => editWho(face, who, look));
  const remove = el("button", { class: "tool slim", type: "button", "aria-label": S.notThem(name), title: S.notThem(name) }, icon("user-round-x"));
  remove.addEventListener("click", () => void unassign(face.id).then(look.changed, tell));
  who.replaceChildren(
    ...(face.person_id !== null ? [el("a", { href: personUrl(face.person_id) }, el("bdi", {}, name ?? S.unnamed))] : []),
    ...(MAY_EDIT ? [edit] : face.person_id === null ? [el("span", { class: "muted" }, S.unnamed)] : []),
    ...(MAY_EDIT && face.person_id !== null ? [remove] : []),
    ...(face.eyes_closed ? [el("span", { class: "hint muted" }, icon("eye-closed"), S.eyesClosed)] : []),
  );
}

function editWho(face: Face, who: HTMLElement, look: Look): void {
  const leave = () => {
    showWho(face, who, look);
    who.querySelector("button")?.focus();
  };
  const field = new NameField({
    label: S.whoIsThis,
    value: named(face) ? (face.person_name ?? "") : "",
    except: face.person_id,
    cancel: leave,
    submit: (choice) =>
      void decide(face, choice).then(
        (done) => (done ? look.changed() : leave()),
        (error: unknown) => {
          leave();
          tell(error);
        },
      ),
  });
  who.replaceChildren(field.node);
  field.focus();
}

/** Give the face a name. Where it belongs to a group without a name, the name may be for all of them. */
async function decide(face: Face, choice: Choice): Promise<boolean> {
  if (face.person_id !== null && !named(face)) {
    const group = await getPerson(face.person_id);
    if (group.face_count === 1) return (await namePerson(group, choice)) !== null;
    const answer = await ask(S.wholeGroupTitle(choice.name), [el("div", { class: "versus few" }, faceCircle(group.representative_face_id, "middle"), faceCircle(face.id, "middle"))], [
      { value: "all", label: S.wholeGroup(group.face_count), look: "primary" },
      { value: "one", label: S.onlyThisFace },
    ]);
    if (answer === null) return false;
    if (answer === "all") return (await namePerson(group, choice)) !== null;
  }
  const person = choice.person ?? (await namesake(choice.name, null));
  await assign(face.id, person ? { person_id: person.id } : { name: choice.name });
  return true;
}

export const labelOf = (face: Face): string => (named(face) ? (face.person_name ?? "") : "");
