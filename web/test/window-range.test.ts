// Fewer lines are drawn while the page moves fast, and all of them once it stands.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { WindowRange } from "../src/browse/window-range.ts";

const HEIGHT = 20;
const listeners = new Map<string, () => void>();
const page = {
  scrollY: 0,
  innerHeight: 400,
  addEventListener: (name: string, listener: () => void) => void listeners.set(name, listener),
  removeEventListener: (name: string) => void listeners.delete(name),
};
const box = { getBoundingClientRect: () => ({ top: -page.scrollY }) } as Element;
const before = { ...globalThis };

beforeEach(() => {
  page.scrollY = 0;
  Object.assign(globalThis, {
    window: page,
    requestAnimationFrame: (call: () => void) => setTimeout(call, 1),
    cancelAnimationFrame: (id: ReturnType<typeof setTimeout>) => clearTimeout(id),
  });
});
afterEach(() => {
  for (const name of ["window", "requestAnimationFrame", "cancelAnimationFrame"] as const) {
    if (before[name] === undefined) delete (globalThis as Record<string, unknown>)[name];
    else Object.assign(globalThis, { [name]: before[name] });
  }
});

test("a leap draws what is seen first, in thirds, and the margin when the page stands", async () => {
  const drawn: [number, number][] = [];
  const draw = (): void => {
    const { from, to } = range.lines(box, HEIGHT, 10_000);
    drawn.push([from, to]);
  };
  const range = new WindowRange(draw);
  range.connect();
  draw();
  for (const to of [100, 100_000]) {
    page.scrollY = to;
    listeners.get("scroll")?.();
    await new Promise((go) => setTimeout(go, 20));
  }
  await new Promise((go) => setTimeout(go, 150));
  range.disconnect();
  assert.deepEqual(drawn, [
    [0, 32],
    [0, 37],
    [5000, 5007],
    [5000, 5014],
    [4998, 5022],
    [4988, 5032],
  ]);
  assert.equal(listeners.size, 0);
});

test("lines that are drawn before the page scrolls to them are not drawn in thirds", async () => {
  const drawn: number[] = [];
  const range = new WindowRange(() => drawn.push(range.lines(box, HEIGHT, 10_000).to));
  range.connect();
  range.lines(box, HEIGHT, 10_000);
  page.scrollY = 100_000;
  range.drawn();
  listeners.get("scroll")?.();
  await new Promise((go) => setTimeout(go, 20));
  range.disconnect();
  assert.deepEqual(drawn, [5032]);
});
