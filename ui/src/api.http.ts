// The door over HTTP, for administrators: {base}/.potluck/admin/call and {base}/.potluck/admin/events.
import type { Call, Notice } from "../../web/kit/types.gen.ts";
import { type AdminApi, type Answer, ConnectionLost, isControlError, Refused } from "./api.ts";

/** Milliseconds before a stream of events that the browser gave up is opened again. */
const REOPEN_MS = 3000;

/** Missed: whoever listens looks at everything again. */
const MISSED: Notice = { kind: "missed", count: 0 };

/** Where the door is, from the address of the page: everything up to and with `.potluck/admin`, and a slash. */
export function adminUrl(pathname: string): string {
  const at = pathname.indexOf("/.potluck/admin");
  return `${at < 0 ? "" : pathname.slice(0, at)}/.potluck/admin/`;
}

export function httpApi(base = adminUrl(location.pathname)): AdminApi {
  return {
    call: (call) => post(`${base}call`, call),
    notices: (listener) => listen(`${base}events`, listener),
    native: null,
  };
}

async function post<C extends Call>(url: string, call: C): Promise<Answer<C>> {
  let response: Response;
  let answer: unknown;
  try {
    // The header of our own makes a browser ask first before another site's page may send this.
    response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Potluck": "1" },
      body: JSON.stringify(call),
    });
    answer = await response.json();
  } catch (reason) {
    throw new ConnectionLost(String(reason));
  }
  if (response.ok) return answer as Answer<C>;
  if (isControlError(answer)) throw new Refused(answer);
  throw new ConnectionLost(`status ${response.status}`);
}

function listen(url: string, listener: (notice: Notice) => void): () => void {
  let source: EventSource;
  let reopening = 0;
  const open = (): void => {
    source = new EventSource(url);
    source.onmessage = (event: MessageEvent<string>) => listener(JSON.parse(event.data) as Notice);
    source.onopen = () => listener(MISSED);
    source.onerror = () => {
      // What is asked next finds out whether the server is away.
      listener(MISSED);
      if (source.readyState !== EventSource.CLOSED) return;
      clearTimeout(reopening);
      reopening = window.setTimeout(open, REOPEN_MS);
    };
  };
  open();
  return () => {
    clearTimeout(reopening);
    source.close();
  };
}
