// Computes which rows of a long list have to be drawn: the visible ones and a margin. All rows have the same height.

export interface VisibleRows {
  /** rows `from..to`, `to` exclusive */
  from: number;
  to: number;
}

/** `top` and `height`: what the scroll box shows, in pixels; `row`: height of a row; `count`: rows in all. */
export function visibleRows(top: number, height: number, row: number, count: number, margin = 6): VisibleRows {
  const from = Math.max(0, Math.floor(top / row) - margin);
  const to = Math.min(count, Math.ceil((top + height) / row) + margin);
  return { from: Math.min(from, to), to };
}
