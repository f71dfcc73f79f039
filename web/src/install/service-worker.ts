// The service worker of the installed page. It takes what other apps share, and nothing else: pages and files always come from
// the server.
import { ACTION, CACHE, keepFiles } from "./received.ts";

interface FetchEvent extends Event {
  request: Request;
  respondWith(response: Promise<Response>): void;
}

addEventListener("fetch", (event) => {
  const { request } = event as FetchEvent;
  const { pathname } = new URL(request.url);
  if (request.method === "POST" && pathname.endsWith(ACTION))
    (event as FetchEvent).respondWith(receive(request, pathname));
});

/** Keeps the files and answers with the page that asks where they go. */
async function receive(request: Request, pathname: string): Promise<Response> {
  const base = pathname.slice(0, -ACTION.length);
  const shared = (await request.formData()).getAll("files").filter((one): one is File => one instanceof File);
  await keepFiles(await caches.open(CACHE), shared, location.origin);
  return Response.redirect(`${location.origin}${base}/?shared`, 303);
}
