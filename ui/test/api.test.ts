// All implementations of the admin API behave alike, and no other module depends on HTTP or Tauri.
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import type { Notice } from "../../web/kit/types.gen.ts";
import { httpApi } from "../src/api.http.ts";
import { tauriApi } from "../src/api.tauri.ts";
import { ConnectionLost, Failed, Refused } from "../src/api.ts";
import { sentenceOf } from "../src/errors.ts";

const ui = process.env.UI ?? "";
const refusal = { code: "not_found", sentence: "It is gone.", faults: [{ at: "mount", sentence: "Gone." }] };

/** Answers every `fetch` and records the requests. */
function answering(status: number, body: string): { url: string; init: RequestInit }[] {
  const asked: { url: string; init: RequestInit }[] = [];
  globalThis.fetch = async (url, init) => {
    asked.push({ url: String(url), init: init ?? {} });
    return new Response(body, { status });
  };
  return asked;
}

test("over HTTP: a call is a POST that pages of other sites cannot send", async () => {
  const asked = answering(200, "[]");
  assert.deepEqual(await httpApi("/base/.potluck/admin/").call({ call: "links" }), []);
  const [{ url, init } = { url: "", init: {} }] = asked;
  assert.equal(url, "/base/.potluck/admin/call");
  assert.equal(init.method, "POST");
  assert.equal(new Headers(init.headers).get("X-Potluck"), "1");
  assert.equal(init.body, '{"call":"links"}');
});

test("over HTTP: a refusal keeps its sentence and errors, any other failure is a lost connection", async () => {
  const api = httpApi("/");
  answering(404, JSON.stringify(refusal));
  const reason = await api.call({ call: "remove_share", mount: "/x" }).catch((e) => e);
  assert.ok(reason instanceof Refused);
  assert.deepEqual([reason.code, reason.message, reason.faults], ["not_found", "It is gone.", refusal.faults]);
  answering(502, "<h1>Bad gateway</h1>");
  await assert.rejects(api.call({ call: "links" }), ConnectionLost);
  answering(500, "{}");
  await assert.rejects(api.call({ call: "links" }), ConnectionLost);
  globalThis.fetch = async () => {
    throw new TypeError("connection refused");
  };
  await assert.rejects(api.call({ call: "links" }), ConnectionLost);
});

test("over HTTP: notices are passed on; after a gap everything is reloaded", () => {
  class Source {
    static readonly CLOSED = 2;
    static last: Source;
    readyState = 1;
    onmessage: (event: { data: string }) => void = () => {};
    onopen: () => void = () => {};
    onerror: () => void = () => {};
    constructor(readonly url: string) {
      Source.last = this;
    }
    close(): void {
      this.readyState = Source.CLOSED;
    }
  }
  Object.assign(globalThis, { EventSource: Source });
  const heard: Notice[] = [];
  const stop = httpApi("/.potluck/admin/").notices((notice) => heard.push(notice));
  const source = Source.last;
  assert.equal(source.url, "/.potluck/admin/events");
  source.onmessage({ data: '{"kind":"settings_changed"}' });
  source.onerror();
  source.onopen();
  assert.deepEqual(
    heard.map(({ kind }) => kind),
    ["settings_changed", "missed", "missed"],
  );
  stop();
  assert.equal(source.readyState, Source.CLOSED);
});

test("in the desktop program: commands and events of the shell", async () => {
  const commands: [string, unknown][] = [];
  const listeners = new Map<string, (event: { payload: unknown }) => void>();
  let failure: unknown;
  const shell = {
    core: {
      invoke: async (command: string, args?: unknown) => {
        commands.push([command, args]);
        if (failure) throw failure;
        return [];
      },
    },
    event: {
      listen: async (event: string, listener: (event: { payload: unknown }) => void) => {
        listeners.set(event, listener);
        return () => listeners.delete(event);
      },
    },
  };
  Object.assign(globalThis, { window: { __TAURI__: shell } });
  const api = tauriApi();
  assert.ok(api?.native);
  await api.call({ call: "links" });
  await api.native.pickFolder("Choose");
  await api.native.copyText("text");
  assert.deepEqual(commands, [
    ["control", { call: { call: "links" } }],
    ["pick_folder", { title: "Choose" }],
    ["copy_text", { text: "text" }],
  ]);
  const heard: unknown[] = [];
  const stop = api.notices((notice) => heard.push(notice.kind));
  api.native.onRequest({ show: (pane) => heard.push(pane), share: (paths) => heard.push(paths) });
  assert.notEqual(commands.at(-1)?.[0], "ready", "only after the listeners are registered");
  await new Promise((done) => setImmediate(done));
  assert.equal(commands.at(-1)?.[0], "ready");
  listeners.get("notice")?.({ payload: { kind: "settings_changed" } });
  listeners.get("share-paths")?.({ payload: ["/x"] });
  listeners.get("show")?.({ payload: "links" });
  assert.deepEqual(heard, ["settings_changed", ["/x"], "links"]);
  stop();
  await Promise.resolve();
  assert.ok(!listeners.has("notice"));
  failure = refusal;
  await assert.rejects(api.call({ call: "links" }), Refused);
  failure = "window is closing";
  await assert.rejects(api.call({ call: "links" }), ConnectionLost);
  failure = "No program could be found that shows folders.";
  for (const asked of [
    () => api.native?.showInFolder("/x"),
    () => api.native?.openPath("/x"),
    () => api.native?.pickFiles(),
    () => api.native?.desktop(),
    () => api.native?.quit(),
  ]) {
    const reason = await asked()?.then(
      () => undefined,
      (why: unknown) => why,
    );
    assert.ok(reason instanceof Failed);
    assert.equal(sentenceOf(reason), failure);
  }
  Object.assign(globalThis, { window: {} });
  assert.equal(tauriApi(), undefined);
});

function files(folder: string): [path: string, code: string][] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return files(path);
    return entry.name.endsWith(".ts") ? [[path, readFileSync(path, "utf8")] as [string, string]] : [];
  });
}

test("panes call the desktop only through callNative, which shows failures", () => {
  const asks = /\b(?:this\.)?native\??\.(?:pick|open|show|copy|desktop|set|quit)/;
  const all = files(join(ui, "src", "panes")).flatMap(([path, code]) =>
    code.split("\n").map((line): [string, string] => [path, line]),
  );
  const silent = all.filter(([, line]) => asks.test(line) && !line.includes("this.callNative((native) => native."));
  assert.deepEqual(silent, []);
});

test("only the implementations use Tauri and EventSource, and of web/ only the kit is used", () => {
  const all = files(join(ui, "src"));
  const where = (what: RegExp): string[] =>
    all.filter(([, code]) => what.test(code)).map(([path]) => path.slice(join(ui, "src").length + 1));
  assert.deepEqual(where(/__TAURI__/), ["api.tauri.ts"]);
  assert.deepEqual(where(/\bEventSource\b/), ["api.http.ts"]);
  assert.deepEqual(where(/from "[^"]*web\/(?!kit\/)/), []);
  const users = where(/(?:from|import\() ?"[^"]*(?:api\.fake|\/fake\/)/);
  assert.deepEqual(users.sort(), ["api.fake.ts", "open.ts"]);
});
