// Empty folders are created, existing ones are accepted, failures are counted.
import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";
import { startMock } from "../dev/mock.mjs";
import { makeFolders } from "../src/up2k/folders.ts";
import { fetchTransport } from "./support.ts";

let mock: Awaited<ReturnType<typeof startMock>>;
const post = fetchTransport(() => mock.url);

beforeEach(async () => {
  mock = await startMock();
});
afterEach(() => mock.stop());

test("many, with odd names, twice", async () => {
  const names = ["plain", "ünï cödé", 'qu"ote', "a\r\nb", "--x", "&=%"];
  const folders = names.map((name) => ({ above: "/up/sub%20folder/", name }));
  assert.equal(await makeFolders(post, "", folders), 0);
  assert.deepEqual([...mock.state.folders].sort(), names.map((name) => `/up/sub folder/${name}`).sort());
  assert.equal(await makeFolders(post, "", folders), 0, "existing folders count as created");
});

test("refused, busy, gone", async () => {
  let busy = 2;
  mock.state.refuse = (_kind, _headers, body) => {
    if (body.includes("forbidden")) return [403, '{"code":"denied","message":"","advice":""}'];
    if (body.includes("a-file")) return [409, '{"code":"exists","existing":"file","message":"","advice":""}'];
    return body.includes("later") && busy-- > 0 ? [503, "<pre>a proxy's page"] : undefined;
  };
  const folders = ["forbidden", "a-file", "later", "fine"].map((name) => ({ above: "/up/", name }));
  assert.equal(await makeFolders(post, "", folders, 1), 2);
  assert.deepEqual([...mock.state.folders].sort(), ["/up/fine", "/up/later"]);
  await mock.stop();
  assert.equal(await makeFolders(post, "", folders, 1), 4);
  mock = await startMock();
});
