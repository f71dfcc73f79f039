// Takes over what changes on the control page, which the server has drawn whole: transfers, indexes, uploads, share links.
import { signal } from "@preact/signals-core";
import { t } from "../../kit/words.ts";
import { NoticeLine, Notices } from "../parts/notices.ts";
import { startConnect } from "./connect.ts";
import { ControlApi } from "./control-api.ts";
import { Figures } from "./figures.ts";
import { IndexPart } from "./index-part.ts";
import { LinksPart } from "./links-part.ts";
import { Poller } from "./poller.ts";
import { RecentPart } from "./recent-part.ts";
import { TransfersPart } from "./transfers-part.ts";

/** Upgrades the main part of a page, marked `data-enhance="control"` or `data-enhance="connect"`. */
export function start(main: HTMLElement): void {
  if (main.dataset.enhance === "connect") startConnect(main);
  else startControl(main);
}

function startControl(main: HTMLElement): void {
  const api = new ControlApi(document.documentElement.dataset.base ?? "");
  const notices = new Notices();
  const line = new NoticeLine();
  line.notices = notices;
  document.body.append(line);
  const figures = new Figures(api);
  figures.hasFolders = main.querySelector("li[data-path]") !== null;

  const transfers = new TransfersPart();
  transfers.figures = figures;
  live(main, "#transfers", transfers);

  const recent = new RecentPart();
  recent.figures = figures;
  recent.notices = notices;
  live(main, "#recent", recent);

  if (main.querySelector("#links")) {
    const links = new LinksPart();
    links.api = api;
    links.notices = notices;
    live(main, "#links", links);
  }

  for (const drawn of main.querySelectorAll<HTMLElement>("li[data-path] .index")) {
    const index = new IndexPart();
    index.className = "index";
    index.figures = figures;
    index.notices = notices;
    index.path = drawn.closest<HTMLElement>("li")?.dataset.path ?? "/";
    index.name = drawn.closest("li")?.querySelector(".name")?.textContent ?? "";
    figures.hasIndexes = true;
    drawn.replaceWith(index);
  }

  const stale = document.createElement("p");
  stale.className = "note stale";
  stale.setAttribute("role", "status");
  main.querySelector(".title")?.after(stale);
  const isStale = signal(false);
  const poller = new Poller(
    () => figures.round(),
    (failed) => {
      if (failed === isStale.peek()) return;
      isStale.value = failed;
      stale.textContent = failed ? t("control.stale", { time: new Date().toLocaleTimeString() }) : "";
    },
  );
  figures.again = () => poller.start();
  poller.follow(document);
}

/** Puts a part in place of what the server has drawn, once it has something to show. */
function live(main: HTMLElement, section: string, part: HTMLElement): void {
  main.querySelector(`${section} > .live`)?.replaceChildren(part);
}
