// The options of uploads, in words. They are kept in this browser.
import { html, nothing, type TemplateResult } from "lit";
import { LOCALE } from "../../kit/locale.ts";
import { type Key, t } from "../../kit/words.ts";
import { showOpened } from "../parts/opened.ts";
import type { WhenTaken } from "../up2k/handshake.ts";
import { poolSize } from "../up2k/hasher.ts";
import { askForNotices, notices } from "./end-signal.ts";
import { limitsText } from "./limits.ts";
import {
  CORES,
  choices,
  clampParallel,
  clampThreads,
  lifetimesBelow,
  ORDERS,
  type Order,
  type Switch,
} from "./options.ts";
import type { UploadSession } from "./session.ts";
import type { Target } from "./target.ts";

const SWITCHES: readonly Switch[] = ["confirm", "random", "hashAhead", "oneTab", "quick"];
/** What is rarely chosen. */
const MORE: readonly Switch[] = ["tell", "sound", "keepDates", "light"];

/** `changed` is called after every choice. */
export function optionsPanel(session: UploadSession, target: Target, changed: () => void): TemplateResult {
  const now = session.preferencesFor(target);
  const choose = (chosen: Parameters<UploadSession["choose"]>[0]): void => {
    session.choose(chosen, target);
    changed();
  };
  const value = (event: Event): string => (event.target as HTMLSelectElement).value;
  const setParallel = (event: Event): void => {
    const parallel = clampParallel((event.target as HTMLInputElement).valueAsNumber) ?? now.parallel;
    (event.target as HTMLInputElement).value = String(parallel);
    choose({ parallel });
  };
  const option = (one: Order | WhenTaken, chosen: string): TemplateResult =>
    html`<option value=${one} ?selected=${one === chosen}>${t(`options.${one}`)}</option>`;
  const setThreads = (event: Event): void => {
    const threads = clampThreads((event.target as HTMLInputElement).valueAsNumber, CORES);
    (event.target as HTMLInputElement).value = threads === 0 ? "" : String(threads);
    choose({ threads });
  };
  const turn = async (name: Switch, on: boolean): Promise<void> => {
    choose({ [name]: on });
    if (name !== "tell" || !on) return;
    await askForNotices();
    changed();
  };
  const why = (name: Switch): Key =>
    name === "tell" && isWithoutNotices() ? "options.tell.none" : `options.${name}.why`;
  const toggle = (name: Switch): TemplateResult =>
    html`<label class="switch">
      <input
        type="checkbox"
        id="up-${name}"
        .checked=${now[name]}
        @change=${(event: Event) => void turn(name, (event.target as HTMLInputElement).checked)}
      />
      <span>${t(`options.${name}`)}<small>${t(why(name))}</small></span>
    </label>`;
  const isOffered = (name: Switch): boolean => name !== "quick" || target.perms.includes("read");
  const limits = limitsText(target.rules);
  return html`<div class="options" role="group" aria-label=${t("options.title")}>
    <label for="up-taken">${t("options.taken")}</label>
    <select id="up-taken" @change=${(event: Event) => choose({ whenTaken: value(event) as WhenTaken })}>
      ${choices(target.perms).map((one) => option(one, now.whenTaken))}
    </select>
    <label for="up-order">${t("options.order")}</label>
    <select id="up-order" @change=${(event: Event) => choose({ order: value(event) as Order })}>
      ${ORDERS.map((one) => option(one, now.order))}
    </select>
    <label for="up-parallel">${t("options.parallel")}</label>
    <input id="up-parallel" type="number" min="1" max="16" .value=${String(now.parallel)} @change=${setParallel} />
    ${SWITCHES.filter(isOffered).map(toggle)}
    ${limits === "" ? nothing : html`<p class="hint">${limits}</p>`}
    ${target.rules.lifetime_secs === undefined ? nothing : html`<p class="hint">${t("options.lifetime", { n: Math.max(1, Math.round(target.rules.lifetime_secs / 3600)) })}</p>`}
    ${lifetimes(target.rules.lifetime_secs, now.lifetime, (lifetime) => choose({ lifetime }))}
    <details @toggle=${showOpened}>
      <summary>${t("row.more")}</summary>
      ${MORE.map(toggle)}
      <div class="amount">
        <label for="up-threads">${t("options.threads")}<small id="up-threads-why">${t("options.threads.why")}</small></label>
        <input
          id="up-threads"
          type="number"
          min="1"
          max=${CORES}
          placeholder=${poolSize(CORES)}
          aria-describedby="up-threads-why"
          .value=${now.threads === 0 ? "" : String(now.threads)}
          @change=${setThreads}
        />
      </div>
    </details>
  </div>`;
}

/** Where files are deleted after a time: a shorter one for those that are uploaded. `folder`: seconds after which the folder deletes files. */
function lifetimes(folder: number | undefined, chosen: number, choose: (seconds: number) => void): unknown {
  const shorter = lifetimesBelow(folder);
  if (shorter.length === 0) return nothing;
  const change = (event: Event): void => choose(Number((event.target as HTMLSelectElement).value));
  return html`<label for="up-life">${t("options.life")}</label>
    <select id="up-life" @change=${change}>
      <option value="0" ?selected=${chosen === 0}>${t("options.life.all")}</option>
      ${shorter.map((seconds) => html`<option value=${seconds} ?selected=${seconds === chosen}>${span(seconds)}</option>`)}
    </select>`;
}

/** "10 minutes", "6 hours", "1 day" */
function span(seconds: number): string {
  const [unit, length] = seconds < 3600 ? ["minute", 60] : seconds < 86_400 ? ["hour", 3600] : ["day", 86_400];
  const format = new Intl.NumberFormat(LOCALE, { style: "unit", unit: String(unit), unitDisplay: "long" });
  return format.format(seconds / Number(length));
}

const isWithoutNotices = (): boolean => ["none", "denied"].includes(notices());
