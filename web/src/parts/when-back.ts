// What could not be loaded without a connection is loaded when it is back.

/** Milliseconds after which it is tried again, if the browser has not said that it is online before. */
const PAUSE_MS = 3000;

/** Calls `run` once: when the browser is online again, or after a pause, as the server may have been away alone. */
export function whenBack(run: () => void): void {
  const again = (): void => {
    clearTimeout(timer);
    globalThis.removeEventListener?.("online", again);
    run();
  };
  const timer = setTimeout(again, PAUSE_MS);
  globalThis.addEventListener?.("online", again);
}
