// Where a menu is placed: beside its anchor, within the window.
import { autoUpdate, computePosition, flip, offset, type ReferenceElement, shift, size } from "@floating-ui/dom";

/** Keeps a menu at its anchor until the returned function is called. */
export function keepPlaced(menu: HTMLElement, reference: ReferenceElement): () => void {
  const update = (): void => {
    void computePosition(reference, menu, {
      strategy: "fixed",
      placement: "bottom-start",
      middleware: [
        offset(4),
        flip(),
        shift({ padding: 8 }),
        size({
          padding: 8,
          apply: ({ availableHeight }) => {
            menu.style.maxHeight = `${Math.max(120, availableHeight)}px`;
          },
        }),
      ],
    }).then(({ x, y }) => {
      menu.style.left = `${x}px`;
      menu.style.top = `${y}px`;
    });
  };
  return autoUpdate(reference, menu, update);
}
