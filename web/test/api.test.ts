// The client of the page API: lines that arrive in pieces, interrupted listings, refusals, paths below a base path.
import assert from "node:assert/strict";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { after, before, test } from "node:test";
import { Api, ApiRefusal, asError } from "../src/api/client.ts";
import { IncompleteAnswer, readListing, type WholeListing } from "../src/api/listing-stream.ts";

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

let handle: Handler;
const server = createServer((request, response) => handle(request, response));
let api: Api;

before(async () => {
  await new Promise<void>((ready) => server.listen(0, "127.0.0.1", ready));
  api = new Api(`http://127.0.0.1:${(server.address() as AddressInfo).port}/sub`);
});
after(() => {
  server.close();
  server.closeAllConnections();
});

const pause = (): Promise<void> => new Promise((go) => setTimeout(go, 5));

/** Answers with `pieces`, one after the other. */
function inPieces(...pieces: Uint8Array[]): void {
  handle = (_request, response) => {
    void (async () => {
      for (const piece of pieces) {
        response.write(piece);
        await pause();
      }
      response.end();
    })();
  };
}

type Head = { kind: string; path: string };

const folder = async (path: string): Promise<WholeListing<Head>> =>
  readListing<Head>(await api.folderLines(path), () => {});

const LINES = ['{"kind":"listing","path":"/"}', '{"kind":"folder","name":"ö"}', '{"kind":"file","name":"a"}'];

test("lines and characters that are split between pieces", async () => {
  const whole = new TextEncoder().encode(`${[...LINES, '{"kind":"end","rows":2}'].join("\n")}\n`);
  for (let at = 1; at < whole.length; at += 7) {
    inPieces(whole.subarray(0, at), whole.subarray(at));
    const { head, entries } = await folder("/");
    assert.equal(head.path, "/");
    assert.deepEqual(
      entries.map(({ name }) => name),
      ["ö", "a"],
    );
  }
});

test("a listing without its end is none", async () => {
  for (const lines of [[], LINES, [...LINES, '{"kind":"end","rows":3}'], ['{"kind":"end","rows":0}']]) {
    inPieces(new TextEncoder().encode(lines.join("\n")));
    await assert.rejects(folder("/"), IncompleteAnswer);
  }
});

test("the first rows are told before the last, once, and only if there are more", async () => {
  const [head = "", ...rows] = LINES;
  const told: number[] = [];
  const bytes = (...lines: string[]): Uint8Array => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const end = '{"kind":"end","rows":2}';
  inPieces(bytes(head), bytes(rows[0] ?? ""), bytes(rows[1] ?? ""), bytes(end));
  await readListing(await api.folderLines("/"), ({ entries }) => told.push(entries.length));
  assert.deepEqual(told, [1]);
  inPieces(bytes(head, ...rows, end));
  await readListing(await api.folderLines("/"), ({ entries }) => told.push(entries.length));
  assert.deepEqual(told, [1]);
});

test("the first rows of a large folder are told before the listing, which replaces them", async () => {
  const bytes = (...lines: string[]): Uint8Array => new TextEncoder().encode(lines.map((line) => `${line}\n`).join(""));
  const head = (kind: string, size: number): string => `{"kind":"${kind}","path":"/","files":3,"bytes":${size}}`;
  const file = (name: string): string => `{"kind":"file","name":"${name}"}`;
  const rows = ["a", "b", "c"].map(file);
  inPieces(bytes(head("first", 0), ...rows.slice(0, 2)), bytes(head("listing", 9), ...rows, '{"kind":"end","rows":3}'));
  const told: unknown[] = [];
  const whole = await readListing<Head & { bytes: number }>(await api.folderLines("/"), ({ head, entries }) =>
    told.push([head.kind, head.bytes, entries.map(({ name }) => name)]),
  );
  assert.deepEqual(told, [["listing", 0, ["a", "b"]]]);
  assert.deepEqual([whole.head.bytes, whole.entries.length], [9, 3]);
  // Without the listing the answer is incomplete.
  inPieces(bytes(head("first", 0), ...rows));
  await assert.rejects(folder("/"), IncompleteAnswer);
});

