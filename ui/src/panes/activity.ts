// The Activity pane: running transfers, history, open connections.
import { html, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";
import { size } from "../../../web/kit/format.ts";
import type { ActiveTransfer, Connection, Outcome, PastTransfer } from "../../../web/kit/types.gen.ts";
import { Refused } from "../api.ts";
import { type Batch, gathered, progressOf, running } from "../batches.ts";
import { selectField, textField } from "../fields.ts";
import { matches, type PastFilter } from "../history.ts";
import { Pane } from "../pane.ts";
import { ago, batchWords, fileName, filesWords, moment, transferWords } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";
import { problems } from "./problems.ts";
import { shownText } from "./shown-text.ts";

const FILTERS: readonly PastFilter[] = ["all", "arrived", "sent", "failed", "message"];

const ICONS: Record<Outcome["is"], string> = {
  arrived: "i-ok",
  sent: "i-sent",
  failed: "i-alert",
  message: "i-message",
};

/** Ignores `not_found`: the transfer to be paused or stopped has already ended. */
function ignoreNotFound(reason: unknown): void {
  if (!(reason instanceof Refused && reason.code === "not_found")) throw reason;
}

/** Returns the deepest common folder of `paths`. */
function folderOf(paths: readonly string[]): string {
  const [first = "", ...others] = paths.map((path) => path.split("/").slice(0, -1));
  const common = others.reduce<readonly string[]>(
    (all, one) => {
      const end = all.findIndex((name, at) => name !== one[at]);
      return end < 0 ? all : all.slice(0, end);
    },
    [...first],
  );
  return common.join("/") || "/";
}

/** Rows of the history before "Show all". */
const ROWS_AT_FIRST = 50;

export class ActivityPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["activity", "overview"];
  private filter: PastFilter = "all";
  private text = "";
  private all = false;
  private shown = "";

  protected override render(): unknown {
    const activity = this.store.get("activity");
    if (!activity) return this.pending("activity");
    return html`<div class="head"><h1>${t("pane.activity")}</h1></div>
      ${problems(this.store.get("overview"), this.frame)}
      <section aria-labelledby="now">
        <h2 class="section" id="now">${t("activity.now")}</h2>
        ${
          activity.now.length === 0
            ? html`<p class="quiet">${t("activity.idle")}</p>`
            : html`<ul class="rows">${repeat(
                running(activity),
                ({ key }) => key,
                (batch) => this.batch(batch),
              )}</ul>`
        }
      </section>
      ${shownText({
        overview: this.store.get("overview"),
        text: this.shown,
        write: (text) => {
          this.shown = text;
          this.requestUpdate();
        },
        show: (text, seconds) => void this.show(text, seconds),
      })}
      ${this.history(activity.past)} ${this.connections(activity.connections)}`;
  }

  private async show(text: string | null, seconds: number): Promise<void> {
    if (await this.tryAsk({ call: "set_banner", text, seconds })) this.shown = "";
    this.requestUpdate();
  }

  /** Renders a batch; its files are in a collapsed list. */
  private batch(batch: Batch): TemplateResult {
    const [first] = batch.now;
    if (first && batch.now.length + batch.ended.length === 1) return this.transfer(first);
    const { done, whole, isHeld } = progressOf(batch);
    const paths = [...batch.ended, ...batch.now].map(({ path }) => path);
    const name = filesWords(paths);
    const who = first?.who ?? "";
    const key = first?.is_upload ? "batch.from" : "batch.to";
    return html`<li class="row">
      <span class="i ${first?.is_upload ? "i-inbox" : "i-sent"}"></span>
      <div class="row-text">
        <h3><bdi>${name}</bdi></h3>
        <p class="quiet">${t(key, { who, path: folderOf(paths) })}</p>
        <progress
          max=${whole === null ? nothing : Math.max(1, whole)}
          .value=${whole === null ? nothing : done}
          aria-label=${t("transfer.progress", { name })}
        ></progress>
        <p class="quiet">${batchWords(batch)}</p>
      </div>
      <div class="row-actions">
        <button
          class="btn"
          type="button"
          aria-label=${t(isHeld ? "transfer.goOn.name" : "transfer.pause.name", { name })}
          @click=${() => this.holdAll(batch, !isHeld)}
        >
          ${t(isHeld ? "transfer.goOn" : "transfer.pause")}
        </button>
        <button class="btn" type="button" aria-label=${t("transfer.stop.name", { name })} @click=${() => this.stopAll(batch)}>
          ${t("transfer.stop")}
        </button>
      </div>
      <details class="each">
        <summary>${t("batch.each")}</summary>
        <ul tabindex="0" aria-label=${t("batch.each")}>
          ${batch.now.map((one) => html`<li><bdi>${fileName(one.path)}</bdi> <span class="quiet">${transferWords(one)}</span></li>`)}
          ${batch.ended.map((one) => html`<li><bdi>${fileName(one.path)}</bdi> <span class="quiet">${t("batch.done", { size: size(one.size) })}</span></li>`)}
        </ul>
      </details>
    </li>`;
  }

  private async holdAll({ now }: Batch, hold: boolean): Promise<void> {
    for (const { id, is_paused } of now) {
      // A transfer that has ended meanwhile is ignored.
      if (is_paused !== hold) await this.store.ask({ call: "pause_transfer", id, paused: hold }).catch(ignoreNotFound);
    }
  }

  private async stopAll({ now }: Batch): Promise<void> {
    for (const { id } of now) await this.store.ask({ call: "stop_transfer", id }).catch(ignoreNotFound);
  }

  private transfer(transfer: ActiveTransfer): TemplateResult {
    const name = fileName(transfer.path);
    const key = transfer.is_upload ? "transfer.from" : "transfer.to";
    return html`<li class="row">
      <span class="i ${transfer.is_upload ? "i-inbox" : "i-sent"}"></span>
      <div class="row-text">
        <h3><bdi>${name}</bdi></h3>
        <p class="quiet">${t(key, { who: transfer.who, path: transfer.path })}</p>
        ${
          transfer.size === null
            ? html`<progress aria-label=${t("transfer.progress", { name })}></progress>`
            : html`<progress max=${Math.max(1, transfer.size)} .value=${transfer.done} aria-label=${t("transfer.progress", { name })}></progress>`
        }
        <p class="quiet">${transferWords(transfer)}</p>
      </div>
      <div class="row-actions">
        <button
          class="btn"
          type="button"
          aria-label=${t(transfer.is_paused ? "transfer.goOn.name" : "transfer.pause.name", { name })}
          @click=${() => this.tryAsk({ call: "pause_transfer", id: transfer.id, paused: !transfer.is_paused })}
        >
          ${t(transfer.is_paused ? "transfer.goOn" : "transfer.pause")}
        </button>
        <button class="btn" type="button" aria-label=${t("transfer.stop.name", { name })} @click=${() => this.tryAsk({ call: "stop_transfer", id: transfer.id })}>
          ${t("transfer.stop")}
        </button>
      </div>
    </li>`;
  }

  private history(past: readonly PastTransfer[]): TemplateResult {
    const found = gathered(past.filter((one) => matches(one, this.filter, this.text)));
    const shown = this.all ? found : found.slice(0, ROWS_AT_FIRST);
    return html`<section aria-labelledby="past">
      <h2 class="section" id="past">${t("activity.past")}</h2>
      ${past.length === 0 ? html`<p class="quiet">${t("activity.past.empty")}</p>` : this.search()}
      <ul class="rows">
        ${shown.map((group) => (group.length === 1 ? group.map((one) => this.pastRow(one)) : this.pastGroup(group)))}
      </ul>
      ${past.length > 0 && found.length === 0 ? html`<p class="quiet" role="status">${t("activity.none")}</p>` : nothing}
      ${
        found.length > shown.length
          ? html`<button class="btn" type="button" @click=${this.showAll}>${t("activity.all", { n: found.length })}</button>`
          : nothing
      }
      ${
        past.length > 0
          ? html`<button class="btn quiet" type="button" @click=${() => this.tryAsk({ call: "clear_activity" })}>
              ${t("activity.clear")}
            </button>`
          : nothing
      }
    </section>`;
  }

  private readonly showAll = (): void => {
    this.all = true;
    this.requestUpdate();
  };

  private search(): TemplateResult {
    return html`<div class="terms two">
      ${textField({
        id: "past-text",
        label: t("activity.search"),
        type: "search",
        value: this.text,
        input: (text) => {
          this.text = text;
          this.requestUpdate();
        },
      })}
      ${selectField({
        id: "past-filter",
        label: t("activity.filter"),
        value: this.filter,
        options: FILTERS.map((filter) => ({ value: filter, label: t(`activity.filter.${filter}`) })),
        change: (value) => {
          this.filter = FILTERS.find((one) => one === value) ?? "all";
          this.requestUpdate();
        },
      })}
    </div>`;
  }

  /** Renders a past batch; `group` is latest first. */
  private pastGroup(group: readonly PastTransfer[]): unknown {
    const [latest] = group;
    if (!latest) return nothing;
    const { outcome, who, at_ms } = latest;
    const bytes = group.reduce((sum, one) => sum + one.size, 0);
    const key = outcome.is === "sent" ? "past.sent" : "past.arrived";
    const words = t("past.group", { n: group.length, words: t(key, { who, size: size(bytes) }) });
    return html`<li class="row past ${outcome.is}">
      <span class="i ${ICONS[outcome.is]}"></span>
      <div class="row-text">
        <h3><bdi>${filesWords(group.map(({ path }) => path))}</bdi></h3>
        <p class="quiet">${words} · <time title=${moment(at_ms)}>${ago(at_ms)}</time></p>
      </div>
      ${this.native ? this.showButton(latest.path) : nothing}
      <details class="each">
        <summary>${t("batch.each")}</summary>
        <ul tabindex="0" aria-label=${t("batch.each")}>
          ${group.map((one) => html`<li><bdi>${fileName(one.path)}</bdi> <span class="quiet">${size(one.size)} · ${ago(one.at_ms)}</span></li>`)}
        </ul>
      </details>
    </li>`;
  }

  private showButton(path: string): TemplateResult {
    return html`<div class="row-actions">
      <button class="btn quiet" type="button" aria-label=${t("past.show.name", { name: fileName(path) })} @click=${() => this.showInFolder(path)}>
        ${t("past.show")}
      </button>
    </div>`;
  }

  private pastRow(one: PastTransfer): TemplateResult {
    const { outcome, path, who } = one;
    const name = fileName(path);
    const words =
      outcome.is === "message" ? t("past.message", { who }) : t(`past.${outcome.is}`, { who, size: size(one.size) });
    return html`<li class="row past ${outcome.is}">
      <span class="i ${ICONS[outcome.is]}"></span>
      <div class="row-text">
        <h3><bdi>${outcome.is === "message" ? outcome.text : name}</bdi></h3>
        <p class="quiet">${words} · <time title=${moment(one.at_ms)}>${ago(one.at_ms)}</time></p>
        ${outcome.is === "failed" ? html`<p>${outcome.reason}</p>` : nothing}
      </div>
      ${this.native && outcome.is !== "message" && outcome.is !== "failed" ? this.showButton(path) : nothing}
    </li>`;
  }

  private async showInFolder(path: string): Promise<void> {
    const place = await this.tryAsk({ call: "host_path", path });
    if (place !== undefined) await this.callNative((native) => native.showInFolder(place));
  }

  private connections(connections: readonly Connection[]): TemplateResult {
    return html`<details class="fold">
      <summary>${t("connections", { n: connections.length })}</summary>
      <ul class="rows">
        ${connections.map((one) => {
          const whose = one.account === null || one.account === "*" ? t("connections.guest") : one.account;
          return html`<li class="row">
            <span class="i ${one.tls ? "i-lock" : "i-device"}"></span>
            <div class="row-text">
              <h3>${one.peer}</h3>
              <p class="quiet">
                ${t("connections.words", { who: whose, received: size(one.received), sent: size(one.sent) })}
                · ${t(one.tls ? "connections.tls" : "connections.plain")} · ${t("connections.since", { when: ago(one.since_ms) })}
              </p>
            </div>
            <div class="row-actions">
              <button
                class="btn"
                type="button"
                aria-label=${t("connections.end.peer", { peer: one.peer })}
                @click=${() => this.kick(one.id)}
              >
                ${t("connections.end")}
              </button>
            </div>
          </li>`;
        })}
      </ul>
    </details>`;
  }

  private async kick(id: number): Promise<void> {
    await this.tryAsk({ call: "kick", whom: { whom: "connection", id } });
    await this.store.refresh("activity");
  }
}

customElements.define("pl-activity", ActivityPane);
