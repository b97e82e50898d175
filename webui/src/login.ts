/** Signing in, or unlocking edition mode; then on to the page that was wanted. */
import { ApiError, getJson, prove } from "./api";
import { byId } from "./dom";
import { S } from "./strings";

interface Status {
  authenticated: boolean;
  multi_user: boolean;
}

const form = byId("login") as HTMLFormElement;
const problem = byId("problem");
const edition = form.dataset.edition === "1";

async function prepare(): Promise<void> {
  const status = await getJson<Status>("/api/auth/status");
  if (status.multi_user && !edition) {
    byId("username").hidden = false;
    field("username").required = true;
    field("username").focus();
  } else {
    field("password").focus();
  }
}

function field(name: string): HTMLInputElement {
  return form.elements.namedItem(name) as HTMLInputElement;
}

async function submit(): Promise<void> {
  const button = form.querySelector("button")!;
  button.disabled = true;
  problem.hidden = true;
  const password = field("password").value;
  const username = field("username").value;
  try {
    if (edition) await prove("/api/auth/edition/login", { password });
    else await prove("/api/auth/login", username ? { username, password } : { password });
    location.assign(form.dataset.next || "/");
  } catch (error) {
    problem.textContent = error instanceof ApiError ? error.message : S.unreachable;
    problem.hidden = false;
    button.disabled = false;
    field("password").select();
  }
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  void submit();
});
void prepare();
