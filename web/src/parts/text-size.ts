// Heights of lines that the script computes follow the size of texts that the visitor has chosen in the browser.

/** Size of texts in pixels for which lengths in pixels are meant. */
const USUAL = 16;

/** Returns a length in pixels, meant for texts of the usual size, for the chosen size. */
export function scaled(pixels: number): number {
  return (pixels * (Number.parseFloat(getComputedStyle(document.documentElement).fontSize) || USUAL)) / USUAL;
}

/** Returns a length of the style in pixels. `property`: a custom property in rem. `otherwise`: while the style is not there. */
export function lengthOf(element: Element, property: string, otherwise: number): number {
  const rem = Number.parseFloat(getComputedStyle(element).getPropertyValue(property));
  return scaled(rem * USUAL || otherwise);
}
