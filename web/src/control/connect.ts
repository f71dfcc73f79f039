// The page that says how programs connect: a button beside each command that copies it.
import { render } from "lit";
import { t } from "../../kit/words.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { icon } from "../parts/icon.ts";

/** Milliseconds for which a button says that it has copied. */
const SAID_MS = 2000;

/** Upgrades the main part of the page. */
export function startConnect(main: HTMLElement): void {
  const said = document.createElement("p");
  said.className = "sr";
  said.setAttribute("role", "status");
  main.append(said);
  for (const command of main.querySelectorAll<HTMLElement>(".command")) {
    const text = command.querySelector("code")?.textContent ?? "";
    command.append(copyButton(text, said));
  }
}

function copyButton(text: string, said: HTMLElement): HTMLButtonElement {
  const button = document.createElement("button");
  button.type = "button";
  button.className = "icon";
  button.title = t("action.copyClip");
  button.setAttribute("aria-label", t("connect.copyOf", { text }));
  const show = (name: string): void => {
    render(icon(name), button);
  };
  show("copy");
  let timer = 0;
  button.addEventListener("click", async () => {
    const done = await copyText(text);
    button.focus();
    said.textContent = t(done ? "properties.copied" : "connect.notCopied");
    button.title = said.textContent;
    show(done ? "check" : "x");
    clearTimeout(timer);
    timer = window.setTimeout(() => {
      show("copy");
      button.title = t("action.copyClip");
      said.textContent = "";
    }, SAID_MS);
  });
  return button;
}
