// In-memory mock server for development and tests of the page: up2k handshake and chunks, form upload, a part of the page API,
// and the reference pages with the built assets. It implements only what these need.
import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const web = join(dirname(fileURLToPath(import.meta.url)), "..");
const MIB = 1024 * 1024;

export const CSP =
  "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; style-src 'self'; img-src 'self' data: blob:; " +
  "connect-src 'self'; worker-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'self'";

const hash44 = (bytes) => createHash("sha512").update(bytes).digest().subarray(0, 33).toString("base64url");

/** An independent implementation of the chunk size rule, so that tests can find differences. */
function chunkSize(size) {
  const sizes = [];
  for (let p = MIB; p < 2 ** 50; p *= 2) sizes.push(p, p * 1.5);
  sizes.splice(1, 1, 1.5 * MIB);
  return sizes.find((c) => Math.ceil(size / c) <= 256 || (c >= 32 * MIB && Math.ceil(size / c) <= 4096));
}

class State {
  /** path -> {size, modified, hashes, data} of complete files; data only below 64 MiB */
  files = new Map();
  /** wark -> unfinished upload */
  uploads = new Map();
  /** unencoded paths of folders that were created */
  folders = new Set();
  /** received requests, for tests: {kind, path, headers, size} */
  log = [];
  /** (request kind) -> [status, text] to answer instead, or undefined */
  refuse = () => undefined;
  /** milliseconds before every answer */
  latency = 0;
  /** (request kind) -> promise that the answer waits for, or undefined */
  hold = () => undefined;
  running = 0;
  mostRunning = 0;

  handshake(folder, body) {
    const { name, size, hash, lmod, replace } = body;
    if (typeof name !== "string" || !Array.isArray(hash)) return [400, "<pre>bad handshake"];
    const chunk = chunkSize(size);
    if (hash.length !== Math.ceil(size / chunk)) return [400, `<pre>${hash.length} hashes do not fit ${size} bytes`];
    const wark = hash44(["mock", size, ...hash].join("\n"));
    const at = (last) => folder + encodeURIComponent(last);
    let upload = this.uploads.get(wark);
    if (upload && (upload.folder !== folder || upload.name !== name)) {
      const text = `partial upload exists at a different location; please resume uploading here instead:\n${upload.folder}${upload.name} `;
      return [422, `<pre>${text}\r\nURL: x\r\n`];
    }
    if (!upload) {
      let file = this.files.get(at(name));
      const twin = [...this.files.values()].find((f) => f.wark === wark);
      let final = name;
      if (file && file.wark !== wark) {
        if (replace === "skip")
          return [409, "<pre>upload rejected, a file with that name already exists\r\nURL: x\r\n"];
        if (replace !== true) final = name.replace(/(\.[^.]*)?$/, " (2)$1");
        file = undefined;
      }
      if (!file && (twin || size === 0)) {
        file = { ...twin, size, modified: lmod, hashes: hash, wark };
        this.files.set(at(final), file);
      }
      if (file) return this.reply(folder, final, file, wark, []);
      upload = {
        folder,
        name: final,
        size,
        modified: lmod,
        hashes: hash,
        chunk,
        wark,
        missing: new Set(hash),
        sub: new Map(),
      };
      if (size < 64 * MIB) upload.data = Buffer.alloc(size);
      this.uploads.set(wark, upload);
    }
    return this.reply(folder, upload.name, upload, wark, [...upload.missing]);
  }

  reply(folder, name, file, wark, missing) {
    const purl = decodeURIComponent(folder);
    const { size, modified } = file;
    return [
      200,
      JSON.stringify({ name, purl, size, lmod: Math.floor(modified), sprs: true, hash: missing, dwrk: wark, wark }),
    ];
  }

