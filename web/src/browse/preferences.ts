// Choices of the visitor that this browser keeps (local storage), each a signal.
import { effect, type Signal, signal } from "@preact/signals-core";

/** Returns the local storage; undefined where the browser forbids it. */
export function storage(): Storage | undefined {
  try {
    return window.localStorage;
  } catch {
    return undefined;
  }
}

export function readStored<T>(key: string): T | undefined {
  try {
    const text = storage()?.getItem(key);
    return text ? (JSON.parse(text) as T) : undefined;
  } catch {
    return undefined;
  }
}

export function store(key: string, value: unknown): void {
  try {
    if (value === undefined) storage()?.removeItem(key);
    else storage()?.setItem(key, JSON.stringify(value));
  } catch {
    // Storage is full or forbidden: the choice lasts until the page is left.
  }
}

/**
 * Returns a signal that is kept under `potluck.NAME`. `isValid` refuses what an older version or another program has stored.
 */
export function preference<T>(name: string, fallback: T, isValid: (value: unknown) => boolean): Signal<T> {
  const key = `potluck.${name}`;
  const kept = readStored<T>(key);
  const chosen = signal<T>(kept !== undefined && isValid(kept) ? kept : fallback);
  let first = true;
  effect(() => {
    const { value } = chosen;
    if (!first) store(key, value);
    first = false;
  });
  return chosen;
}
