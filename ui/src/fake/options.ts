// A few options of each kind, as the server's table has them.
import type { OptionInfo, OptionKind } from "../../../web/kit/types.gen.ts";

type Row = [name: string, kind: OptionKind, unit: string, value: string, standard: string, help: string];

const ROWS: Record<string, Row[]> = {
  general: [["name", "text", "TEXT", "Kitchen PC", "", "what the server calls itself"]],
  network: [
    ["ports", "list", "PORT,..", "3923", "3923", "ports: 80,3923 or 3923-3925"],
    ["listen", "list", "ADDR,..", "::", "::", "addresses to listen on; also unix:[MODE:[GROUP:]]/path"],
    ["http-only", "switch", "", "no", "no", "no encryption; otherwise each port answers both"],
    ["https-only", "switch", "", "no", "no", "only encrypted connections"],
    ["cert", "path", "FILE", "", "", "PEM file with key and certificate chain; without it we make our own"],
    ["max-connections", "number", "N", "4096", "4096", "most connections at once"],
    [
      "xff-hdr",
      "text",
      "HEADER",
      "x-forwarded-for",
      "x-forwarded-for",
      "the header in which a proxy tells the client's address",
    ],
  ],
  login: [
    ["ban-pw", "text", "N,W,B", "9,60,1440", "9,60,1440", "after N wrong passwords in W minutes ban for B minutes"],
    ["logout", "number", "HOURS", "8086", "8086", "a login ends after this long without a request"],
  ],
  uploads: [
    ["dedup", "switch", "", "yes", "no", "keep one copy of equal files"],
    ["min-free", "size", "BYTES", "2g", "0", "refuse uploads when the disk has less free"],
    ["hardlink", "switch", "", "no", "no", "equal files are hard links instead of symbolic ones"],
  ],
  safety: [
    ["no-del", "switch", "", "no", "no", "disable deleting"],
    ["vague-403", "switch", "", "no", "no", "what is forbidden looks as if it did not exist"],
    ["no-robots", "switch", "", "no", "no", "tell search engines to stay away"],
  ],
  pages: [
    ["theme", "choice", "NAME", "auto", "auto", "the colours of pages"],
    ["readme", "switch", "", "yes", "yes", "show readme files under lists"],
  ],
  logging: [["log", "path", "FILE", "", "", "also write the log to this file"]],
};

export function fakeOptions(): OptionInfo[] {
  return Object.entries(ROWS).flatMap(([group, rows]) =>
    rows.map(([name, kind, unit, value, standard, help]) => ({
      name,
      group,
      kind,
      choices: kind === "choice" ? ["auto", "light", "dark"] : [],
      unit,
      help,
      value,
      default: standard,
      needs_restart: name === "log",
    })),
  );
}