  /** Deletes the client's own unfinished uploads, by path and wark. */
  unpost(list) {
    let gone = 0;
    for (const { path, wark } of list) {
      const upload = this.uploads.get(wark);
      if (upload && decodeURIComponent(upload.folder) + upload.name === path) {
        this.uploads.delete(wark);
        gone++;
      }
    }
    if (gone < list.length) return [400, "<pre>you cannot delete this: file not found\r\nURL: x\r\n"];
    return [200, `deleted ${gone} files (and 0/0 folders)\r\n`];
  }

  chunk(headers, body) {
    const upload = this.uploads.get(headers["x-up2k-wark"]);
    if (!upload) return [400, "<pre>unknown wark (see fileserver log for details)\r\nURL: x\r\n"];
    const [first, length, prefixes] = String(headers["x-up2k-hash"]).split(",");
    const unique = [...new Set(upload.hashes)];
    let at = unique.indexOf(first);
    if (at < 0) return [400, `<pre>unknown chunk wtf: ${first}\r\nURL: x\r\n`];
    const wanted = [first];
    for (let i = 0; prefixes && i < prefixes.length; i += Number(length)) {
      const next = unique[++at];
      if (!next?.startsWith(prefixes.slice(i, i + Number(length)))) {
        return [400, "<pre>next sibling chunk does not start with expected prefix\r\nURL: x\r\n"];
      }
      wanted.push(next);
    }
    if (headers["x-up2k-subc"] !== undefined) return this.piece(upload, first, Number(headers["x-up2k-subc"]), body);
    let offset = 0;
    for (const hash of wanted) {
      const start = upload.hashes.indexOf(hash) * upload.chunk;
      const bytes = body.subarray(offset, offset + Math.min(upload.chunk, upload.size - start));
      offset += bytes.length;
      const refused = this.store(upload, hash, bytes);
      if (refused) return refused;
    }
    return [200, "thank"];
  }

  /** A list of handshakes and chunks, and the bytes of the chunks; each part may be refused on its own. */
  bundle(folder, body) {
    const end = body.indexOf("\n");
    let at = end + 1;
    const answers = JSON.parse(body.subarray(0, end).toString()).map((part) => {
      const content = body.subarray(at, at + (part.size ?? 0));
      at += content.length;
      const headers = { "x-up2k-wark": part.wark, "x-up2k-hash": part.hash };
      const kind = part.handshake ? "handshake" : "chunk";
      const refused = this.refuse(kind, headers, part.handshake ? JSON.stringify(part.handshake) : content);
      if (refused) return { status: refused[0], text: refused[1] };
      return part.handshake
        ? this.shakeHands(folder + part.in, part.handshake, content)
        : this.received(headers, content);
    });
    if (at !== body.length) return [400, "<pre>the bundle has other bytes than its list"];
    return [200, JSON.stringify(answers)];
  }

  received(headers, content) {
    const [status, text] = this.chunk(headers, content);
    return { status, text };
  }

  /** A handshake that may carry the only chunk of its file. */
  shakeHands(folder, handshake, content) {
    const [status, text] = this.handshake(folder, handshake);
    const reply = status === 200 ? JSON.parse(text) : { hash: [] };
    if (content.length === 0 || reply.hash.length !== 1) return { status, text };
    const taken = this.received({ "x-up2k-wark": reply.wark, "x-up2k-hash": reply.hash[0] }, content);
    if (taken.status !== 200) return taken;
    const [, closing] = this.handshake(folder, { ...handshake, name: reply.name });
    return { status, text: closing, received: true };
  }

  piece(upload, hash, from, body) {
    const before = from === 0 ? [] : (upload.sub.get(hash) ?? []);
    const there = before.reduce((sum, part) => sum + part.length, 0);
    if (there !== from) return [400, "<pre>subchunk protocol error; resetting chunk\r\nURL: x\r\n"];
    const parts = [...before, body];
    upload.sub.set(hash, parts);
    const start = upload.hashes.indexOf(hash) * upload.chunk;
    if (from + body.length < Math.min(upload.chunk, upload.size - start)) return [200, "thank"];
    return this.store(upload, hash, Buffer.concat(parts)) ?? [200, "thank"];
  }

