/** Decisions about people that take a question on the way. */
import { notice } from "../chrome";
import { el } from "../dom";
import { formatCount } from "../format";
import { S } from "../strings";
import { askForget, askSame } from "./ask";
import { forget, hide, merge, nameOf, namesake, rename, type Person } from "./model";
import type { Choice } from "./namefield";

/** Who a person is after getting a name: themselves, or the one they were merged into. */
export interface Named {
  id: number;
  name: string | null;
  merged: boolean;
}

export function tell(error: unknown): void {
  notice("people", error instanceof Error ? error.message : String(error));
}

/** Name `person`; when there is somebody of that name, ask whether they are one. Null when nothing was done. */
export async function namePerson(person: Person, choice: Choice): Promise<Named | null> {
  const other = choice.person ?? (choice.name ? await namesake(choice.name, person.id) : null);
  if (other) {
    const answer = await askSame(person, other);
    if (answer === null) return null;
    if (answer === "merge") {
      await merge([person.id], other.id);
      notice("people", S.merged(nameOf(other)));
      return { id: other.id, name: other.name, merged: true };
    }
  }
  const { name } = await rename(person.id, choice.name);
  return { id: person.id, name, merged: false };
}

/** Hide, or show again; the notice offers the way back. `done` is called after each of the two. */
export async function hideThem(persons: Person[], hidden: boolean, done: () => void): Promise<void> {
  const ids = persons.map(({ id }) => id);
  await hide(ids, hidden);
  done();
  const text = (hidden ? S.hid : S.unhid)(formatCount(ids.length), ids.length === 1);
  const undo = el("button", { class: "link", type: "button" }, S.undo);
  undo.addEventListener("click", () => {
    undo.closest(".notice")?.remove();
    hide(ids, !hidden).then(done, tell);
  });
  notice("people", text, { action: undo });
}

/** Forget persons after a question; whether that was done. */
export async function forgetThem(persons: Person[]): Promise<boolean> {
  if (!(await askForget(persons))) return false;
  await forget(persons.map(({ id }) => id));
  return true;
}
