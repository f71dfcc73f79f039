// Submits the small forms beside a listing (new folder, new text file, note) without leaving the page, so that uploads continue.
// The server's answer is shown below the field; the input is kept until the request succeeds.
import { t } from "../../kit/words.ts";
import { refreshListing } from "./listing.ts";

/** Upgrades a form marked `data-enhance="form"`. */
export function enhance(form: HTMLElement): void {
  if (!(form instanceof HTMLFormElement)) return;
  const answer = document.createElement("p");
  answer.className = "answer";
  answer.setAttribute("role", "status");
  form.append(answer);
  let sending = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (sending) return;
    sending = true;
    answer.replaceChildren(t("form.sending"));
    void send(form, answer).finally(() => {
      sending = false;
    });
  });
}

async function send(form: HTMLFormElement, answer: HTMLElement): Promise<void> {
  const data = new FormData(form);
  // These forms have text fields only; a file would need multipart encoding.
  const body =
    form.enctype === "multipart/form-data" ? data : new URLSearchParams([...data].map(([k, v]) => [k, String(v)]));
  let page: Document;
  let ok: boolean;
  try {
    // The mode and the Accept header make the server answer as to a form: with a page.
    const response = await fetch(form.action, {
      method: "POST",
      mode: "same-origin",
      headers: { Accept: "text/html" },
      body,
    });
    ok = response.ok;
    page = new DOMParser().parseFromString(await response.text(), "text/html");
  } catch {
    show(answer, false, t("form.lost"));
    return;
  }
  const main = page.querySelector("main");
  ok &&= main !== null;
  const textOf = (...selectors: string[]): string =>
    selectors
      .map((one) => main?.querySelector(one)?.textContent?.trim() ?? "")
      .join(" ")
      .trim();
  const problem = textOf(".note.bad") || textOf("h1", ".lead") || t("form.failed");
  show(answer, ok, ok ? textOf("h1") : problem, ok ? resultLink(main) : undefined);
  const field = form.querySelector<HTMLInputElement>('input[type="text"]');
  if (ok) {
    form.reset();
    await refreshListing(true);
  } else {
    field?.focus();
    field?.select();
  }
}

/** Returns the link to the created item, unless it leads to the current page. */
function resultLink(main: Element | null): HTMLAnchorElement | undefined {
  const link = main?.querySelector<HTMLAnchorElement>(".actions a");
  if (!link || new URL(link.getAttribute("href") ?? "", location.href).pathname === location.pathname) return undefined;
  link.className = "";
  return document.adoptNode(link);
}

function show(answer: HTMLElement, ok: boolean, text: string, link?: HTMLAnchorElement): void {
  answer.classList.toggle("bad", !ok);
  answer.replaceChildren(text, ...(link ? [" ", link] : []));
}
