// tus-js-client, the library of many pages, against the server: tus 1.0 and the drafts of the IETF's resumable uploads that it knows.
import { strict as assert } from "node:assert";
import { createReadStream, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import * as tus from "tus-js-client";
import { real, startServer } from "./servers.mjs";

const SIZE = 5_000_000;
const content = Buffer.alloc(SIZE).map((_, at) => (at * 31) >> 3);
const folder = mkdtempSync(join(tmpdir(), "potluck-resumable-"));
const source = join(folder, "source.bin");
let server;

before(async () => {
  writeFileSync(source, content);
  server = await startServer();
});

after(async () => {
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
});

const isStored = (name) => {
  try {
    return content.equals(server.read(`music/${name}`));
  } catch {
    return false;
  }
};

/** Returns an upload that is not started. `more`: further options of the library. */
function upload(protocol, name, more) {
  return new tus.Upload(createReadStream(source), {
    endpoint: `http://127.0.0.1:${new URL(server.url).port}/music/`,
    protocol,
    chunkSize: 1_300_000,
    uploadSize: SIZE,
    metadata: { filename: name },
    headers: protocol === "tus-v1" ? {} : { "Content-Disposition": `inline; filename="${name}"` },
    retryDelays: null,
    ...more,
  });
}

const finished = (protocol, name, more = {}) =>
  new Promise((onSuccess, onError) => upload(protocol, name, { onSuccess, onError, ...more }).start());

/** Uploads the first half. Resolves with the address of the upload. */
const stopped = (protocol, name) =>
  new Promise((resolve, onError) => {
    const first = upload(protocol, name, {
      onError,
      onChunkComplete: (_, accepted) => {
        if (accepted >= SIZE / 2) first.abort().then(() => resolve(first.url));
      },
    });
    first.start();
  });

for (const protocol of ["tus-v1", "ietf-draft-03", "ietf-draft-05"]) {
  test(`${protocol}: a file arrives in pieces`, { skip: !real }, async () => {
    await finished(protocol, `${protocol}.bin`);
    assert.ok(isStored(`${protocol}.bin`));
  });

  test(`${protocol}: an upload that was stopped goes on after a restart`, { skip: !real }, async () => {
    const name = `${protocol} stopped.bin`;
    const uploadUrl = await stopped(protocol, name);
    assert.ok(!isStored(name));
    await server.kill();
    await server.start();
    await finished(protocol, name, { uploadUrl });
    assert.ok(isStored(name));
  });
}
