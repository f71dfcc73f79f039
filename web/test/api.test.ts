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

const folder = async (path: string): Promise<WholeListing> => readListing(await api.folderLines(path), () => {});

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

test("paths and options reach the server as they are", async () => {
  let asked = "";
  handle = (request, response) => {
    asked = request.url ?? "";
    response.end('{"kind":"listing"}\n{"kind":"end","rows":0}\n');
  };
  await api.folderLines("/a%20b/%FF+c&d=e/", { below: true, dots: true });
  assert.equal(asked, "/sub/.potluck/api/v1/folder?path=/a%20b/%FF%2Bc%26d%3De/&dots&below");
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
