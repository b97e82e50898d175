/** The texts of the page's language: `_` marks a sentence (English) and says it; extraction finds it by that name. */
type Values = Record<string, string | number>;
type Catalogue = Record<string, string | string[]>;

export const LANGUAGE = document.documentElement.lang || "en";
const rules = new Intl.PluralRules(LANGUAGE);
const catalogue = await load();

/** What the server has for the page's language; English, which needs nothing, when that cannot be had. */
async function load(): Promise<Catalogue> {
  const address = document.documentElement.dataset.messages;
  if (!address) return {};
  try {
    const answer = await fetch(address);
    return answer.ok ? ((await answer.json()) as { messages: Catalogue }).messages : {};
  } catch {
    return {};
  }
}

function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** `message` in the page's language, with `values` in place of `{name}`. */
export function _(message: string, values: Values = {}): string {
  const found = catalogue[message];
  return filled((typeof found === "string" ? found : found?.[0]) ?? message, values);
}

/** Like `_`, for a sentence that depends on a number. */
export function _n(one: string, many: string, count: number, values: Values): string {
  const found = catalogue[one];
  const forms = Array.isArray(found) ? found : LANGUAGE === "en" || found === undefined ? undefined : [found];
  if (!forms) return filled(count === 1 ? one : many, values);
  return filled((rules.select(count) === "one" ? forms[0] : forms.at(-1)) ?? many, values);
}

/** The number behind a written one, as far as plurals ask: French has one for none, too. */
export function number(written: string, one: boolean): number {
  return one ? 1 : written === "0" ? 0 : 2;
}

/** A label in the middle of a sentence; German nouns keep their capital. */
export function lower(label: string): string {
  return LANGUAGE === "de" ? label : label.toLocaleLowerCase(LANGUAGE);
}