test("entries that are elsewhere know their folder and what may be done there", async () => {
  const lines = [
    '{"kind":"results","path":"/","folders":0,"files":2,"tags":[]}',
    '{"kind":"place","place":0,"rights":["read"],"may":{"delete":true}}',
    '{"kind":"file","name":"a","folder":"/x","place":0}',
    '{"kind":"file","name":"b","folder":"/","place":0}',
    '{"kind":"end","rows":2,"truncated":true,"unsearched":[]}',
  ];
  inPieces(new TextEncoder().encode(lines.join("\n")));
  const { head, entries, end } = await readListing<Head>(await api.searchLines({ text: "a" }), () => {});
  assert.equal(head.kind, "results");
  assert.deepEqual(
    entries.map((entry) => [entry.folder, entry.may?.delete]),
    [
      ["/x/", true],
      ["/", true],
    ],
  );
  assert.ok("truncated" in end && end.truncated);
});

test("paths and options reach the server as they are", async () => {
  let asked = "";
  handle = (request, response) => {
    asked = request.url ?? "";
    response.end('{"kind":"listing"}\n{"kind":"end","rows":0}\n');
  };
  await api.folderLines("/a%20b/%FF+c&d=e/", { dots: true });
  assert.equal(asked, "/sub/.potluck/api/v1/folder?path=/a%20b/%FF%2Bc%26d%3De/&dots");
  await api.folderLines("/", { first: 9 });
  assert.equal(asked, "/sub/.potluck/api/v1/folder?path=/&first=9");
  await api.belowLines("/a+b&c", { dots: true });
  assert.equal(asked, "/sub/.potluck/api/v1/folder?path=/a%2Bb%26c&below&dots");
  await api.folderLines("/");
  assert.equal(asked, "/sub/.potluck/api/v1/folder?path=/");
});

test("a refusal has a code, also when a proxy answers", async () => {
  const answer = (status: number, body: string): void => {
    handle = (_request, response) => response.writeHead(status).end(body);
  };
  answer(409, '{"code":"exists","message":"It is there.","advice":"Choose another name.","existing":"file"}');
  const refusal = await api.makeFolder("/x").catch((error: unknown) => error);
  assert.ok(refusal instanceof ApiRefusal);
  assert.deepEqual([refusal.status, refusal.code, refusal.existing], [409, "exists", "file"]);
  assert.equal(refusal.message, "It is there. Choose another name.");
  answer(502, "<h1>Bad gateway</h1>");
  const foreign = await api.note("/", "x").catch((error: unknown) => error);
  assert.ok(foreign instanceof ApiRefusal);
  assert.deepEqual([foreign.status, foreign.code, foreign.message], [502, "internal", ""]);
  for (const text of ["", "null", "[]", '"x"', "{}"]) assert.equal(asError(text), undefined);
});

/** Collects everything that a generator yields. */
async function all<T>(lines: AsyncIterable<T>): Promise<T[]> {
  const found: T[] = [];
  for await (const line of lines) found.push(line);
  return found;
}

const bodyOf = async (request: IncomingMessage): Promise<string> => {
  let text = "";
  for await (const piece of request) text += piece;
  return text;
};

test("lines of changes arrive one by one and must end", async () => {
  const calls = [
    () => api.deleteMany({ paths: ["/x"] }),
    () => api.moveMany({ from: ["/x"], to: "/" }),
    () => api.copyMany({ from: ["/x"], to: "/", if_exists: "keep_both" }),
  ];
  for (const call of calls) {
    inPieces(new TextEncoder().encode('{"kind":"begin"}\n{"ki'), new TextEncoder().encode('nd":"end"}\n'));
    assert.deepEqual(
      (await all<{ kind: string }>(call())).map(({ kind }) => kind),
      ["begin", "end"],
    );
    inPieces(new TextEncoder().encode('{"kind":"begin"}\n'));
    await assert.rejects(all<{ kind: string }>(call()), IncompleteAnswer);
  }
});

