/** Devices and app passwords: two lists of what can sign in as oneself, each to be ended. */
import { ApiError, deleteJson, getJson, postJson } from "../api";
import { notice } from "../chrome";
import { byId, el, icon } from "../dom";
import { formatCount, formatStamp } from "../format";
import { ask } from "../question";
import { S } from "../strings";
import { deviceOf, type Device } from "./devices";
import { entry, showProblems } from "./entries";
import { hideMade, showMade, type Made } from "./made";

interface Session {
  id: number;
  label: string;
  network: string;
  created_at: string;
  used_at: string;
  current: boolean;
}

interface Sessions {
  sessions: Session[];
}

const SESSIONS = "/api/auth/sessions";
const APPS = "/api/auth/app_passwords";
const ICONS: Record<Device["kind"], () => SVGElement> = {
  phone: () => icon("smartphone"),
  tablet: () => icon("tablet"),
  computer: () => icon("monitor"),
  program: () => icon("square-terminal"),
};

export function startLists(): void {
  const form = byId<HTMLFormElement>("add-app");
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    void add(form);
  });
  byId("end-others").addEventListener("click", () => void endOthers());
  addEventListener("pageshow", (event) => {
    if (event.persisted) void load();
  });
  void load();
}

/** Both lists appear together, so that nothing moves once it is there. */
async function load(): Promise<void> {
  const box = byId("lists-problem");
  try {
    const [devices, apps] = await Promise.all([getJson<Sessions>(SESSIONS), getJson<Sessions>(APPS)]);
    box.replaceChildren();
    showDevices(devices.sessions);
    showApps(apps.sessions);
    byId("lists").removeAttribute("aria-busy");
  } catch (error) {
    const again = el("button", { class: "button", type: "button" }, S.retry);
    again.addEventListener("click", () => void load());
    box.replaceChildren(el("div", { role: "alert" }, el("p", {}, words(error)), again));
  }
}

export async function loadDevices(): Promise<void> {
  showDevices((await getJson<Sessions>(SESSIONS)).sessions);
}

async function loadApps(): Promise<void> {
  showApps((await getJson<Sessions>(APPS)).sessions);
}

/** This device first, then whatever was used last. */
function showDevices(sessions: Session[]): void {
  const sorted = [...sessions].sort((a, b) => Number(b.current) - Number(a.current) || b.used_at.localeCompare(a.used_at));
  byId("end-others").hidden = !sessions.some(({ current }) => current) || sessions.length < 2;
  const rows = sorted.map((session) => {
    const device = deviceOf(session.label);
    const facts = [session.current ? S.usedNow : S.lastUsed(formatStamp(session.used_at)), S.signedInSince(formatStamp(session.created_at)), session.network];
    return row(ICONS[device.kind](), device.name, session.current, facts, session.current ? null : ending(S.signOut, S.signOutDevice(device.name), () => void endDevice(session, device)));
  });
  byId("devices").replaceChildren(...(rows.length ? rows : [el("li", { class: "muted nothing" }, S.noSessions)]));
}

function showApps(sessions: Session[]): void {
  const rows = sessions.map((session) => {
    const facts = [session.used_at > session.created_at ? S.lastUsed(formatStamp(session.used_at)) : "", S.madeOn(formatStamp(session.created_at))];
    return row(icon("key-round"), session.label, false, facts, ending(S.endApp, S.endAppOf(session.label), () => void endApp(session)));
  });
  byId("apps").replaceChildren(...(rows.length ? rows : [el("li", { class: "muted nothing" }, S.noApps)]));
}

function row(picture: SVGElement, name: string, current: boolean, facts: string[], action: HTMLElement | null): HTMLElement {
  const title = el("p", { class: "strong" }, el("bdi", {}, name), current && " ", current && el("span", { class: "mark" }, S.thisDevice));
  return el("li", {}, picture, el("div", {}, title, el("p", { class: "muted facts-line" }, ...facts.filter(Boolean).map((fact) => el("span", {}, fact)))), action);
}

function ending(text: string, label: string, run: () => void): HTMLElement {
  const button = el("button", { class: "button", type: "button", "aria-label": label }, text);
  button.addEventListener("click", run);
  return button;
}

async function endDevice(session: Session, device: Device): Promise<void> {
  const answer = await ask(S.signOutTitle(device.name), [S.signOutText], [{ value: "end", label: S.signOut, look: "danger" }]);
  if (answer) await end(`${SESSIONS}/${session.id}`, S.signedOut(device.name), loadDevices, "devices");
}

async function endApp(session: Session): Promise<void> {
  const answer = await ask(S.endAppTitle(session.label), [S.endAppText], [{ value: "end", label: S.endApp, look: "danger" }]);
  if (!answer) return;
  await end(`${APPS}/${session.id}`, S.endedApp(session.label), loadApps, "apps");
  hideMade(session.id);
}

/** What is gone already is as it should be. */
async function end(url: string, said: string, reload: () => Promise<void>, list: string): Promise<void> {
  try {
    await deleteJson(url).catch((error: unknown) => {
      if (!(error instanceof ApiError && error.status === 404)) throw error;
    });
    await reload();
    notice("account", said);
    heading(list).focus({ preventScroll: true });
  } catch (error) {
    notice("account", words(error));
  }
}

async function endOthers(): Promise<void> {
  if (!(await ask(S.endOthersTitle, [S.endOthersText], [{ value: "end", label: S.signOut, look: "danger" }]))) return;
  try {
    const { ended } = await postJson<{ ended: number }>(`${SESSIONS}/end_others`, {});
    await loadDevices();
    notice("account", S.endedOthers(formatCount(ended), ended === 1));
    heading("devices").focus({ preventScroll: true });
  } catch (error) {
    notice("account", words(error));
  }
}

async function add(form: HTMLFormElement): Promise<void> {
  const input = entry(form, "label");
  const label = input.value.trim();
  if (showProblems(form, label ? {} : { label: S.appNeedsName })) return;
  const button = form.querySelector("button")!;
  button.disabled = true;
  hideMade();
  try {
    const made = await postJson<Made>(APPS, { label });
    form.reset();
    showMade(made, () => input.focus());
    await loadApps();
  } catch (error) {
    showProblems(form, { label: words(error) });
  } finally {
    button.disabled = false;
  }
}

/** The row that had the focus is gone: its list has it now. */
function heading(list: string): HTMLElement {
  const node = byId(`${list}-title`);
  node.tabIndex = -1;
  return node;
}

function words(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
