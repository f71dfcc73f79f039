// A text on the server: reading it, saving it without overwriting changes of others, and looking whether it was changed.
import { type Api, ApiRefusal } from "../api/client.ts";
import { EDITED_MAX } from "../browse/rows.ts";
import { type LineEnding, lineEndingOf, toEdited, toSaved } from "./line-endings.ts";

/** One version of the text, as it is edited. */
export interface Version {
  /** lines end with "\n" */
  text: string;
  ending: LineEnding;
  /** whether it begins with the mark of UTF-8 */
  hasMark: boolean;
  /** modification time, milliseconds; a save names it */
  lastmod: number;
}

/** "denied": it may be read, but not saved. */
export type WhyNot = "large" | "encoding" | "binary" | "denied" | "gone" | "lost";

export class NotEditable extends Error {
  constructor(readonly why: WhyNot) {
    super(why);
  }
}

function whyNot(status: number): WhyNot {
  if (status === 404) return "gone";
  return status === 401 || status === 403 ? "denied" : "lost";
}

/** How often the saved file is read to compare it, and the milliseconds between two times. */
const [READS_MAX, READ_PAUSE_MS] = [10, 100];

/**
 * What came of a save. "changed": nothing was saved, the file is another one by now. "differs": something else was stored than was sent.
 * `text` says what the server refused.
 */
export type SaveResult =
  | { kind: "saved"; version: Version }
  | { kind: "differs" }
  | { kind: "changed" }
  | { kind: "gone" }
  | { kind: "denied" }
  | { kind: "refused"; text: string }
  | { kind: "lost" };

/** How the file on the server stands to a version. "unknown": the server cannot be reached. */
export type Standing = "same" | "changed" | "gone" | "unknown";

export class TextFile {
  private readonly url: string;

  /** `path`: percent-encoded. `key`: of the file, where it needs one. */
  constructor(
    private readonly api: Api,
    readonly path: string,
    key: string | undefined,
  ) {
    this.url = `${api.href(path)}?raw${key === undefined ? "" : `&k=${encodeURIComponent(key)}`}`;
  }

  /** Reads the text. Rejects with `NotEditable`. */
  async read(signal: AbortSignal): Promise<Version> {
    const response = await this.request("GET", signal);
    if (Number(response.headers.get("Content-Length") ?? 0) > EDITED_MAX) throw new NotEditable("large");
    const lastmod = Number(response.headers.get("X-Lastmod3") ?? Number.NaN);
    // Only who may write is told the exact time.
    if (Number.isNaN(lastmod)) throw new NotEditable("denied");
    const bytes = await response.arrayBuffer().catch(() => undefined);
    if (!bytes) throw new NotEditable("lost");
    return { ...decodeText(new Uint8Array(bytes)), lastmod };
  }

  /** Compares the file with a version, without reading it. */
  async compare(version: Version, signal: AbortSignal): Promise<Standing> {
    try {
      const { headers } = await this.request("HEAD", signal);
      return Number(headers.get("X-Lastmod3")) === version.lastmod ? "same" : "changed";
    } catch (error) {
      return error instanceof NotEditable && error.why === "gone" ? "gone" : "unknown";
    }
  }

  /**
   * Whether the account may save the text. Which kinds of file may be edited without the right to delete, a volume says; only the
   * form of the page without script knows it. Rejects with `NotEditable`.
   */
  async mayEdit(key: string | undefined, signal: AbortSignal): Promise<boolean> {
    const { may } = await this.api.entry(this.path, key, signal).catch((error: unknown) => {
      throw new NotEditable(error instanceof ApiRefusal ? whyNot(error.status) : "lost");
    });
    if (!may.edit || may.delete || /\.md$/i.test(this.path)) return may.edit;
    const { status } = await fetch(this.url.replace("?raw", "?edit"), { method: "HEAD", signal });
    return status !== 401 && status !== 403;
  }

