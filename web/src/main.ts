// Entry of every page: finds what the server marked with data-enhance and starts the feature for it.
import { Api } from "./api/client.ts";
import { enhance as browse } from "./browse/index.ts";
import { enhance as form } from "./features/forms.ts";
import { enhance as login } from "./features/login.ts";
import { enhanceReader } from "./features/reader.ts";
import { watchSession } from "./features/session-end.ts";
import { watchSignOut } from "./features/sign-out-form.ts";

const guestUploads = (section: HTMLElement): void =>
  void import("./uploads/guest.ts").then(({ startGuestUploads }) => startGuestUploads(section));

const control = (main: HTMLElement): void => void import("./control/index.ts").then(({ start }) => start(main));

const plugins = (article: HTMLElement): void =>
  void import("./parts/plugins.ts").then(({ enhanceArticle }) => enhanceArticle(article));

const FEATURES: Record<string, (element: HTMLElement) => void> = {
  browse,
  form,
  login,
  control,
  connect: control,
  uploader: guestUploads,
  plugins,
};

// Who may not list the folder has no page that holds the editor: the form does it.
const edited = /^\?edit=([^&/]+)$/.exec(location.search)?.[1];
if (edited && document.querySelector('[data-enhance="browse"]') === null) location.replace(`${edited}?edit&plain`);

watchSignOut();

const reader = document.querySelector(".reader");
if (reader) enhanceReader(reader);

// A folder's page takes over its forms itself.
const isFolder = document.querySelector('[data-enhance="browse"]') !== null;
if (!isFolder && document.querySelector('input[name="act"][value="logout"]')) {
  const api = new Api(document.documentElement.dataset.base ?? "");
  void watchSession(api, api.session());
}
for (const element of document.querySelectorAll<HTMLElement>("[data-enhance]")) {
  const feature = element.dataset.enhance ?? "";
  if (!(isFolder && (feature === "form" || feature === "uploader"))) FEATURES[feature]?.(element);
}
