/** Names that go on from what is typed into the search box: people, places, tags, folders, cameras. */
import { getJson, isAbort } from "./api";
import { debounce, el } from "./dom";
import { S } from "./strings";

interface Completion {
  kind: string;
  text: string;
}

/** What is being typed: all of it, and its last word or phrase; each with what stands before it. */
export function unfinished(typed: string): { before: string; part: string }[] {
  const whole = { before: "", part: typed.trim() };
  const last = /^(.*\s)(-?)("[^"]*|[^\s"]+)$/s.exec(typed);
  return last ? [whole, { before: last[1]! + last[2]!, part: last[3]!.replace('"', "") }] : [whole];
}

/** A name as the search takes it: several words are a phrase. */
export function asPhrase(text: string): string {
  return /^[\p{L}\p{N}]+$/u.test(text) ? text : `"${text.replaceAll('"', " ")}"`;
}

/** Offer names below `input` while something is typed there. */
export function offerNames(input: HTMLInputElement): void {
  const list = el("datalist", { id: "completions" });
  input.after(list);
  input.setAttribute("list", list.id);
  let asked = new AbortController();
  input.addEventListener(
    "input",
    debounce(120, () => {
      asked.abort();
      asked = new AbortController();
      void fill(list, input.value, asked.signal);
    }),
  );
}

async function fill(list: HTMLDataListElement, typed: string, signal: AbortSignal): Promise<void> {
  const parts = unfinished(typed).filter(({ part }) => part.length > 0 && part.length <= 200);
  try {
    const answers = await Promise.all(
      parts.map(({ part }) => getJson<{ completions: Completion[] }>(`/api/search/complete?limit=8&q=${encodeURIComponent(part)}`, { signal })),
    );
    const options = answers.flatMap((answer, number) => answer.completions.map(({ kind, text }): [string, string] => [parts[number]!.before + asPhrase(text), S.kinds[kind] ?? kind]));
    list.replaceChildren(...[...new Map(options)].map(([value, label]) => el("option", { value, label })));
  } catch (error) {
    if (!isAbort(error)) list.replaceChildren(); // search goes on without offers
  }
}
