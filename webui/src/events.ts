/** The live stream, with a reconnect that also covers answers that EventSource gives up on. */
import { getJson } from "./api";
import { stillSignedIn } from "./signin";
import type { JobStatus, PhotosEvent, ScanStatus } from "./types";

interface Listener {
  scan?: (status: ScanStatus) => void;
  photos?: (event: PhotosEvent) => void;
  /** Models describe photos or translate captions. */
  captions?: (status: JobStatus) => void;
  /** Somebody was found, or people were told apart anew. */
  people?: () => void;
  /** The page is back from the back/forward cache, where it missed what happened. */
  resumed?: () => void;
  /** Called with false after the connection has been gone for a while, with true when it is back. */
  connected?: (up: boolean) => void;
}

const LOST_AFTER_MS = 4000;
const RETRY_MS = [1000, 2000, 5000, 10000, 20000];

let told: ScanStatus | null = null;

/** The state of the scan. What the stream told while the answer was on its way is newer; only the roots are in each answer. */
export async function askScan(): Promise<ScanStatus> {
  const before = told;
  const asked = await getJson<ScanStatus>("/api/scan/status");
  return told && told !== before ? { ...told, roots: asked.roots ?? told.roots ?? [] } : asked;
}

/** Follow /api/events until the page is left; resumes when it comes back from the back/forward cache. */
export function follow(listener: Listener): void {
  let source: EventSource | null = null;
  let lostTimer = 0;
  let retryTimer = 0;
  let attempts = 0;
  let down = false;

  const open = () => {
    close();
    source = new EventSource("/api/events");
    source.onopen = () => {
      clearTimeout(lostTimer);
      lostTimer = 0;
      attempts = 0;
      if (down) {
        down = false;
        listener.connected?.(true);
      }
    };
    source.onerror = () => {
      if (!lostTimer) {
        lostTimer = window.setTimeout(() => {
          down = true;
          listener.connected?.(false);
        }, LOST_AFTER_MS);
      }
      if (source?.readyState === EventSource.CLOSED) {
        clearTimeout(retryTimer);
        void stillSignedIn();
        retryTimer = window.setTimeout(open, RETRY_MS[Math.min(attempts++, RETRY_MS.length - 1)]);
      }
    };
    source.addEventListener("scan", (event) => {
      told = JSON.parse((event as MessageEvent<string>).data) as ScanStatus;
      listener.scan?.(told);
    });
    source.addEventListener("photos", (event) => listener.photos?.(JSON.parse((event as MessageEvent<string>).data) as PhotosEvent));
    source.addEventListener("captions", (event) => listener.captions?.(JSON.parse((event as MessageEvent<string>).data) as JobStatus));
    source.addEventListener("people", () => listener.people?.());
  };
  const close = () => {
    clearTimeout(retryTimer);
    source?.close();
    source = null;
  };
  // An open stream would keep the page out of the back/forward cache.
  addEventListener("pagehide", close);
  addEventListener("pageshow", (event) => {
    if (event.persisted) {
      open();
      listener.resumed?.();
    }
  });
  open();
}
