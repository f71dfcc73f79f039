// A part of a film that is repeated: from A to B.

export interface AbLoop {
  from: number | undefined;
  to: number | undefined;
}

export const NO_LOOP: AbLoop = { from: undefined, to: undefined };

/** Sets or, at the same place again, removes the start. A start behind the end removes the end. */
export function withStart(loop: AbLoop, at: number): AbLoop {
  if (loop.from !== undefined && Math.abs(loop.from - at) < 0.3) return NO_LOOP;
  return { from: at, to: loop.to !== undefined && loop.to > at ? loop.to : undefined };
}

/** Sets or, at the same place again, removes the end. Without a start, the part begins at the film's beginning. */
export function withEnd(loop: AbLoop, at: number): AbLoop {
  if (loop.to !== undefined && Math.abs(loop.to - at) < 0.3) return NO_LOOP;
  const from = loop.from !== undefined && loop.from < at ? loop.from : 0;
  return { from, to: at };
}

/** Returns where to go on; undefined: just go on. */
export function jumpOf(loop: AbLoop, at: number): number | undefined {
  return loop.from !== undefined && loop.to !== undefined && at >= loop.to ? loop.from : undefined;
}
