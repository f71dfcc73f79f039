// Requests to the page API (docs/http-api.md "Page API"). Types are made from the server's.
import type {
  ApiError,
  EntryKind,
  ErrorCode,
  FileEntry,
  FolderEntry,
  FolderHead,
  FolderLine,
  Made,
  NoteRequest,
  PathRequest,
} from "./types.gen.ts";

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

/** The listing ended before its last line. */
export class IncompleteListing extends Error {}

export interface Listing {
  head: FolderHead;
  folders: FolderEntry[];
  files: FileEntry[];
}

export interface ListOptions {
  /** `name`, `size`, `ext` or `date`, with a minus in front for the reverse order */
  sort?: string;
  /** with names that begin with a dot, where the account may see them */
  dots?: boolean;
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

  async folder(path: string, { sort, dots }: ListOptions = {}): Promise<Listing> {
    const query = [`path=${queryValue(path)}`, sort ? `sort=${sort}` : "", dots ? "dots" : ""]
      .filter(Boolean)
      .join("&");
    const response = await answered(await fetch(this.url(`folder?${query}`)));
    const folders: FolderEntry[] = [];
    const files: FileEntry[] = [];
    let head: FolderHead | undefined;
    for await (const line of linesOf(response)) {
      if (line.kind === "folder") folders.push(line);
      else if (line.kind === "file") files.push(line);
      else if (line.kind === "listing") head = line;
      else if (head && line.rows === folders.length + files.length) return { head, folders, files };
    }
    throw new IncompleteListing();
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

/** Yields the lines as they arrive. */
async function* linesOf(response: Response): AsyncGenerator<FolderLine> {
  if (!response.body) return;
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    const lines = (rest + decoder.decode(value, { stream: !done })).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) if (line) yield JSON.parse(line) as FolderLine;
    if (done) return;
  }
}
