// The checksum of a file: read by the server when it is asked for.
import { signal } from "@preact/signals-core";
import { html, nothing } from "lit";
import { percent } from "../../kit/format.ts";
import { t } from "../../kit/words.ts";
import type { Api } from "../api/client.ts";
import type { EntryInfo } from "../api/types.gen.ts";
import { copyText } from "../browse/clipboard-text.ts";
import { Part } from "../parts/part.ts";
import { errorText, textOf } from "./changes.ts";

type State =
  | { kind: "none" }
  | { kind: "reading"; done: number; total: number }
  | { kind: "known"; sha512: string; copied?: boolean }
  | { kind: "failed"; text: string };

export class ChecksumPart extends Part {
  api!: Api;
  file!: EntryInfo;
  private readonly state = signal<State>({ kind: "none" });
  private abort: AbortController | undefined;

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.abort?.abort();
  }

  protected override render(): unknown {
    const state = this.state.value;
    if (state.kind === "known") {
      return html`<code class="hash">${state.sha512}</code>
        <button class="tool" type="button" @click=${() => void this.copy(state.sha512)}>
          ${t(state.copied ? "properties.copied" : "properties.copyChecksum")}
        </button>`;
    }
    if (state.kind === "reading") {
      return html`<progress max=${state.total || 1} .value=${state.done} aria-label=${t("properties.reading")}></progress> ${percent(state.done, state.total)}
        <button class="tool" type="button" @click=${() => this.abort?.abort()}>${t("ops.stop")}</button>`;
    }
    return html`<button class="tool" type="button" @click=${() => void this.read()}>${t("properties.compute")}</button>${
      state.kind === "failed" ? html`<span class="answer bad" role="alert">${state.text}</span>` : nothing
    }`;
  }

  private async copy(sha512: string): Promise<void> {
    if (await copyText(sha512)) this.state.value = { kind: "known", sha512, copied: true };
  }

  private async read(): Promise<void> {
    this.abort = new AbortController();
    const { path, key, size } = this.file;
    this.state.value = { kind: "reading", done: 0, total: size };
    try {
      const body = key === undefined ? { path } : { path, k: key };
      for await (const line of this.api.checksum(body, this.abort.signal)) {
        if (line.kind === "progress")
          this.state.value = { kind: "reading", done: line.bytes_done, total: line.bytes_total };
        else if (line.kind === "end") this.state.value = { kind: "known", sha512: line.sha512 };
        else this.state.value = { kind: "failed", text: errorText(line.error) };
      }
    } catch (error) {
      const stopped = this.abort.signal.aborted;
      this.state.value = stopped ? { kind: "none" } : { kind: "failed", text: textOf(error) || t("ops.lost") };
    }
  }
}

customElements.define("pl-checksum", ChecksumPart);
