// Of several tabs one holds the lease; it passes on when the holder ends, also without a word.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { TabLease } from "../src/uploads/tab-lease.ts";

const leases: TabLease[] = [];
afterEach(() => {
  for (const lease of leases.splice(0)) lease.release();
});

function tabs(count: number) {
  const kept = new Map<string, string>();
  const store = {
    getItem: (key: string) => kept.get(key) ?? null,
    setItem: (key: string, value: string) => void kept.set(key, value),
    removeItem: (key: string) => void kept.delete(key),
  };
  const clock = { now: 1_000_000 };
  const made = Array.from({ length: count }, () => {
    const tab = { mine: false, lease: undefined as unknown as TabLease };
    tab.lease = new TabLease(
      store,
      (mine) => {
        tab.mine = mine;
      },
      () => clock.now,
    );
    leases.push(tab.lease);
    return tab;
  });
  return { made, clock, kept };
}

test("the first one holds it, the next one follows after a release", () => {
  const [one, two] = tabs(2).made as [{ mine: boolean; lease: TabLease }, { mine: boolean; lease: TabLease }];
  one.lease.want();
  two.lease.want();
  assert.deepEqual([one.mine, two.mine], [true, false]);
  one.lease.release();
  two.lease.step();
  assert.equal(two.mine, true);
});

test("a holder that renews keeps it, one that is gone loses it after a question", () => {
  const { made, clock, kept } = tabs(2);
  const [one, two] = made as [(typeof made)[0], (typeof made)[0]];
  one?.lease.want();
  two?.lease.want();
  for (let i = 0; i < 10; i++) {
    clock.now += 6000;
    one?.lease.step();
    two?.lease.step();
  }
  assert.deepEqual([one?.mine, two?.mine, kept.has("potluck.uploading.ask")], [true, false, false]);
  // The holder is gone: no more steps of it.
  clock.now += 13_000;
  two?.lease.step();
  assert.deepEqual([two?.mine, kept.has("potluck.uploading.ask")], [false, true]);
  clock.now += 3000;
  two?.lease.step();
  assert.equal(two?.mine, true);
  // It was only asleep: it notices that it lost the lease.
  one?.lease.step();
  assert.equal(one?.mine, false);
});

test("without storage every tab sends", () => {
  let mine = false;
  const lease = new TabLease(undefined, (now) => {
    mine = now;
  });
  leases.push(lease);
  lease.want();
  assert.equal(mine, true);
});
