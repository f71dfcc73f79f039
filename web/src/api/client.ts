// Requests to the page API (docs/http-api.md "Page API"). Types are made from the server's.
import type { ApiError, EntryKind, ErrorCode, Made, NoteRequest, PathRequest, Session, Tree } from "./types.gen.ts";

const PREFIX = "/.potluck/api/v1/";

/** A refusal. Decide by `code`, never by the texts, which are for people. */
export class ApiRefusal extends Error {
  readonly code: ErrorCode;
  readonly existing: EntryKind | undefined;

  constructor(
    readonly status: number,
    /** undefined: the answer is not the server's; a proxy's, for example */
    error: ApiError | undefined,
  ) {
    super(error ? `${error.message} ${error.advice}`.trim() : "");
    this.code = error?.code ?? "internal";
    this.existing = error?.existing;
  }
}

export interface ListOptions {
  /** with names that begin with a dot, where the account may see them */
  dots?: boolean;
  /** all files below instead of the folder's own entries */
  below?: boolean;
  signal?: AbortSignal;
}

/**
 * The API of the server at `base`: the path it is hosted under, "" or "/sub/path". Paths are percent-encoded, without `base`.
 * Methods reject with `ApiRefusal`, or with the error of `fetch` when there is no answer.
 */
export class Api {
  constructor(private readonly base: string) {}

  /** Returns the path of a URL of this server. */
  pathOf(url: string): string {
    const { pathname } = new URL(url, location.href);
    return pathname.startsWith(`${this.base}/`) ? pathname.slice(this.base.length) : pathname;
  }

  /** Returns the URL of a path, without scheme and host. */
  href(path: string): string {
    return this.base + path;
  }

  /** Returns the URL of an endpoint. */
  url(endpoint: string): string {
    return `${this.base}${PREFIX}${endpoint}`;
  }

  async session(): Promise<Session> {
    return (await answered(await fetch(this.url("session")))).json() as Promise<Session>;
  }

  /** Returns the lines of a folder (`FolderLine`), to be read by `readLines`. */
  async folderLines(path: string, { dots, below, signal }: ListOptions = {}): Promise<Response> {
    const query = [`path=${queryValue(path)}`, dots ? "dots" : "", below ? "below" : ""].filter(Boolean).join("&");
    return answered(await fetch(this.url(`folder?${query}`), signal ? { signal } : {}));
  }

  /** Returns the folders in `path`; of those from `top` down to it, too. */
  async tree(path: string, top: string): Promise<Tree> {
    const query = `path=${queryValue(path)}&top=${queryValue(top)}`;
    return (await answered(await fetch(this.url(`tree?${query}`)))).json() as Promise<Tree>;
  }

  async makeFolder(path: string): Promise<Made> {
    return (await this.change<PathRequest>("make-folder", { path })).json() as Promise<Made>;
  }

  async makeText(path: string): Promise<Made> {
    return (await this.change<PathRequest>("make-text", { path })).json() as Promise<Made>;
  }

  async note(path: string, text: string): Promise<void> {
    await this.change<NoteRequest>("note", { path, text });
  }

  private async change<T>(endpoint: string, body: T): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    return answered(await fetch(this.url(endpoint), { method: "POST", headers, body: JSON.stringify(body) }));
  }
}

/** Encodes what is left of a percent-encoded path's special characters, so that it can be the value of a parameter. */
function queryValue(path: string): string {
  return path.replace(/[^\w.~/%-]/g, encodeURIComponent);
}

async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new ApiRefusal(response.status, asError(await response.text()));
}

/** Returns the error in the body of a refusal; undefined if there is none. */
export function asError(text: string): ApiError | undefined {
  try {
    const error = JSON.parse(text) as ApiError | null;
    return typeof error?.code === "string" ? error : undefined;
  } catch {
    return undefined;
  }
}
