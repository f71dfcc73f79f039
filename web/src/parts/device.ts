// What the window and the device are like, as the style sheets ask for it, too.

/** Whether the window is as narrow as a phone. */
export const isNarrow = (): boolean => matchMedia("(max-width: 640px)").matches;

const MIRRORED: Record<string, string> = { ArrowLeft: "ArrowRight", ArrowRight: "ArrowLeft" };

/** Returns the pressed key as on a page that is written from left to right: the arrow that leads on is "ArrowRight" there. */
export function forwardKey(event: KeyboardEvent): string {
  const isMirrored = document.documentElement.dir === "rtl";
  return (isMirrored && MIRRORED[event.key]) || event.key;
}
