/** Calls to the JSON API. Problem details become ApiError with the words that the server chose. */
import { toSignIn } from "./signin";
import { S } from "./strings";

export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly errors: { field: string; message: string }[] = [],
  ) {
    super(message);
  }
}

export function isAbort(error: unknown): boolean {
  return error instanceof DOMException && error.name === "AbortError";
}

/** `fresh` answers do not come from the browser's cache, not even confirmed by their ETag. */
export async function getJson<T>(url: string, { signal, fresh = false }: { signal?: AbortSignal; fresh?: boolean } = {}): Promise<T> {
  return call<T>(url, { ...(signal && { signal }), ...(fresh && { cache: "reload" }) });
}

export async function postJson<T>(url: string, body: unknown): Promise<T> {
  return call<T>(url, posted(body));
}

/** Post a password: 401 says that it is wrong, not that the session is over. */
export async function prove<T>(url: string, body: unknown): Promise<T> {
  return call<T>(url, posted(body), { proving: true });
}

function posted(body: unknown): RequestInit {
  return { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
}

export async function deleteJson<T>(url: string): Promise<T> {
  return call<T>(url, { method: "DELETE" });
}

export async function putJson<T>(url: string, body: unknown): Promise<T> {
  return call<T>(url, { method: "PUT", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
}

async function call<T>(url: string, options: RequestInit, { proving = false } = {}): Promise<T> {
  let response: Response;
  try {
    response = await fetch(url, options);
  } catch (error) {
    if (isAbort(error)) throw error;
    throw new ApiError(0, S.unreachable);
  }
  if (response.status === 401 && !proving) toSignIn();
  if (!response.ok) throw await problem(response);
  return (await response.json()) as T;
}

async function problem(response: Response): Promise<ApiError> {
  try {
    const body = (await response.json()) as { title?: string; detail?: string; errors?: { field: string; message: string }[] };
    return new ApiError(response.status, body.detail || body.title || response.statusText, body.errors ?? []);
  } catch {
    return new ApiError(response.status, `${response.status} ${response.statusText}`);
  }
}

/** The address of a stored thumbnail. The content hash makes it cacheable for ever. */
export function thumbnailUrl(photo: { id: number; v: string | null }, size: 240 | 640 | 1600): string {
  return `/thumbnail?id=${photo.id}&size=${size}${photo.v ? `&v=${encodeURIComponent(photo.v)}` : ""}`;
}

/** The photo itself, as a browser can show it. */
export function imageUrl(photo: { id: number }): string {
  return `/image?id=${photo.id}`;
}
