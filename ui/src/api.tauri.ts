// The admin API of the desktop program: commands and events of its Tauri shell.
import type { Call, Notice } from "../../web/kit/types.gen.ts";
import {
  type AdminApi,
  type Answer,
  ConnectionLost,
  type Desktop,
  Failed,
  isControlError,
  type Native,
  Refused,
} from "./api.ts";

interface Shell {
  core: { invoke<T>(command: string, args?: Record<string, unknown>): Promise<T> };
  event: { listen<T>(event: string, listener: (event: { payload: T }) => void): Promise<() => void> };
}

declare global {
  interface Window {
    __TAURI__?: Shell;
  }
}

/** Returns the admin API; undefined outside the desktop program. */
export function tauriApi(): AdminApi | undefined {
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
  throw new ConnectionLost(String(reason));
}

function listen<T>(shell: Shell, event: string, listener: (payload: T) => void): () => void {
  const listening = shell.event.listen<T>(event, ({ payload }) => listener(payload));
  return () => void listening.then((stop) => stop());
}

function native({ core, event }: Shell): Native {
  const ask = <T>(command: string, args?: Record<string, unknown>): Promise<T> =>
    core.invoke<T>(command, args).catch((reason: unknown) => {
      throw new Failed(String(reason));
    });
  return {
    pickFolder: (title) => ask("pick_folder", { title }),
    pickFiles: () => ask("pick_files"),
    openPath: (path) => ask("open_path", { path }),
    showInFolder: (path) => ask("show_in_folder", { path }),
    openUrl: (url) => ask("open_url", { url }),
    copyText: (text) => ask("copy_text", { text }),
    desktop: () => ask<Desktop>("desktop"),
    setDesktop: (desktop) => ask("set_desktop", { desktop }),
    quit: () => ask("quit"),
    onRequest: ({ show, share }) => {
      const listening = [
        event.listen<string>("show", ({ payload }) => show(payload)),
        event.listen<string[]>("share-paths", ({ payload }) => share(payload)),
      ];
      // The shell queues its requests until then.
      void Promise.all(listening).then(() => ask("ready"));
    },
  };
}
