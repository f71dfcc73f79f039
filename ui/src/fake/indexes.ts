// Indexes of the fake server.
import type { Finding, Share, ShareIndex, SkippedName } from "../../../web/kit/types.gen.ts";

const MINUTE = 60_000;

const NONE = {
  files: 0,
  folders: 0,
  bytes: 0,
  to_hash: 0,
  unreadable: 0,
  database_bytes: 0,
  scanned: 0,
  scanned_total: null,
  hashed: 0,
  hashed_total: 0,
  skipped: [],
  verification: null,
};

/** Returns the indexes of these shares: one of every state. */
export function fakeIndexes(shares: readonly Share[]): ShareIndex[] {
  return shares.map((share) => {
    const { mount } = share;
    if (!share.index) return { ...NONE, mount, state: { is: "off" } };
    const full = { ...NONE, mount, files: 18_204, folders: 312, bytes: 96 * 2 ** 30, database_bytes: 4_800_000 };
    if (!share.is_there) return { ...full, state: { is: "waiting_for_disk" } };
    if (mount === "/inbox")
      return {
        ...full,
        state: { is: "hashing" },
        files: 941,
        folders: 14,
        bytes: 12 * 2 ** 30,
        database_bytes: 310_000,
        to_hash: 120,
        hashed: 3 * 2 ** 30,
        hashed_total: 12 * 2 ** 30,
      };
    return {
      ...full,
      state: { is: "scanning" },
      scanned: 12_400,
      scanned_total: 18_204,
      unreadable: 2,
      skipped: [
        { reason: "unreadable", count: 2 },
        { reason: "link", count: 1 },
      ],
      verification: {
        is_running: false,
        started_ms: Date.now() - 50 * MINUTE,
        ended_ms: Date.now() - 20 * MINUTE,
        is_cancelled: false,
        files: 18_204,
        bytes: 96 * 2 ** 30,
        bytes_total: 96 * 2 ** 30,
        differing: 1,
        unreadable: 0,
      },
    };
  });
}

export function fakeSkipped(): SkippedName[] {
  const at_ms = Date.now() - MINUTE;
  return [
    { path: "/2019/Sicily/IMG_2041.CR2", reason: "unreadable", error: "Permission denied (os error 13)", at_ms },
    { path: "/2019/Sicily/IMG_2042.CR2", reason: "unreadable", error: "Permission denied (os error 13)", at_ms },
    { path: "/old disk", reason: "link", error: null, at_ms },
  ];
}

export function fakeFindings(): Finding[] {
  const found_ms = Date.now() - 25 * MINUTE;
  return [
    { path: "/2011/Wedding/DSC_0188.JPG", kind: "differs", size: 4_812_330, modified_ms: 1_308_400_000_000, found_ms },
  ];
}
