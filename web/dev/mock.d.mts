// Types of mock.mjs for the tests.
import type { IncomingHttpHeaders } from "node:http";

type Kind = "form" | "chunk" | "handshake" | "bundle" | "unpost";

interface Stored {
  size: number;
  wark: string;
  data?: Buffer;
}

export interface MockState {
  files: Map<string, Stored>;
  folders: Set<string>;
  uploads: Map<string, { missing: Set<string> }>;
  log: { kind: Kind; path: string; headers: IncomingHttpHeaders; size: number }[];
  refuse: (kind: Kind, headers: IncomingHttpHeaders, body: Buffer) => [status: number, text: string] | undefined;
  latency: number;
  hold: (kind: Kind) => Promise<void> | undefined;
  running: number;
  mostRunning: number;
}

export interface Mock {
  state: MockState;
  port: number;
  url: string;
  stop(): Promise<void>;
}

export const CSP: string;
export function startMock(options?: { state?: MockState; port?: number }): Promise<Mock>;
