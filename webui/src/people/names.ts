/** Names of the persons that an address asks for. */
import { getJson } from "../api";

export type PersonOption = [id: number, name: string | null, photos: number];

const known = new Map<number, string | null>();
let asked = "";

/** The ids of a `person` parameter, each once. */
export function personIds(value: string | null): number[] {
  return [...new Set((value ?? "").split(",").map((part) => part.trim()))].filter((part) => /^\d{1,18}$/.test(part)).map(Number);
}

export const knownName = (id: number): string | null => known.get(id) ?? null;

/** What the filter offers: those in most photos, and `ids` in any case. */
export async function personOptions(ids: number[]): Promise<PersonOption[]> {
  const { persons } = await getJson<{ persons: PersonOption[] }>(`/api/filter_options/persons${ids.length ? `?ids=${ids.join(",")}` : ""}`);
  for (const [id, name] of persons) known.set(id, name);
  return persons;
}

/** Ask for names that are not known yet; null when there is nothing to ask. */
export function loadNames(query: URLSearchParams): Promise<unknown> | null {
  const missing = personIds(query.get("person")).filter((id) => !known.has(id));
  if (!missing.length || asked === missing.join()) return null;
  asked = missing.join();
  return personOptions(missing).catch(() => undefined); // the chip then says that the name is not known
}
