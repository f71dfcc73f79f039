// Submits the small forms of a page for guests (new folder, note) without leaving the page, so that uploads continue.
// The server's answer is shown below the field; the input is kept until the request succeeds.
import { t } from "../../kit/words.ts";
import { Api, ApiRefusal } from "../api/client.ts";
import { encodeName } from "../up2k/urls.ts";

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

/** What a form has done: a sentence, and a link to what was made. */
interface Done {
  text: string;
  link?: { href: string; text: string };
}

async function send(form: HTMLFormElement, answer: HTMLElement): Promise<void> {
  const field = form.querySelector<HTMLInputElement>('input[type="text"]');
  const api = new Api(document.documentElement.dataset.base ?? "");
  try {
    const done = await carryOut(api, api.pathOf(form.action), new FormData(form));
    show(answer, true, done);
    form.reset();
  } catch (error) {
    const reason = error instanceof ApiRefusal ? error.message || t("form.failed") : t("form.lost");
    show(answer, false, { text: error instanceof EmptyNote ? t("form.note.empty") : reason });
    field?.focus();
    field?.select();
  }
}

class EmptyNote extends Error {}

/** `folder`: path of the folder that the form belongs to, with a slash at its end. */
async function carryOut(api: Api, folder: string, fields: FormData): Promise<Done> {
  const text = (name: string): string => String(fields.get(name) ?? "");
  const target = folder + encodeName(text("name"));
  switch (fields.get("act")) {
    case "mkdir": {
      const { path } = await api.makeFolder(target);
      return { text: t("form.folder.made"), link: { href: `${api.href(path)}/`, text: t("form.folder.open") } };
    }
    default:
      if (text("msg").trim() === "") throw new EmptyNote();
      await api.note(folder, text("msg"));
      return { text: t("form.note.sent") };
  }
}

function show(answer: HTMLElement, ok: boolean, { text, link }: Done): void {
  answer.classList.toggle("bad", !ok);
  answer.replaceChildren(text);
  if (!link) return;
  const anchor = document.createElement("a");
  anchor.href = link.href;
  anchor.textContent = link.text;
  answer.append(" ", anchor);
}
