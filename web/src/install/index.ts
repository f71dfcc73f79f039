// The page as an installed app, where the browser allows it: over https.
import type { Operations } from "../operations/operations.ts";
import type { Uploads } from "../uploads/folder-page.ts";

/** Set by the build: the worker's file with its version. */
declare const SERVICE_WORKER_FILE: string;

/** Registers the service worker, and takes what another app has shared. */
export function addInstalled(operations: Operations, uploads: Uploads): void {
  const isOffered = document.querySelector('link[rel="manifest"]') !== null;
  if (!isOffered || !window.isSecureContext || !navigator.serviceWorker) return;
  const worker = new URL(SERVICE_WORKER_FILE, import.meta.url);
  const registering = navigator.serviceWorker.register(worker, { scope: `${operations.app.base}/` });
  // Without it the page works as in the browser; private windows refuse it.
  registering.catch(() => undefined);
  if (new URLSearchParams(location.search).has("shared")) {
    void import("./shared-files.ts").then(({ takeShared }) => takeShared(operations, uploads));
  }
}
