// The admin API as the window uses it: calls and notices. Three implementations: the desktop program (api.tauri.ts), HTTP for
// administrators (api.http.ts), and a fake for development and tests (api.fake.ts).
import type { Answers, Call, ControlError, FaultAt, Notice } from "../../web/kit/types.gen.ts";

/** The answer to a call. */
export type Answer<C extends Call> = Answers[C["call"]];

export interface AdminApi {
  /**
   * Sends a call to the server and resolves to its answer.
   *
   * Rejects with `Refused` when the server refuses (nothing was changed), with `ConnectionLost` when it cannot be reached.
   */
  call<C extends Call>(call: C): Promise<Answer<C>>;
  /** Calls `listener` for every notice until the returned function is called. */
  notices(listener: (notice: Notice) => void): () => void;
  /** Functions of the desktop program; null in a browser. */
  native: Native | null;
}

export interface Desktop {
  start_at_login: boolean;
  start_hidden: boolean;
  close_to_tray: boolean;
  notify: boolean;
  /** Language of the tray; empty: that of the system. */
  language: string;
  /** Whether this desktop shows tray icons; read-only. */
  has_tray: boolean;
}

/** Each call rejects with `Failed` when the desktop cannot do it. */
export interface Native {
  /** Lets the person choose a folder; null: none was chosen. */
  pickFolder(title: string): Promise<string | null>;
  /** Lets the person choose files; empty: none were chosen. */
  pickFiles(): Promise<string[]>;
  openPath(path: string): Promise<void>;
  showInFolder(path: string): Promise<void>;
  openUrl(url: string): Promise<void>;
  copyText(text: string): Promise<void>;
  desktop(): Promise<Desktop>;
  setDesktop(desktop: Desktop): Promise<void>;
  quit(): Promise<void>;
  /**
   * Registers handlers for requests of the shell. `show`: a pane that the tray's menu or a second start of the program opens.
   * `share`: files and folders dropped on the window, chosen in the menu or passed to a second start. Earlier requests are
   * delivered immediately.
   */
  onRequest(handlers: { show(pane: string): void; share(paths: string[]): void }): void;
}

/** The server refused a call. `message` is a plain sentence. */
export class Refused extends Error {
  readonly code: ControlError["code"];
  readonly faults: readonly FaultAt[];

  constructor(error: ControlError) {
    super(error.sentence);
    this.code = error.code;
    this.faults = error.faults ?? [];
  }
}

/** The server cannot be reached. */
export class ConnectionLost extends Error {}

/** The desktop failed to do something. `message` is a plain sentence. */
export class Failed extends Error {}

/** Returns whether an untyped value is an error of the admin API. */
export function isControlError(value: unknown): value is ControlError {
  if (typeof value !== "object" || value === null) return false;
  return "code" in value && "sentence" in value && typeof value.sentence === "string";
}
