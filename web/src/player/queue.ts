// The songs that are played one after the other, in their order or shuffled. Values only: each change is a new queue.
import type { Song } from "./song.ts";

/** Where the songs come from. Only a folder is followed by the next one. */
export type Source = { kind: "folder"; path: string } | { kind: "rows" } | { kind: "playlist"; name: string };

export interface Queue {
  readonly source: Source;
  /** in the order of the list that they come from */
  readonly songs: readonly Song[];
  /** positions in `songs`, in the order in which they are played: each once */
  readonly order: readonly number[];
  /** position in `order` of the current song */
  readonly at: number;
}

/** Returns a number from 0 to 1, exclusive. */
export type Random = () => number;

/** Returns a queue that starts at the song at `first` in `songs`. `songs`: not empty. */
export function makeQueue(
  source: Source,
  songs: readonly Song[],
  first: number,
  shuffle: boolean,
  random: Random,
): Queue {
  return shuffle
    ? { source, songs, order: shuffled(songs.length, first, random), at: 0 }
    : { source, songs, order: inOrder(songs.length), at: first };
}

export function currentOf(queue: Queue | undefined): Song | undefined {
  const at = queue?.order[queue.at];
  return at === undefined ? undefined : queue?.songs[at];
}

/** Returns the queue one or more songs further (back: negative); undefined beyond its ends. */
export function stepped(queue: Queue, steps: number): Queue | undefined {
  const at = queue.at + steps;
  return at >= 0 && at < queue.order.length ? { ...queue, at } : undefined;
}

/** Returns the queue from its start (from its end: -1), as when a folder is played again. A shuffled one gets another order. */
export function restarted(queue: Queue, step: 1 | -1, shuffle: boolean, random: Random): Queue {
  const { source, songs } = queue;
  if (!shuffle) return { ...queue, at: step > 0 ? 0 : queue.order.length - 1 };
  return makeQueue(source, songs, Math.floor(random() * songs.length), true, random);
}

/** Returns the queue with its songs shuffled, the current one first; or in their order again. */
export function reordered(queue: Queue, shuffle: boolean, random: Random): Queue {
  return makeQueue(queue.source, queue.songs, queue.order[queue.at] ?? 0, shuffle, random);
}

/**
 * Returns the queue after its list has changed: sorted by something else, or with other songs. The current song stays; the same
 * queue is returned if it is gone, or if nothing has changed.
 */
export function updated(queue: Queue, songs: readonly Song[], shuffle: boolean, random: Random): Queue {
  const current = currentOf(queue);
  const first = songs.findIndex((song) => song.path === current?.path);
  const isSame = songs.length === queue.songs.length && songs.every((song, at) => song.path === queue.songs[at]?.path);
  if (first < 0 || isSame) return queue;
  if (!shuffle) return makeQueue(queue.source, songs, first, false, random);
  return { ...keptOrder(queue, songs, random), source: queue.source, songs };
}

/** Songs that were there keep their shuffled order; new ones follow, shuffled. */
function keptOrder(queue: Queue, songs: readonly Song[], random: Random): Pick<Queue, "order" | "at"> {
  const positions = new Map(songs.map((song, at) => [song.path, at]));
  const kept: number[] = [];
  let at = 0;
  queue.order.forEach((old, index) => {
    const path = queue.songs[old]?.path;
    const now = path === undefined ? undefined : positions.get(path);
    if (now === undefined || path === undefined) return;
    positions.delete(path);
    if (index === queue.at) at = kept.length;
    kept.push(now);
  });
  const added = [...positions.values()];
  return { order: [...kept, ...shuffled(added.length, 0, random).map((index) => added[index] ?? 0)], at };
}

const inOrder = (count: number): number[] => Array.from({ length: count }, (_, at) => at);

/** Returns the numbers below `count` in a random order (Fisher and Yates), `first` in front. */
function shuffled(count: number, first: number, random: Random): number[] {
  const order = inOrder(count);
  for (let last = count - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    [order[last], order[other]] = [order[other] ?? 0, order[last] ?? 0];
  }
  const at = order.indexOf(first);
  if (at > 0) [order[0], order[at]] = [first, order[0] ?? 0];
  return order;
}