  store(upload, hash, bytes) {
    if (!upload.missing.has(hash)) return [400, `<pre>already got that (${hash}) but thanks??\r\nURL: x\r\n`];
    if (hash44(bytes) !== hash) return [400, "<pre>your chunk got corrupted somehow\r\nURL: x\r\n"];
    upload.hashes.forEach((h, i) => {
      if (h === hash && upload.data) bytes.copy(upload.data, i * upload.chunk);
    });
    upload.missing.delete(hash);
    if (upload.missing.size === 0) {
      this.uploads.delete(upload.wark);
      this.files.set(upload.folder + encodeURIComponent(upload.name), upload);
    }
    return undefined;
  }
}

const escaped = (text) =>
  text.replace(/[&<>"]/g, (c) => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[c]);

/** The reference page for `folder`, with the mock's own files in its table. */
function page(state, folder, name) {
  const html = readFileSync(join(web, "templates", name), "utf8").replace(/^<!--[\s\S]*?-->\n/, "");
  const rows = [...state.files]
    .filter(([path]) => path.startsWith(folder) && !path.slice(folder.length).includes("/"))
    .map(([path, { size }]) => {
      const href = path.slice(folder.length);
      return `<tr><td>-</td><td><a href="${href}">${escaped(decodeURIComponent(href))}</a></td><td>${size} B</td>\n<td>-</td><td>2026-11-22 20:00</td></tr>`;
    });
  return html
    .replaceAll("/music/2026/", folder)
    .replaceAll("/inbox/anna/", folder)
    .replace(/<tbody>[\s\S]*?<\/tbody>/, `<tbody>${rows.join("\n")}</tbody>`);
}

const TYPES = {
  js: "text/javascript",
  css: "text/css",
  svg: "image/svg+xml",
  html: "text/html; charset=utf-8",
  json: "application/json",
};

function serve(state, path) {
  if (path.startsWith("/.cpr/w/")) {
    try {
      return [
        200,
        readFileSync(join(web, "dist", path.slice(8).replace(/\.\.+/g, ""))),
        TYPES[path.split(".").pop()] ?? "text/plain",
      ];
    } catch {
      return [404, "no such asset"];
    }
  }
  if (path.endsWith("/"))
    return [200, page(state, path, path.startsWith("/inbox/") ? "upload-only.html" : "listing.html"), TYPES.html];
  const file = state.files.get(path);
  if (file?.data) return [200, file.data, "application/octet-stream"];
  return [404, page(state, "/", "error.html"), TYPES.html];
}

function multipart(state, folder, type, body) {
  const boundary = `--${/boundary=(\S+)/.exec(type)?.[1]}`;
  const names = [];
  let at = body.indexOf(boundary);
  while (at >= 0) {
    const next = body.indexOf(boundary, at + boundary.length);
    if (next < 0) break;
    const split = body.indexOf("\r\n\r\n", at);
    const head = body.subarray(at, split).toString();
    const name = /filename="([^"]+)"/.exec(head)?.[1];
    const data = body.subarray(split + 4, next - 2);
    if (name) {
      names.push(name);
      state.files.set(folder + encodeURIComponent(name), { size: data.length, data, wark: hash44(data) });
    }
    at = next;
  }
  const done = names.length === 1 ? "1 file uploaded" : `${names.length} files uploaded`;
  return [201, page(state, folder, "message.html").replaceAll("2 files uploaded", done), TYPES.html];
}

const API = "/.potluck/api/v1/";

const json = (status, value) => [status, JSON.stringify(value), TYPES.json];

