// The request limiter admits the earliest file first and never exceeds its width; after a lost connection all requests
// wait together.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Connectivity } from "../src/up2k/connectivity.ts";
import { Meter } from "../src/up2k/meter.ts";
import { RequestLimiter } from "../src/up2k/request-limiter.ts";

const never = new AbortController().signal;
const pause = (ms: number): Promise<void> => new Promise((go) => setTimeout(go, ms));

test("the earliest goes first, never more than the width", async () => {
  const limiter = new RequestLimiter(2);
  const order: number[] = [];
  let running = 0;
  const work = (n: number): Promise<void> =>
    limiter.run(n, never, async () => {
      assert.ok(++running <= 2);
      order.push(n);
      await pause(1);
      running--;
    });
  await Promise.all([9, 8, 5, 7, 1].map(work));
  assert.deepEqual(order, [9, 8, 1, 5, 7]);
});

test("an aborted request leaves the queue; a failed one frees its slot", async () => {
  const limiter = new RequestLimiter(1);
  const stop = new AbortController();
  const first = limiter.run(1, never, () => pause(5).then(() => Promise.reject(new Error("no"))));
  const second = limiter.run(2, stop.signal, () => Promise.resolve("second"));
  const third = limiter.run(3, never, () => Promise.resolve("third"));
  const refused = Promise.all([assert.rejects(first, /no/), assert.rejects(second, /stopped/)]);
  stop.abort(new Error("stopped"));
  await refused;
  assert.equal(await third, "third");
});

test("concurrent failures count once; pauses grow, a success ends them", () => {
  const connectivity = new Connectivity(1000, 4000);
  connectivity.reportLost(10_000);
  connectivity.reportLost(10_001);
  assert.equal(connectivity.msUntilRetry(10_000), 1000);
  connectivity.reportLost(11_000);
  assert.equal(connectivity.msUntilRetry(11_000), 2000);
  connectivity.reportLost(13_000);
  connectivity.reportLost(17_000);
  assert.equal(connectivity.msUntilRetry(17_000), 4000);
  connectivity.reportSuccess();
  assert.equal(connectivity.msUntilRetry(17_000), 0);
  assert.equal(connectivity.isLost, false);
});

test("the speed is measured over the last seconds", () => {
  const meter = new Meter();
  assert.equal(meter.rate(0), 0);
  for (let at = 0; at <= 4000; at += 100) meter.add(100, at);
  assert.ok(Math.abs(meter.rate(4000) - 1000) < 60);
  assert.equal(meter.rate(60_000), 0);
});
