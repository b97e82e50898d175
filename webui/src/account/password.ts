/** Changing the password. */
import { ApiError, prove } from "../api";
import { notice } from "../chrome";
import { byId } from "../dom";
import { formatCount } from "../format";
import { stillSignedIn } from "../signin";
import { S } from "../strings";
import { entry, showProblems } from "./entries";
import { loadDevices } from "./lists";

const SHORTEST = 8;
const NAMES = ["current_password", "new_password", "repeated_password"] as const;

export function startPassword(): void {
  const form = document.getElementById("password");
  if (!(form instanceof HTMLFormElement)) return; // single-user mode
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void change(form);
  });
  addEventListener("pagehide", () => form.reset());
}

async function change(form: HTMLFormElement): Promise<void> {
  const [current, made, repeated] = NAMES.map((name) => entry(form, name).value);
  say("");
  const wrong: Record<string, string> = {};
  if (!current) wrong["current_password"] = S.passwordMissing;
  if (made && [...made].length < SHORTEST) wrong["new_password"] = S.passwordShort;
  if (!made) wrong["new_password"] = S.passwordMissing;
  else if (made !== repeated) wrong["repeated_password"] = S.passwordsDiffer;
  if (showProblems(form, wrong)) return;
  const button = form.querySelector("button")!;
  button.disabled = true;
  try {
    const { ended } = await prove<{ ended: number }>("/api/auth/password", { current_password: current, new_password: made });
    form.reset();
    notice("account", ended ? S.passwordChangedEnded(formatCount(ended), ended === 1) : S.passwordChanged);
    await loadDevices();
  } catch (error) {
    await explain(form, error);
  } finally {
    button.disabled = false;
  }
}

async function explain(form: HTMLFormElement, error: unknown): Promise<void> {
  if (error instanceof ApiError && error.status === 401) {
    if (await stillSignedIn()) {
      entry(form, "current_password").value = "";
      showProblems(form, { current_password: S.passwordWrong });
    }
    return;
  }
  const named = error instanceof ApiError ? Object.fromEntries(error.errors.map(({ field, message }) => [field, message])) : {};
  if (!showProblems(form, named)) say(error instanceof Error ? error.message : String(error));
}

function say(text: string): void {
  byId("password-problem").textContent = text;
}
