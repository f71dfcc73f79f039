// Chooses the implementation of the admin API and opens the window.
import { httpApi } from "./api.http.ts";
import { tauriApi } from "./api.tauri.ts";
import type { AdminApi } from "./api.ts";
import { Store } from "./store.ts";
import "./window.ts";

/** Set by the build; false in the product, which excludes the fake server. */
declare const FAKE: boolean;

async function chooseApi(): Promise<AdminApi> {
  const query = new URLSearchParams(location.search);
  if (FAKE && query.has("fake")) return (await import("./api.fake.ts")).fakeApi(query);
  return tauriApi() ?? httpApi();
}

const opened = document.querySelector("pl-window");
if (opened) opened.store = new Store(await chooseApi());
