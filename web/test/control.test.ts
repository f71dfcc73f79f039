// The figures of the control page: asked for while it is visible, rarer when the server is away.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Poller } from "../src/control/poller.ts";
import { folderOf, folderPathOf } from "../src/control/texts.ts";

/** Timers that a test lets elapse. */
function timers() {
  const waiting = new Map<number, { work: () => void; ms: number }>();
  let count = 0;
  const settled = (): Promise<void> => new Promise((go) => setImmediate(go));
  return {
    timing: {
      retryMs: 2000,
      setTimer: (work: () => void, ms: number) => {
        waiting.set(++count, { work, ms });
        return count;
      },
      clearTimer: (timer: number) => void waiting.delete(timer),
    },
    next: () => [...waiting.values()].map(({ ms }) => ms),
    elapse: async () => {
      const all = [...waiting.values()];
      waiting.clear();
      for (const { work } of all) work();
      await settled();
    },
    settled,
  };
}

test("rounds follow each other, and are rarer while the server is away", async () => {
  const clock = timers();
  let rounds = 0;
  let isAway = false;
  const told: boolean[] = [];
  const round = async (): Promise<number> => {
    rounds++;
    if (isAway) throw new Error("away");
    return 2000;
  };
  const poller = new Poller(round, (failed) => told.push(failed), clock.timing);
  poller.start();
  await clock.settled();
  assert.deepEqual([rounds, clock.next()], [1, [2000]]);
  isAway = true;
  const waits: number[] = [];
  for (let i = 0; i < 6; i++) {
    await clock.elapse();
    waits.push(...clock.next());
  }
  assert.deepEqual(waits, [2000, 4000, 8000, 16_000, 30_000, 30_000]);
  isAway = false;
  await clock.elapse();
  assert.deepEqual(clock.next(), [2000]);
  assert.deepEqual(told, [false, true, true, true, true, true, true, false]);
});

test("nothing is asked while the page is hidden, and at once when it is shown again", async () => {
  const clock = timers();
  let rounds = 0;
  const poller = new Poller(async () => ++rounds * 1000, undefined, clock.timing);
  const page = Object.assign(new EventTarget(), { visibilityState: "visible" });
  poller.follow(page as unknown as Document);
  await clock.settled();
  assert.equal(rounds, 1);
  page.visibilityState = "hidden";
  page.dispatchEvent(new Event("visibilitychange"));
  assert.deepEqual(clock.next(), []);
  await clock.elapse();
  assert.equal(rounds, 1);
  page.visibilityState = "visible";
  page.dispatchEvent(new Event("visibilitychange"));
  // While a round runs, no other one starts.
  poller.start();
  await clock.settled();
  assert.deepEqual([rounds, clock.next()], [2, [2000]]);
});

test("folders of paths", () => {
  assert.equal(folderOf("/a%20b/c/x.txt"), "a b/c");
  assert.equal(folderOf("/x.txt"), "Home");
  assert.equal(folderPathOf("/a%20b/x.txt"), "/a%20b/");
  assert.equal(folderPathOf("/x.txt"), "/");
});