  private async request(method: "GET" | "HEAD", signal: AbortSignal): Promise<Response> {
    const response = await fetch(this.url, { method, signal, cache: "no-store" }).catch(() => undefined);
    if (!response) throw new NotEditable("lost");
    if (response.ok) return response;
    throw new NotEditable(whyNot(response.status));
  }

  /** Saves a text over the version from which it was made; `over`: undefined creates a file that is gone, or replaces any version. */
  async save(text: string, like: Version, over: Version | undefined): Promise<SaveResult> {
    const written = (like.hasMark ? "\ufeff" : "") + toSaved(text, like.ending);
    let response: Response;
    try {
      response = await fetch(this.api.href(this.path), saveRequest(written, over?.lastmod ?? -1));
    } catch {
      return { kind: "lost" };
    }
    if (!response.ok) return refusalOf(response);
    const answer = (await response.json().catch(() => undefined)) as { ok?: boolean; lastmod?: number } | undefined;
    if (answer?.ok === undefined || answer.lastmod === undefined) return { kind: "lost" };
    if (!answer.ok) return { kind: "changed" };
    if (!(await this.isStored(written))) return { kind: "differs" };
    return { kind: "saved", version: { ...like, text, lastmod: answer.lastmod } };
  }

  /**
   * Whether the server has what was sent, byte by byte: proxies change forms now and then. The file is read again a few times: others may
   * save it in the same moment. Without an answer, that of the save holds.
   */
  private async isStored(written: string): Promise<boolean> {
    for (let attempt = 0; attempt < READS_MAX; attempt++) {
      if (attempt > 0) await new Promise((go) => setTimeout(go, READ_PAUSE_MS));
      try {
        const response = await fetch(`${this.url}&_=${Date.now()}`, { cache: "no-store" });
        if (!response.ok) return true;
        const bytes = new Uint8Array(await response.arrayBuffer());
        if (new TextDecoder("utf-8", { ignoreBOM: true }).decode(bytes) === written) return true;
      } catch {
        return true;
      }
    }
    return false;
  }
}

/** The form `act=tput`. It is written here: browsers change line ends in fields of forms. */
function saveRequest(text: string, lastmod: number): RequestInit {
  const boundary = `potluck-${crypto.getRandomValues(new Uint32Array(4)).join("-")}`;
  const part = (name: string, value: string): string =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
  const body = `${part("act", "tput") + part("lastmod", String(lastmod)) + part("body", text)}--${boundary}--\r\n`;
  return { method: "POST", headers: { "Content-Type": `multipart/form-data; boundary=${boundary}` }, body };
}

async function refusalOf(response: Response): Promise<SaveResult> {
  if (response.status === 404) return { kind: "gone" };
  if (response.status === 401 || response.status === 403) return { kind: "denied" };
  // A page, of which the first line is the reason.
  const page = new DOMParser().parseFromString(await response.text().catch(() => ""), "text/html");
  const [first = ""] = (page.body.textContent ?? "").trim().split("\n");
  return { kind: "refused", text: first.slice(0, 300) };
}

/** Whether bytes begin with the mark of UTF-16: a text, although it has zeros. */
function isUtf16([first, second]: Uint8Array): boolean {
  return (first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff);
}

/** Reads bytes as UTF-8. Throws `NotEditable` where saving would change what it does not show. */
export function decodeText(bytes: Uint8Array): Pick<Version, "text" | "ending" | "hasMark"> {
  if (bytes.length > EDITED_MAX) throw new NotEditable("large");
  let whole: string;
  try {
    whole = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new NotEditable(!isUtf16(bytes) && bytes.subarray(0, 8192).includes(0) ? "binary" : "encoding");
  }
  if (whole.includes("\0")) throw new NotEditable("binary");
  const hasMark = whole.startsWith("\ufeff");
  const written = hasMark ? whole.slice(1) : whole;
  const ending = lineEndingOf(written);
  return { text: toEdited(written, ending), ending, hasMark };
}
