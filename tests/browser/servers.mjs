// The server under test: the real one when POTLUCK_SERVER names its program, else the mock of web/dev.
// Both offer: `url` for the browser, `read(path)` of an uploaded file, `isFolder(path)`, `unfinished(folder)`: number of unfinished
// uploads, `kill()` like kill -9, `start()` again on the same port. The real one: `remove(path)` deletes a file on the disk.
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  createReadStream,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startMock } from "../../web/dev/mock.mjs";

/** A name that is not localhost: over plain http the page then has no crypto.subtle, as on every LAN. */
export const HOST = "potluck.test";

export const real = Boolean(process.env.POTLUCK_SERVER);

/** Returns a port of 127.0.0.1 on which nothing listens. */
export async function freePort() {
  const probe = createServer().listen(0, "127.0.0.1");
  await once(probe, "listening");
  const { port } = probe.address();
  probe.close();
  await once(probe, "close");
  return port;
}

async function answers(port, child) {
  for (const end = Date.now() + 20_000; Date.now() < end; ) {
    if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
    const open = await new Promise((tell) => {
      const socket = connect(port, "127.0.0.1", () => tell(true)).on("error", () => tell(false));
      socket.on("connect", () => socket.destroy());
    });
    if (open) return;
    await new Promise((go) => setTimeout(go, 50));
  }
  throw new Error("the server does not answer");
}

/** Volumes: everyone may read and write /music/, and only write /inbox/. */
async function realServer(more) {
  const root = mkdtempSync(join(tmpdir(), "potluck-browser-"));
  for (const folder of ["music/2026", "music/none", "inbox/anna"]) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, "music/2026/notes.md"), "Take three was the best.\n");
  const port = await freePort();
  const volumes = ["music::rwd", "inbox::w"].flatMap((rule) => {
    const [name, rights] = rule.split("::");
    return ["-v", `${join(root, name)}:${name}:${rights}`];
  });
  const args = [
    "-i",
    "127.0.0.1",
    "-p",
    String(port),
    "--hist",
    join(root, "state"),
    "--host",
    HOST,
    ...volumes,
    ...more,
  ];
  if (process.env.POTLUCK_ARGS) args.push(...process.env.POTLUCK_ARGS.split(" "));
  // Sessions, links and settings of its own: those of other tests, and of the person who runs them, are left alone.
  const own = ["CONFIG", "DATA", "STATE", "CACHE"].map((kind) => [`XDG_${kind}_HOME`, join(root, "own", kind)]);
  const env = { ...process.env, ...Object.fromEntries(own) };
  let child;
  const start = async () => {
    const output = process.env.POTLUCK_LOG ? "inherit" : "ignore";
    child = spawn(process.env.POTLUCK_SERVER, args, { stdio: ["ignore", output, output], cwd: root, env });
    await answers(port, child);
  };
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill("SIGKILL");
    await once(child, "exit");
  };
  await start();
  const read = (path) => {
    try {
      return readFileSync(join(root, decodeURIComponent(path)));
    } catch {
      return undefined;
    }
  };
  const remove = (path) => rmSync(join(root, decodeURIComponent(path)));
  const isFolder = (path) => statSync(join(root, path), { throwIfNoEntry: false })?.isDirectory() ?? false;
  const unfinished = (folder) => readdirSync(join(root, folder)).filter((name) => name.endsWith(".PARTIAL")).length;
  const stop = async () => {
    await kill();
    rmSync(root, { recursive: true, force: true });
  };
  const stream = (path) => createReadStream(join(root, decodeURIComponent(path)));
  return {
    url: `http://${HOST}:${port}`,
    read,
    remove,
    isFolder,
    unfinished,
    stream,
    kill,
    start,
    stop,
    mock: undefined,
  };
}

async function mockServer() {
  let mock = await startMock();
  const { state, port } = mock;
  return {
    url: `http://${HOST}:${port}`,
    read: (path) => {
      const file = state.files.get(path);
      return file && (file.data ?? Buffer.alloc(0));
    },
    isFolder: (path) => state.folders.has(path),
    unfinished: () => state.uploads.size,
    kill: () => mock.stop(),
    start: async () => {
      mock = await startMock({ state, port });
    },
    stop: () => mock.stop(),
    mock: state,
  };
}

/** `more`: additional arguments for the real server. */
export const startServer = (...more) => (real ? realServer(more) : mockServer());
