/** Questions about people. */
import { el } from "../dom";
import { formatCount } from "../format";
import { ask } from "../question";
import { S } from "../strings";
import { faceCircle } from "./face";
import { nameOf, type Person } from "./model";

/** Several persons become one: whose name stays? */
export async function askTarget(persons: Person[]): Promise<Person | null> {
  const ranked = [...persons].sort((a, b) => Number(b.is_named) - Number(a.is_named) || b.photo_count - a.photo_count);
  const rows = ranked.map((person, index) =>
    el(
      "label",
      { class: "choice" },
      el("input", { type: "radio", name: "target", value: person.id, checked: index === 0 }),
      faceCircle(person.representative_face_id, "small"),
      el("bdi", {}, nameOf(person)),
      el("span", { class: "muted" }, S.photos(formatCount(person.photo_count), person.photo_count === 1)),
    ),
  );
  const box = el("fieldset", { class: "choices" }, el("legend", {}, S.whoseName), ...rows);
  const answer = await ask(S.mergeTitle(persons.length), [S.mergeText, box], [{ value: "merge", label: S.merge, look: "primary" }]);
  const chosen = box.querySelector<HTMLInputElement>("input:checked")?.value;
  return answer ? (ranked.find(({ id }) => String(id) === chosen) ?? null) : null;
}

/** Two persons side by side: are they one? */
export function askSame(one: Person, other: Person): Promise<"merge" | "both" | null> {
  const side = (person: Person) => el("figure", {}, faceCircle(person.representative_face_id, "middle"), el("figcaption", {}, el("bdi", {}, nameOf(person)), el("span", { class: "muted" }, S.photos(formatCount(person.photo_count), person.photo_count === 1))));
  return ask(S.sameTitle(nameOf(other)), [el("div", { class: "versus" }, side(one), side(other)), S.mergeText], [
    { value: "merge", label: S.samePerson, look: "primary" },
    { value: "both", label: S.differentPeople },
  ]) as Promise<"merge" | "both" | null>;
}

export async function askForget(persons: Person[]): Promise<boolean> {
  const [first] = persons;
  const title = persons.length === 1 && first ? S.forgetOne(nameOf(first)) : S.forgetMany(formatCount(persons.length));
  return (await ask(title, [S.forgetText], [{ value: "forget", label: S.forget, look: "danger" }])) !== null;
}
