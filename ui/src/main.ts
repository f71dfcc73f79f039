// Entry of the settings window: chooses the door and opens the window.

import { httpDoor } from "./api.http.ts";
import { tauriDoor } from "./api.tauri.ts";
import type { Door } from "./api.ts";
import { Store } from "./store.ts";
import "./window.ts";

/** Set by the build; in the product it is false, and the fake server is left out. */
declare const FAKE: boolean;

async function door(): Promise<Door> {
  const query = new URLSearchParams(location.search);
  if (FAKE && query.has("fake")) return (await import("./api.fake.ts")).fakeDoor(query);
  return tauriDoor() ?? httpDoor();
}

const opened = document.querySelector("pl-window");
if (opened) opened.store = new Store(await door());
