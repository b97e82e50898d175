/** What is wrong with the entries of a form, said beside each. */
import { byId } from "../dom";

/** Say what is wrong by the names of the entries, and go to the first of them; without any, all is well. Whether there was one. */
export function showProblems(form: HTMLFormElement, problems: Record<string, string>): boolean {
  let first: HTMLInputElement | null = null;
  for (const input of form.querySelectorAll<HTMLInputElement>(".entry input")) {
    const text = problems[input.name] ?? "";
    byId(`${input.name}-problem`).textContent = text;
    if (text) input.setAttribute("aria-invalid", "true");
    else input.removeAttribute("aria-invalid");
    if (text) first ??= input;
  }
  first?.focus();
  return first !== null;
}

export function entry(form: HTMLFormElement, name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}
