// Asks whether to share on the current network, with a warning about unencrypted connections.

import type { LitElement } from "lit";
import { html, nothing } from "lit";
import { sentenceOf } from "../errors.ts";
import type { Store } from "../store.ts";
import { t } from "../words.ts";

const errors = new WeakMap<LitElement, string>();

/** Renders the question, if it is open. `host` is redrawn when the answer was refused. */
export function network(host: LitElement, store: Store): unknown {
  const now = store.get("lan")?.network;
  const waits = store.get("overview")?.sharing.is === "waiting";
  // Only where the settings ask about networks, sharing waits for an answer.
  if (!now || !waits || now.trust === "trusted") return nothing;
  const answer = (trusted: boolean) => async () => {
    try {
      await store.ask({ call: "trust_network", id: now.id, trusted });
      await store.refresh("overview");
      errors.delete(host);
    } catch (reason) {
      errors.set(host, sentenceOf(reason));
      host.requestUpdate();
    }
  };
  const plain = store.get("overview")?.addresses.some(({ url, reach }) => reach === "lan" && url.startsWith("http:"));
  return html`<section class="card ask" aria-label=${t("network.label")}>
    <h2>${t(now.trust === "unknown" ? "network.new" : "network.refused", { name: now.name })}</h2>
    <p>${t("network.text")}</p>
    ${plain ? html`<p class="note warn"><span class="i i-alert"></span>${t("network.plain")}</p>` : nothing}
    ${errors.has(host) ? html`<p class="fault" role="alert">${errors.get(host)}</p>` : nothing}
    <p class="actions">
      <button class="btn primary" type="button" @click=${answer(true)}>${t("network.yes")}</button>
      ${
        now.trust === "unknown"
          ? html`<button class="btn" type="button" @click=${answer(false)}>${t("network.no")}</button>`
          : nothing
      }
    </p>
  </section>`;
}
