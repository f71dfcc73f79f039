// The index of a share in its editor: what is done now, what it holds, what is not in it, and verification.
import { html, nothing, type TemplateResult } from "lit";
import { size } from "../../../web/kit/format.ts";
import type { Finding, ShareIndex, ShareVerification, SkippedName } from "../../../web/kit/types.gen.ts";
import { loading } from "../fields.ts";
import { Pane } from "../pane.ts";
import { indexWords, moment, skipWords, verificationWords } from "../sentences.ts";
import type { Topic } from "../store.ts";
import { t } from "../words.ts";

export class ShareIndexPane extends Pane {
  protected override readonly topics: readonly Topic[] = ["indexes"];
  /** Mount point of the share. */
  mount!: string;
  /** The lists, once they were asked for. */
  private skipped: SkippedName[] | undefined;
  private findings: Finding[] | undefined;

  protected override render(): unknown {
    const index = this.store.get("indexes")?.find(({ mount }) => mount === this.mount);
    if (!index || index.state.is === "off") return nothing;
    return html`<p class="index-state" role="status">${indexWords(index)}</p>
      ${this.progress(index)}
      <p class="quiet">${this.holds(index)}</p>
      <div class="bar">
        ${this.button(t("index.rescan"), () => this.tryAsk({ call: "rescan", mount: this.mount }))}
        ${
          index.state.is === "paused"
            ? this.button(t("index.resume"), () => this.pause(false))
            : this.button(t("index.pause"), () => this.pause(true))
        }
        ${
          index.verification?.is_running
            ? this.button(t("index.cancelVerify"), () =>
                this.tryAsk({ call: "cancel_verification", mount: this.mount }),
              )
            : this.button(t("index.verify"), () => this.tryAsk({ call: "verify_contents", mount: this.mount }))
        }
      </div>
      ${this.verification(index.verification)} ${this.missing(index)}`;
  }

  private button(label: string, press: () => unknown): TemplateResult {
    return html`<button class="btn" type="button" @click=${press}>${label}</button>`;
  }

  private pause(paused: boolean): Promise<unknown> {
    return this.tryAsk({ call: "pause_index", mount: this.mount, paused });
  }

  private progress({ state, scanned, scanned_total, hashed, hashed_total }: ShareIndex): unknown {
    const [done, whole] = state.is === "scanning" ? [scanned, scanned_total ?? 0] : [hashed, hashed_total];
    if ((state.is !== "scanning" && state.is !== "hashing") || whole === 0) return nothing;
    return html`<progress aria-label=${t("index.title")} max=${whole} .value=${Math.min(done, whole)}></progress>`;
  }

  private holds(index: ShareIndex): string {
    const parts = [t("index.folders", { n: index.folders }), t("index.database", { size: size(index.database_bytes) })];
    if (index.to_hash > 0) parts.push(t("index.toHash", { n: index.to_hash }));
    return parts.join(" · ");
  }

  private verification(last: ShareVerification | null): unknown {
    if (!last) return nothing;
    const found = last.differing + last.unreadable;
    return html`<p class=${last.differing > 0 ? "missing" : "quiet"}>
        ${last.differing > 0 ? html`<span class="i i-alert"></span>` : nothing}${verificationWords(last)}
      </p>
      ${
        last.is_running && last.bytes_total > 0
          ? html`<progress aria-label=${t("index.verify")} max=${last.bytes_total} .value=${last.bytes}></progress>`
          : nothing
      }
      ${found > 0 ? this.list(t("index.findings"), this.findings, this.openFindings, this.finding) : nothing}`;
  }

  private missing({ skipped }: ShareIndex): unknown {
    if (skipped.length === 0) return nothing;
    const words = skipped.map(({ reason, count }) => skipWords(reason, count)).join(" · ");
    return html`<p class="quiet">${t("index.skipped", { words })}</p>
      ${this.list(t("index.skippedNames"), this.skipped, this.openSkipped, this.name)}`;
  }

  private list<T>(
    title: string,
    all: readonly T[] | undefined,
    open: (event: Event) => void,
    row: (one: T) => TemplateResult,
  ): TemplateResult {
    return html`<details class="names" @toggle=${open}>
      <summary>${title}</summary>
      ${
        all === undefined
          ? loading()
          : html`<ul>
              ${all.map(row)}
            </ul>`
      }
    </details>`;
  }

  private readonly name = ({ path, reason, error }: SkippedName): TemplateResult =>
    html`<li><bdi class="mono">${path}</bdi><span class="quiet">${t(`skip.${reason}`, { n: 1 })}${error ? `: ${error}` : ""}</span></li>`;

  private readonly finding = ({ path, kind, size: bytes, found_ms }: Finding): TemplateResult =>
    html`<li>
      <bdi class="mono">${path}</bdi
      ><span class="quiet">${[t(`finding.${kind}`), size(bytes), moment(found_ms)].join(" · ")}</span>
    </li>`;

  private readonly openSkipped = async (event: Event): Promise<void> => {
    if (!(event.target as HTMLDetailsElement).open) return;
    this.skipped = await this.tryAsk({ call: "skipped_names", mount: this.mount });
    this.requestUpdate();
  };

  private readonly openFindings = async (event: Event): Promise<void> => {
    if (!(event.target as HTMLDetailsElement).open) return;
    this.findings = await this.tryAsk({ call: "findings", mount: this.mount });
    this.requestUpdate();
  };
}

customElements.define("pl-share-index", ShareIndexPane);
