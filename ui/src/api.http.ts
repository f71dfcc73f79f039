// The admin API over HTTP, for administrators: {base}/.potluck/admin/call and {base}/.potluck/admin/events.
import type { Call, Notice } from "../../web/kit/types.gen.ts";
import { type AdminApi, type Answer, ConnectionLost, isControlError, Refused } from "./api.ts";

/** Milliseconds before an event stream that the browser closed is reopened. */
const REOPEN_MS = 3000;

/** Notices may have been missed: listeners reload everything. */
const MISSED: Notice = { kind: "missed", count: 0 };

/** Returns the URL of the admin API from the path of the page: everything up to `.potluck/admin`, with a trailing slash. */
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
    // The custom header forces a CORS preflight, so that pages of other sites cannot send this request.
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
      // The next call finds out whether the server is unreachable.
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
