// The settings window with a fake server behind it, on 127.0.0.1: `npm run dev`, then open the address that it prints.
// Tests start it too. It holds pages to a strict content security policy, as the real ones do.
import { createServer } from "node:http";
import { fileURLToPath } from "node:url";
import { bundle } from "../bundle.mjs";

const TYPES = {
  html: "text/html; charset=utf-8",
  js: "text/javascript; charset=utf-8",
  css: "text/css; charset=utf-8",
  svg: "image/svg+xml",
  txt: "text/plain; charset=utf-8",
};

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'";

/** Serves at `/.potluck/admin/`. Answers with the address and a way to stop. */
export async function serve(port = 0) {
  const files = await bundle({ fake: true });
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://localhost");
    const name = pathname.replace(/^\/\.potluck\/admin\//, "") || "index.html";
    const bytes = files[name];
    if (!bytes) return response.writeHead(404).end();
    response.writeHead(200, { "Content-Type": TYPES[name.split(".").pop()], "Content-Security-Policy": POLICY });
    response.end(bytes);
  });
  await new Promise((done) => server.listen(port, "127.0.0.1", done));
  const url = `http://127.0.0.1:${server.address().port}/.potluck/admin/`;
  return { url, port: server.address().port, stop: () => new Promise((done) => server.close(done)) };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const { url } = await serve(Number(process.env.PORT ?? 0));
  console.log(`${url}?fake`);
}
