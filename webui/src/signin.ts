/** When the session is over: on to the sign-in page, and back here afterwards. */

/** Leave for the sign-in page. What was open stays out of the history: going back would only lead there again. */
export function toSignIn(): void {
  location.replace(`/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

/** Whether the session goes on; leaves for the sign-in page when it does not. True also when nobody answers. */
export async function stillSignedIn(): Promise<boolean> {
  try {
    const answer = await fetch("/api/auth/status");
    if (!answer.ok || ((await answer.json()) as { authenticated: boolean }).authenticated) return true;
  } catch {
    return true;
  }
  toSignIn();
  return false;
}
