// The door to the server: what the window asks, and how it hears of changes. Three makers: the desktop program
// (api.tauri.ts), HTTP for administrators (api.http.ts), and a fake for trying out and for tests (api.fake.ts).
import type { Answers, Call, ControlError, FaultAt, Notice } from "../../web/kit/types.gen.ts";

/** The answer to a call. */
export type Answer<C extends Call> = Answers[C["call"]];

export interface AdminApi {
  /**
   * Asks the server.
   *
   * Rejects with `Refused` when the server says no (nothing has changed then), with `ConnectionLost` when it cannot be reached.
   */
  call<C extends Call>(call: C): Promise<Answer<C>>;
  /** Tells what happens from now on, until the returned function is called. */
  notices(listener: (notice: Notice) => void): () => void;
  /** What only the desktop program can do; null in a browser. */
  native: Native | null;
}

export interface Desktop {
  start_at_login: boolean;
  start_hidden: boolean;
  close_to_tray: boolean;
  notify: boolean;
  /** Whether this desktop shows tray icons at all; cannot be set. */
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
   * From now on hears what the desktop wants: a pane that the tray's menu or a second start of the program asks for, and
   * files and folders that were dropped on the window, chosen in the menu or given to a second start. What was wished
   * before comes at once.
   */
  onRequest(wish: { show(pane: string): void; share(paths: string[]): void }): void;
}

/** The server said no. `message` is a plain sentence. */
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

/** The desktop could not do what it was asked to. `message` is a plain sentence. */
export class Failed extends Error {}

/** Whether something that came from outside is an error of the control door. */
export function isControlError(value: unknown): value is ControlError {
  if (typeof value !== "object" || value === null) return false;
  return "code" in value && "sentence" in value && typeof value.sentence === "string";
}