/** A listing of the page API; the mock's rights are those of its pages. */
function listing(state, path) {
  const folder = path.endsWith("/") ? path : `${path}/`;
  const files = [...state.files]
    .filter(([file]) => file.startsWith(folder) && !file.slice(folder.length).includes("/"))
    .map(([file, { size, modified = 0 }]) => {
      const name = decodeURIComponent(file.slice(folder.length));
      return { kind: "file", name, size, modified_ms: Math.floor(modified) };
    });
  const may = { list: true, download: true, archive: true, upload: true };
  const bytes = files.reduce((sum, { size }) => sum + size, 0);
  const head = { kind: "listing", path: folder, name: "", rights: [], may, order: "natural", folders: 0, bytes };
  const lines = [{ ...head, files: files.length, offset: 0 }, ...files, { kind: "end", rows: files.length }];
  return [200, lines.map((line) => `${JSON.stringify(line)}\n`).join(""), "application/x-ndjson"];
}

function api(state, endpoint, search, body) {
  if (endpoint === "folder") {
    // Parameters as sent: `URLSearchParams` would decode the path.
    const [, path = "/"] = /[?&]path=([^&]*)/.exec(search) ?? [];
    return listing(state, path);
  }
  if (endpoint === "make-folder") {
    const path = decodeURIComponent(JSON.parse(body.toString()).path);
    if (state.folders.has(path)) return json(409, { code: "exists", message: "", advice: "", existing: "folder" });
    state.folders.add(path);
    return json(201, { path: encodeURI(path) });
  }
  return json(404, { code: "unknown_endpoint", message: "", advice: "" });
}

async function answer(state, request) {
  const { pathname: path, search, searchParams } = new URL(request.url, "http://mock");
  if (request.method !== "POST") {
    return path.startsWith(API) ? api(state, path.slice(API.length), search) : serve(state, path);
  }
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const type = request.headers["content-type"] ?? "";
  const kind = path.startsWith(API)
    ? "api"
    : type.startsWith("multipart")
      ? "form"
      : type.startsWith("application/octet-stream")
        ? "chunk"
        : type === "application/x-up2k-bundle"
          ? "bundle"
          : searchParams.has("unpost")
            ? "unpost"
            : "handshake";
  state.log.push({ kind, path, headers: request.headers, size: body.length });
  if (state.latency > 0) await new Promise((go) => setTimeout(go, state.latency));
  await state.hold(kind);
  const refused = state.refuse(kind, request.headers, body);
  if (refused) return refused;
  if (kind === "api") return api(state, path.slice(API.length), search, body);
  if (kind === "form") return multipart(state, path, type, body);
  if (kind === "chunk") return state.chunk(request.headers, body);
  if (kind === "bundle") return state.bundle(path, body);
  if (kind === "unpost") return state.unpost(JSON.parse(body.toString()));
  return state.handshake(path, JSON.parse(body.toString()));
}

/** Starts the mock on a free port of 127.0.0.1. Passing the `state` of a stopped mock simulates a restart with the same disk. */
export async function startMock({ state = new State(), port = 0 } = {}) {
  const server = createServer((request, response) => {
    state.running++;
    state.mostRunning = Math.max(state.mostRunning, state.running);
    answer(state, request)
      .catch((error) => [500, `<pre>${error.stack}`])
      .then(([status, text, type = "text/html"]) => {
        state.running--;
        response.writeHead(status, {
          "Content-Type": type,
          "Content-Security-Policy": CSP,
          "Cache-Control": "no-store",
        });
        response.end(text);
      });
  });
  await new Promise((ready) => server.listen(port, "127.0.0.1", ready));
  const at = server.address().port;
  const stop = () =>
    new Promise((done) => {
      server.close(done);
      server.closeAllConnections();
    });
  return { state, port: at, url: `http://127.0.0.1:${at}`, stop };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const mock = await startMock({ port: Number(process.argv[2] ?? 0) });
  console.log(`${mock.url}/music/2026/ and ${mock.url}/inbox/anna/`);
}
