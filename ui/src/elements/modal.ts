// `<dialog ${modal(close)}>`: a dialog that is open as long as it is in the page, and gives the focus back.
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
      // Drawn from state: it goes when whoever drew it leaves it out.
      event.preventDefault();
      this.close();
    });
    // Not in the page yet.
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

/** `close` is called when the person leaves it with Escape. */
export const modal = directive(Modal);
