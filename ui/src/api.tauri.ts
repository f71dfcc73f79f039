// The door of the desktop program: commands and events of its shell.
import type { Call, Notice } from "../../web/kit/types.gen.ts";
import { type Answer, type Desktop, type Door, isControlError, Lost, type Native, Refused } from "./api.ts";

interface Shell {
  core: { invoke<T>(command: string, args?: Record<string, unknown>): Promise<T> };
  event: { listen<T>(event: string, listener: (event: { payload: T }) => void): Promise<() => void> };
}

declare global {
  interface Window {
    __TAURI__?: Shell;
  }
}

/** The door, if the page runs in the desktop program. */
export function tauriDoor(): Door | undefined {
  const shell = window.__TAURI__;
  if (!shell) return undefined;
  return {
    call: <C extends Call>(call: C) => shell.core.invoke<Answer<C>>("control", { call }).catch(translate),
    notices: (listener) => listen<Notice>(shell, "notice", listener),
    native: native(shell),
  };
}

function translate(reason: unknown): never {
  if (isControlError(reason)) throw new Refused(reason);
  throw new Lost(String(reason));
}

function listen<T>(shell: Shell, event: string, listener: (payload: T) => void): () => void {
  const listening = shell.event.listen<T>(event, ({ payload }) => listener(payload));
  return () => void listening.then((stop) => stop());
}

function native({ core, event }: Shell): Native {
  return {
    pickFolder: (title) => core.invoke("pick_folder", { title }),
    pickFiles: () => core.invoke("pick_files"),
    openPath: (path) => core.invoke("open_path", { path }),
    showInFolder: (path) => core.invoke("show_in_folder", { path }),
    openUrl: (url) => core.invoke("open_url", { url }),
    copyText: (text) => core.invoke("copy_text", { text }),
    desktop: () => core.invoke<Desktop>("desktop"),
    setDesktop: (desktop) => core.invoke("set_desktop", { desktop }),
    quit: () => core.invoke("quit"),
    onShow: (listener) => listen({ core, event }, "show", listener),
    onSharePaths: (listener) => listen({ core, event }, "share-paths", listener),
  };
}
