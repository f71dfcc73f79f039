// A proxy for WebKitGTK, which has no other way to reach this machine under a name that is not localhost, and whose driver does not
// tell what the console shows: it puts a script that records faults at the head of every page.
import { once } from "node:events";
import { createServer, request } from "node:http";

/** Key of the session's storage under which a page's faults are recorded, as JSON. */
export const FAULTS_KEY = "faults of the tests";

const RECORDER = "/recorder-of-the-tests.js";

/** Runs before the page's own scripts. */
function record(key) {
  const faults = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  const add = (fault) => {
    faults.push(fault);
    sessionStorage.setItem(key, JSON.stringify(faults));
  };
  addEventListener("error", ({ message }) => message && add(message));
  addEventListener("unhandledrejection", ({ reason }) => add(`not handled: ${reason}`));
  document.addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
    add(`${violatedDirective} refuses ${blockedURI}`),
  );
  for (const level of ["error", "warn"]) {
    const write = console[level];
    console[level] = (...all) => {
      add(`${level}: ${all.join(" ")}`);
      write.apply(console, all);
    };
  }
}

/** Starts the proxy on a free port: `{ port, stop }`. */
export async function recordingProxy() {
  const server = createServer((incoming, outgoing) => {
    const { pathname, search, port } = new URL(incoming.url);
    if (pathname === RECORDER) {
      outgoing.writeHead(200, { "Content-Type": "text/javascript" });
      outgoing.end(`(${record})(${JSON.stringify(FAULTS_KEY)});`);
      return;
    }
    const { method, headers } = incoming;
    delete headers["accept-encoding"];
    const passed = request({ host: "127.0.0.1", port, method, path: pathname + search, headers }, (answer) => {
      const isPage = method === "GET" && /^text\/html/.test(answer.headers["content-type"] ?? "");
      if (isPage) void sendRecorded(answer, outgoing);
      else {
        outgoing.writeHead(answer.statusCode, answer.headers);
        answer.pipe(outgoing);
      }
    });
    passed.on("error", () => outgoing.destroy());
    outgoing.on("close", () => passed.destroy());
    incoming.pipe(passed);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  return { port: server.address().port, stop };
}

async function sendRecorded(answer, outgoing) {
  const parts = [];
  for await (const part of answer) parts.push(part);
  const page = Buffer.concat(parts).toString("latin1");
  const headers = { ...answer.headers };
  delete headers["content-length"];
  delete headers["transfer-encoding"];
  outgoing.writeHead(answer.statusCode, headers);
  outgoing.end(Buffer.from(page.replace("<head>", `<head><script src="${RECORDER}"></script>`), "latin1"));
}
