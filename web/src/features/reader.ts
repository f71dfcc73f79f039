// The page of a Markdown file: hides what is around the text, on every such page until it is shown again (early.ts hides it before the page
// is drawn), and marks in the table of contents what is read.
import { t } from "../../kit/words.ts";
import { store } from "../browse/preferences.ts";

export function enhanceReader(reader: Element): void {
  const root = document.documentElement;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "tool bare-switch";
  const show = (): void => {
    button.textContent = t(root.classList.contains("bare") ? "reader.show" : "reader.hide");
  };
  button.addEventListener("click", () => {
    const isBare = root.classList.toggle("bare");
    store("potluck.reader.bare", isBare || undefined);
    show();
  });
  show();
  const links = [...reader.querySelectorAll<HTMLAnchorElement>(".toc a")];
  if (links.length > 0)
    void import("../parts/current-heading.ts").then(({ markCurrent }) =>
      markCurrent(links, (id) => document.getElementById(id)),
    );
  reader.querySelector(".bar .summary")?.append(" ", button);
}