test("requests for many are sent as they are asked for", async () => {
  let asked = "";
  handle = (request, response) => {
    void bodyOf(request).then((body) => {
      asked = `${request.method} ${request.url} ${body}`;
      response.end('{"kind":"end"}\n');
    });
  };
  await all(api.copyMany({ from: ["/a%20b"], to: "/c", if_exists: "skip" }));
  assert.equal(asked, 'POST /sub/.potluck/api/v1/copy-many {"from":["/a%20b"],"to":"/c","if_exists":"skip"}');
  await api.searchLines({ text: "a b", path: "/x", everywhere: true });
  assert.equal(asked, 'POST /sub/.potluck/api/v1/search {"text":"a b","path":"/x","everywhere":true}');
});

test("a caller that stops reading ends the request", async () => {
  const left = new Promise<void>((done) => {
    handle = (_request, response) => {
      response.write('{"kind":"begin"}\n');
      response.on("close", done);
    };
  });
  for await (const line of api.deleteMany({ paths: [] })) if (line.kind === "begin") break;
  await left;
});

test("an aborted change rejects", async () => {
  const arrived = new Promise<void>((done) => {
    handle = (_request, response) => {
      response.write('{"kind":"begin"}\n');
      done();
    };
  });
  const abort = new AbortController();
  const reading = all(api.copyMany({ from: [], to: "/" }, abort.signal));
  await arrived;
  abort.abort();
  await assert.rejects(reading, { name: "AbortError" });
});

test("completions and undoing", async () => {
  let asked = "";
  handle = (request, response) => {
    asked = request.url ?? "";
    response.end('{"suggestions":[{"kind":"key","text":"a artist:","label":"artist:"}],"paths":[],"left":2}');
  };
  assert.deepEqual(await api.suggest("a ar&t", "/x y/"), [{ kind: "key", text: "a artist:", label: "artist:" }]);
  assert.equal(asked, "/sub/.potluck/api/v1/suggest?text=a%20ar%26t&path=/x%20y/");
  assert.equal((await api.undo("1-2")).left, 2);
});

test("answers end with the line that is theirs", async () => {
  const answer = (...lines: string[]): void => inPieces(new TextEncoder().encode(`${lines.join("\n")}\n`));
  answer('{"kind":"counted"}', '{"kind":"total","files":3}');
  assert.equal((await all(api.properties(["/a", "/b"]))).length, 2);
  answer('{"kind":"counted"}', '{"kind":"end"}');
  await assert.rejects(all(api.properties(["/a", "/b"])), IncompleteAnswer);
  answer('{"kind":"progress"}', '{"kind":"failed"}');
  assert.equal((await all(api.checksum({ path: "/a" }))).length, 2);
  answer('{"kind":"progress"}');
  await assert.rejects(all(api.checksum({ path: "/a" })), IncompleteAnswer);
});

test("what is going on, and links", async () => {
  const asked: string[] = [];
  handle = (request, response) => {
    void bodyOf(request).then((body) => {
      asked.push(`${request.method} ${(request.url ?? "").replace("/sub/.potluck/api/v1/", "")} ${body}`.trim());
      response.end('{"uploads":[1],"transfers":[2],"indexes":[3],"links":[4],"volumes":5,"id":"x"}');
    });
  };
  assert.deepEqual(await api.recent("/a b/"), [1]);
  assert.deepEqual(await api.transfers(), [2]);
  assert.deepEqual(await api.indexes(), [3]);
  assert.deepEqual(await api.links(), [4]);
  assert.equal(await api.rescan("/"), 5);
  assert.equal((await api.makeLink({ path: "/a", kind: "share", days: 7 })).id, "x");
  await api.revokeLink("x");
  assert.deepEqual(asked, [
    "GET recent?path=/a%20b/",
    "GET transfers",
    "GET indexes",
    "GET links",
    'POST rescan {"path":"/"}',
    'POST make-link {"path":"/a","kind":"share","days":7}',
    'POST revoke-link {"id":"x"}',
  ]);
  assert.ok(api.linkQr("a&b").endsWith("/sub/.potluck/api/v1/link-qr?id=a%26b"));
});
