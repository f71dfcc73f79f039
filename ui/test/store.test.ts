// The store follows the server's state: notices are coalesced, late answers ignored, lost connections reported and restored.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { Call, Notice } from "../../web/kit/types.gen.ts";
import { FakeServer } from "../src/api.fake.ts";
import { type AdminApi, type Answer, ConnectionLost, Refused } from "../src/api.ts";
import { DebouncedQuery } from "../src/debounced.ts";
import { type Change, Store } from "../src/store.ts";

const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function opened(): { server: FakeServer; store: Store; asked: (call: Call["call"]) => number } {
  const server = new FakeServer("");
  server.delay = 0;
  const api: AdminApi = {
    call: <C extends Call>(call: C): Promise<Answer<C>> => server.call(call),
    notices: (listener) => server.listen(listener),
    native: null,
  };
  const asked = (call: Call["call"]): number => server.calls.filter((one) => one.call === call).length;
  return { server, store: new Store(api), asked };
}

test("many notices cause one call, and only for watched topics", async () => {
  const { server, store, asked } = opened();
  const end = store.watch("activity");
  await pause(20);
  assert.equal(asked("activity"), 1);
  for (let done = 0; done < 50; done++) server.emit({ kind: "progress", id: 7, done });
  server.emit({ kind: "settings_changed" });
  await pause(400);
  assert.equal(asked("activity"), 2);
  assert.equal(asked("settings"), 0);
  end();
  server.emit({ kind: "progress", id: 7, done: 51 });
  await pause(400);
  assert.equal(asked("activity"), 2, "no longer watched");
  store.close();
});

test("the answer to a change updates its topic", async () => {
  const { store, asked } = opened();
  store.watch("shares");
  await pause(20);
  await store.ask({ call: "switch_share", mount: "/photos", on: false });
  assert.equal(store.get("shares")?.find(({ mount }) => mount === "/photos")?.on, false);
  assert.equal(asked("shares"), 1, "without another call");
  store.close();
});

test("a late answer does not replace a newer one", async () => {
  const { server, store } = opened();
  server.delay = 60;
  const slow = store.ask({ call: "overview" });
  server.delay = 0;
  await store.ask({ call: "set_sharing", sharing: { is: "off" } });
  server.overview = { ...server.overview, sharing: { is: "on" } };
  await slow;
  assert.equal(store.get("overview")?.sharing.is, "off");
  store.close();
});

test("a lost connection is reported once, restored automatically, and missed topics are reloaded", async () => {
  const { server, store, asked } = opened();
  const said: boolean[] = [];
  store.subscribe((change: Change) => "lost" in change && said.push(change.lost));
  store.watch("overview");
  store.watch("links");
  await pause(20);
  server.isAway = true;
  await assert.rejects(store.ask({ call: "people" }), ConnectionLost);
  const missed: Notice = { kind: "missed", count: 3 };
  server.emit(missed);
  await pause(400);
  assert.ok(store.lost);
  server.isAway = false;
  await pause(2300);
  assert.ok(!store.lost);
  assert.deepEqual(said, [true, false]);
  assert.equal(asked("links"), 2);
  store.close();
});

test("a refusal is no lost connection, and carries its errors", async () => {
  const { store } = opened();
  const reason = await store.ask({ call: "change_settings", values: { "max-connections": "many" } }).catch((e) => e);
  assert.ok(reason instanceof Refused);
  assert.equal(reason.faults[0]?.at, "max-connections");
  assert.ok(!store.lost);
  store.close();
});

test("while the user types only the last query is sent, and only its answer is used", async () => {
  const asked: string[] = [];
  const answers: string[] = [];
  const slow = new DebouncedQuery<string, string>(
    async (question) => {
      asked.push(question);
      await pause(question === "first" ? 300 : 10);
      return question.toUpperCase();
    },
    (answer) => answers.push(answer),
    () => assert.fail("nothing fails here"),
  );
  slow.schedule("f");
  slow.schedule("first");
  await pause(200);
  slow.schedule("second");
  await pause(500);
  assert.deepEqual(asked, ["first", "second"]);
  assert.deepEqual(answers, ["SECOND"]);
  slow.schedule("third");
  slow.forget();
  await pause(300);
  assert.deepEqual(answers, ["SECOND"]);
});
