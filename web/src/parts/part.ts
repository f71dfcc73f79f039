// Base of the page's elements: Lit in the light DOM, drawn again when a signal that the last drawing has read changes.
import { effect } from "@preact/signals-core";
import { LitElement } from "lit";

export abstract class Part extends LitElement {
  private stop: (() => void) | undefined;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override performUpdate(): void {
    if (!this.isUpdatePending) return;
    this.stop?.();
    let drawing = true;
    this.stop = effect(() => {
      if (!drawing) {
        this.requestUpdate();
        return;
      }
      drawing = false;
      super.performUpdate();
    });
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.requestUpdate();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.stop?.();
    this.stop = undefined;
  }
}
