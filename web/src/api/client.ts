// Requests to the page API (docs/http-api.md "Page API"). Types are made from the server's.
import { wholeAnswer } from "./listing-stream.ts";
import { heard } from "./refused.ts";
import type {
  ApiError,
  ChangeLine,
  ChecksumLine,
  ChecksumRequest,
  DeleteManyRequest,
  EntryInfo,
  EntryKind,
  ErrorCode,
  Indexes,
  IndexInfo,
  LinkIdRequest,
  Made,
  MakeLinkRequest,
  MarkdownFile,
  MarkdownPreview,
  MarkdownRequest,
  NoteRequest,
  PathRequest,
  PropertiesLine,
  PropertiesRequest,
  RecentFile,
  RecentUploads,
  RelocateManyRequest,
  RenameRequest,
  RenewLinkRequest,
  Rescanned,
  Restored,
  SearchBody,
  Session,
  ShareLink,
  ShareLinks,
  Suggestion,
  Suggestions,
  TransferInfo,
  Transfers,
  TrashIdRequest,
  TrashInfo,
  Tree,
  UndoRequest,
  VersionInfo,
  VersionRequest,
  Versions,
  VolumeInfo,
  Volumes,
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

export interface ListOptions {
  /** with names that begin with a dot, where the account may see them */
  dots?: boolean;
  /** of a large folder: so many rows by name come before the metadata of the others is read */
  first?: number | undefined;
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
    return this.read<Session>("session");
  }

  /** Returns the lines of a folder, to be read by `readListing`. */
  async folderLines(path: string, { dots, first, signal }: ListOptions = {}): Promise<Response> {
    const options = `${dots ? "&dots" : ""}${first ? `&first=${first}` : ""}`;
    return this.get(`folder?path=${queryValue(path)}${options}`, signal);
  }

  /** Returns the lines of all files in a folder and below it, to be read by `readListing`. */
  async belowLines(path: string, { dots, signal }: ListOptions = {}): Promise<Response> {
    return this.get(`folder?path=${queryValue(path)}&below${dots ? "&dots" : ""}`, signal);
  }

  /** Returns the folders in `path`; of those from `top` down to it, too. */
  async tree(path: string, top: string): Promise<Tree> {
    return this.read<Tree>(`tree?path=${queryValue(path)}&top=${queryValue(top)}`);
  }

  /** Returns the lines of the results of a search, to be read by `readListing`. */
  async searchLines(search: SearchBody, signal?: AbortSignal): Promise<Response> {
    return this.change("search", search, signal);
  }

  /** Returns completions of the last word of `text`. */
  async suggest(text: string, path: string, signal?: AbortSignal): Promise<Suggestion[]> {
    const endpoint = `suggest?text=${encodeURIComponent(text)}&path=${queryValue(path)}`;
    return (await this.read<Suggestions>(endpoint, signal)).suggestions;
  }

  /** Returns where the account can start, and what it may do there. */
  async volumes(): Promise<VolumeInfo[]> {
    return (await this.read<Volumes>("volumes")).volumes;
  }

  /** Returns what is known of one file or folder. `key`: of the file, where it needs one. */
  async entry(path: string, key?: string, signal?: AbortSignal): Promise<EntryInfo> {
    return this.read<EntryInfo>(`entry?path=${queryValue(path)}${keyed(key)}`, signal);
  }

  /** Deletes entries, and yields the progress. Aborting ends it; what was done stays, and `begin` says how to undo it. */
  async *deleteMany(body: DeleteManyRequest, signal?: AbortSignal): AsyncGenerator<ChangeLine> {
    yield* wholeAnswer<ChangeLine>(await this.change("delete-many", body, signal));
  }

  /** Moves entries into a folder, as `deleteMany`. */
  async *moveMany(body: RelocateManyRequest, signal?: AbortSignal): AsyncGenerator<ChangeLine> {
    yield* wholeAnswer<ChangeLine>(await this.change("move-many", body, signal));
  }

  /** Copies entries into a folder, as `deleteMany`. */
  async *copyMany(body: RelocateManyRequest, signal?: AbortSignal): AsyncGenerator<ChangeLine> {
    yield* wholeAnswer<ChangeLine>(await this.change("copy-many", body, signal));
  }

  /** Yields the properties of one file, or the sum of several files and folders; aborting ends the work. */
  async *properties(paths: string[], signal?: AbortSignal): AsyncGenerator<PropertiesLine> {
    const body: PropertiesRequest = { paths };
    yield* wholeAnswer<PropertiesLine>(await this.change("properties", body, signal), "total");
  }

  /** Yields the progress of the checksum of a file, and the result: `end` or `failed`. */
  async *checksum(body: ChecksumRequest, signal?: AbortSignal): AsyncGenerator<ChecksumLine> {
    yield* wholeAnswer<ChecksumLine>(await this.change("checksum", body, signal), "end", "failed");
  }

  /** Returns the files at and below `path` that arrived last. */
  async recent(path: string): Promise<RecentFile[]> {
    return (await this.read<RecentUploads>(`recent?path=${queryValue(path)}`)).uploads;
  }

  /** Returns uploads and downloads that are under way. */
  async transfers(): Promise<TransferInfo[]> {
    return (await this.read<Transfers>("transfers")).transfers;
  }

  async indexes(): Promise<IndexInfo[]> {
    return (await this.read<Indexes>("indexes")).indexes;
  }

  /** Has the volumes at and below `path` compared with their indexes; returns their number. */
  async rescan(path: string): Promise<number> {
    const response = await this.change<PathRequest>("rescan", { path });
    return ((await response.json()) as Rescanned).volumes;
  }

  /** Returns the share links of the account. */
  async links(): Promise<ShareLink[]> {
    return (await this.read<ShareLinks>("links")).links;
  }

  async makeLink(link: MakeLinkRequest): Promise<ShareLink> {
    return (await this.change("make-link", link)).json() as Promise<ShareLink>;
  }

  /** `days` from now until the link ends; 0: it does not end by itself. */
  async renewLink(id: string, days: number): Promise<ShareLink> {
    const renewed = await this.change<RenewLinkRequest>("renew-link", { id, ...(days > 0 ? { days } : {}) });
    return renewed.json() as Promise<ShareLink>;
  }

  async revokeLink(id: string): Promise<void> {
    await this.change<LinkIdRequest>("revoke-link", { id });
  }

  /** Returns the URL of a picture with the link's address as QR code. */
  linkQr(id: string): string {
    return this.url(`link-qr?id=${encodeURIComponent(id)}`);
  }

  /** Gives an entry another name in its folder. Returns how to undo that. */
  async rename(path: string, name: string): Promise<string> {
    return (await this.change<RenameRequest>("rename", { path, name })).headers.get("X-Undo") ?? "";
  }

  /** Returns what was deleted or replaced at or below `path`. */
  async trash(path: string): Promise<TrashInfo> {
    return this.read<TrashInfo>(`trash?path=${queryValue(path)}`);
  }

  async restore(id: string): Promise<Restored> {
    return (await this.change<TrashIdRequest>("restore", { id })).json() as Promise<Restored>;
  }

  /** Deletes an item of the trash for good. */
  async purge(id: string): Promise<void> {
    await this.change<TrashIdRequest>("purge", { id });
  }

  /** Returns the earlier versions of a file. */
  async versions(path: string): Promise<VersionInfo[]> {
    return (await this.read<Versions>(`versions?path=${queryValue(path)}`)).versions;
  }

  /** Returns the URL of an earlier version's content. */
  versionHref(path: string, id: string): string {
    return `${this.href(path)}?version=${encodeURIComponent(id)}`;
  }

  async restoreVersion(path: string, id: string, beside: boolean): Promise<Restored> {
    return (await this.change<VersionRequest>("restore-version", { path, id, beside })).json() as Promise<Restored>;
  }

  /** Undoes a change; `left` says how many parts of it could not be undone. */
  async undo(undo: string): Promise<Restored> {
    return (await this.change<UndoRequest>("undo", { undo })).json() as Promise<Restored>;
  }

  /** Returns a Markdown file as HTML. `key`: of the file, where it needs one. */
  async markdown(path: string, key?: string, signal?: AbortSignal): Promise<MarkdownFile> {
    return this.read<MarkdownFile>(`markdown?path=${queryValue(path)}${keyed(key)}`, signal);
  }

  /** Returns a Markdown text that is being edited as HTML. `path`: where it will be. */
  async previewMarkdown(path: string, text: string, signal?: AbortSignal): Promise<MarkdownPreview> {
    const body: MarkdownRequest = { path, text };
    return (await this.change("markdown", body, signal)).json() as Promise<MarkdownPreview>;
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

  protected async read<T>(endpoint: string, signal?: AbortSignal): Promise<T> {
    return (await this.get(endpoint, signal)).json() as Promise<T>;
  }

  private async get(endpoint: string, signal?: AbortSignal): Promise<Response> {
    return answered(await fetch(this.url(endpoint), { signal: signal ?? null }));
  }

  protected async change<T>(endpoint: string, body: T, signal?: AbortSignal): Promise<Response> {
    const headers = { "Content-Type": "application/json" };
    const request = { method: "POST", headers, body: JSON.stringify(body), signal: signal ?? null };
    return answered(await fetch(this.url(endpoint), request));
  }
}

const keyed = (key: string | undefined): string => (key === undefined ? "" : `&k=${encodeURIComponent(key)}`);

/** Encodes what is left of a percent-encoded path's special characters, so that it can be the value of a parameter. */
function queryValue(path: string): string {
  return path.replace(/[^\w.~/%-]/g, encodeURIComponent);
}

async function answered(response: Response): Promise<Response> {
  if (response.ok) return response;
  heard(response.status);
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
