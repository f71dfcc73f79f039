// `<dialog ${modal(close)}>`: a modal dialog that is open while it is rendered, and then restores the focus.
import { noChange } from "lit";
import { AsyncDirective, directive } from "lit/async-directive.js";
import type { ElementPart, PartInfo } from "lit/directive.js";

class Modal extends AsyncDirective {
  private readonly dialog: HTMLDialogElement;
  private readonly before = document.activeElement;
  private close: () => void = () => {};

  constructor(part: PartInfo) {
    super(part);
    this.dialog = (part as ElementPart).element as HTMLDialogElement;
    this.dialog.addEventListener("cancel", (event) => {
      // The dialog is rendered from state: it closes when its host no longer renders it.
      event.preventDefault();
      this.close();
    });
    // The element is not in the document yet.
    queueMicrotask(() => this.isConnected && this.dialog.showModal());
  }

  override render(_close: () => void): unknown {
    return noChange;
  }

  override update(_part: ElementPart, [close]: [() => void]): unknown {
    this.close = close;
    return noChange;
  }

  protected override disconnected(): void {
    const { before } = this;
    queueMicrotask(() => before instanceof HTMLElement && before.isConnected && before.focus());
  }
}

/** `close` is called on Escape. */
export const modal = directive(Modal);
