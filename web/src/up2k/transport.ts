// Sends one POST request. The queue uses only this interface, so that tests run without a browser.

import { heard } from "../api/refused.ts";

export interface Answer {
  status: number;
  text: string;
  /** the `content` of the request was missing on the server, and has been received */
  received?: boolean;
}

export interface Post {
  url: string;
  headers: Record<string, string>;
  body: Blob | string | Uint8Array<ArrayBuffer>;
  /** The file of a handshake: sent with it if that saves requests, see bundler.ts. */
  content?: Uint8Array<ArrayBuffer>;
  signal: AbortSignal;
  /** Bytes of the body sent so far. */
  progress?: (sent: number) => void;
  /** Milliseconds without any progress after which the connection counts as lost. */
  stall: number;
}

/** The request got no response: connection refused, interrupted or stalled. */
export class ConnectionLost extends Error {}

/** Requests under way: each shortens its waiting time. */
const underWay = new Set<(ms: number) => void>();

/**
 * Gives all requests `ms` to make progress: after a device has slept, a connection may be gone without any sign of it.
 */
export function hurryRequests(ms = 8000): void {
  for (const hurry of underWay) hurry(ms);
}

export type Transport = (post: Post) => Promise<Answer>;

/** Sends a small request that continues after the page is left (fetch keepalive). Reports no progress. */
export const keepaliveTransport: Transport = async ({ url, headers, body, stall }) => {
  try {
    const signal = AbortSignal.timeout(stall);
    const response = await fetch(url, { method: "POST", headers, body, keepalive: true, signal });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    throw new ConnectionLost(String(error));
  }
};

/** Uses XMLHttpRequest, because fetch does not report upload progress. */
export const xhrTransport: Transport = (post) =>
  new Promise((resolve, reject) => {
    const { signal } = post;
    if (signal.aborted) return reject(signal.reason);
    const xhr = new XMLHttpRequest();
    let timer = 0;
    const end = (): void => {
      clearTimeout(timer);
      underWay.delete(watch);
      signal.removeEventListener("abort", abort);
    };
    const abort = (): void => {
      end();
      xhr.abort();
      reject(signal.reason);
    };
    const watch = (ms = post.stall): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        end();
        xhr.abort();
        reject(new ConnectionLost("no progress"));
      }, ms) as unknown as number;
    };
    xhr.open("POST", post.url);
    for (const [name, value] of Object.entries(post.headers)) xhr.setRequestHeader(name, value);
    if (post.progress) {
      xhr.upload.onprogress = (event) => {
        watch();
        post.progress?.(event.loaded);
      };
    }
    xhr.onload = () => {
      end();
      heard(xhr.status);
      resolve({ status: xhr.status, text: xhr.responseText });
    };
    xhr.onerror = () => {
      end();
      reject(new ConnectionLost("connection lost"));
    };
    signal.addEventListener("abort", abort, { once: true });
    watch();
    underWay.add(watch);
    xhr.send(post.body);
  });
