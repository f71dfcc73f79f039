// What the window and the device are like, as the style sheets ask for it, too.

/** Whether the window is as narrow as a phone. */
export const isNarrow = (): boolean => matchMedia("(max-width: 640px)").matches;
