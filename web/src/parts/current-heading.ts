// Marks in a table of contents the part of the text that is read.
import { plainName } from "../browse/decoded.ts";

/** Pixels below the upper edge within which a heading counts as reached. */
const REACHED = 48;

/**
 * Marks the links of the last heading that has reached the upper edge, and follows scrolling until the returned function is called.
 * `headingOf`: returns the heading of an id. `scroller`: what scrolls; undefined: the page.
 */
export function markCurrent(
  links: readonly HTMLAnchorElement[],
  headingOf: (id: string) => Element | null | undefined,
  scroller?: HTMLElement,
): () => void {
  let frame = 0;
  const mark = (): void => {
    frame = 0;
    const id = currentOf(idsOf(links), headingOf, scroller);
    for (const link of links) {
      if (id !== undefined && idOf(link) === id) link.setAttribute("aria-current", "location");
      else link.removeAttribute("aria-current");
    }
  };
  const later = (): void => {
    frame ||= requestAnimationFrame(mark);
  };
  const target = scroller ?? window;
  target.addEventListener("scroll", later, { passive: true });
  window.addEventListener("resize", later);
  later();
  return () => {
    cancelAnimationFrame(frame);
    target.removeEventListener("scroll", later);
    window.removeEventListener("resize", later);
  };
}

/** Returns the id of the heading that a link leads to. */
export const idOf = (link: HTMLAnchorElement): string => plainName(link.hash.slice(1));

const idsOf = (links: readonly HTMLAnchorElement[]): string[] => [...new Set(links.map(idOf))];

function currentOf(
  ids: readonly string[],
  headingOf: (id: string) => Element | null | undefined,
  scroller: HTMLElement | undefined,
): string | undefined {
  const box = scroller ?? document.documentElement;
  const isAtEnd = box.scrollTop > 0 && box.scrollTop + box.clientHeight >= box.scrollHeight - 2;
  const covered = scroller ? scroller.getBoundingClientRect().top : pixelsOf(getComputedStyle(box).scrollPaddingTop);
  // At the end of the text no more headings can reach the edge: the last one is read.
  const edge = isAtEnd ? box.clientHeight : covered + REACHED;
  const reached = ids.filter((id) => {
    const top = headingOf(id)?.getBoundingClientRect().top;
    return top !== undefined && top <= edge;
  });
  return reached.at(-1);
}

const pixelsOf = (length: string): number => Number.parseFloat(length) || 0;
