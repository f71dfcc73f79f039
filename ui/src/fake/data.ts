// Initial state of the fake server.
import type {
  Activity,
  Address,
  CheckResult,
  Lan,
  Link,
  Overview,
  People,
  Share,
  ShareDraft,
} from "../../../web/kit/types.gen.ts";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

export const addresses: Address[] = [
  { url: "http://192.168.1.20:3923/", reach: "lan", interface: "Wi-Fi" },
  { url: "http://kitchen.local:3923/", reach: "lan", interface: null },
  { url: "http://100.101.7.3:3923/", reach: "vpn", interface: "tailscale0" },
  { url: "http://172.17.0.1:3923/", reach: "virtual", interface: "docker0" },
  { url: "http://127.0.0.1:3923/", reach: "loopback", interface: "lo" },
];

const LIMITS = { max_file: null, max_total: null, min_free: null, keep_days: null };

/** A share from a draft, as the server would keep it. */
export function made(draft: ShareDraft, rights: string): Share {
  return { ...draft, index: draft.index ?? false, is_there: true, rights };
}

export function fakeShares(): Share[] {
  const base = {
    on: true,
    is_there: true,
    until_ms: null,
    limits: LIMITS,
    show_hidden: false,
    by_month: false,
    index: true,
  };
  return [
    {
      ...base,
      mount: "/photos",
      folder: "/home/anna/Pictures",
      who: { is: "people", names: ["ben", "clara"] },
      may: "look",
      rights: "r ben, r clara",
    },
    {
      ...base,
      mount: "/inbox",
      folder: "/home/anna/Downloads/Inbox",
      who: { is: "everyone" },
      may: "drop_off",
      rights: "w *",
      by_month: true,
      limits: { ...LIMITS, max_file: 4 * 2 ** 30, min_free: 2 * 2 ** 30 },
    },
    {
      ...base,
      mount: "/work",
      folder: "/home/anna/Documents/Work",
      on: false,
      who: { is: "only_me" },
      may: "change",
      rights: "A anna",
    },
    {
      ...base,
      mount: "/usb",
      folder: "/media/anna/Backup Drive",
      is_there: false,
      who: { is: "custom" },
      may: "custom",
      rights: "r *, rw ben, rwmd anna",
      until_ms: Date.now() + 3 * DAY,
    },
  ];
}

export function fakeOverview(shares: Share[]): Overview {
  return {
    version: "0.1.0",
    name: "Kitchen PC",
    generation: 4,
    sharing: { is: "on" },
    addresses,
    shares,
    connected: 2,
    transfers: 1,
    problems: [
      {
        code: "folder_missing",
        sentence: "The folder of “usb” was not found. Plug the disk in, or choose another folder for it.",
      },
    ],
    is_new: false,
    banner: null,
    suggested_inbox: "/home/anna/Downloads/Inbox",
    sftp_fingerprint: "SHA256:/kVdO3dbR4IjeIgY2L9loruAgsdaQMH+CjPQePkY+qg",
  };
}

export function fakePeople(): People {
  const now = Date.now();
  return {
    people: [
      { name: "anna", shares: ["/work", "/usb"], devices: 1, is_admin: true, is_you: true },
      { name: "ben", shares: ["/photos", "/usb"], devices: 2, is_admin: false, is_you: false },
      { name: "clara", shares: ["/photos"], devices: 0, is_admin: false, is_you: false },
    ],
    groups: [{ name: "family", members: ["anna", "ben", "clara"] }],
    devices: [
      {
        id: "d1",
        name: "Ben's iPhone",
        account: "ben",
        guest: null,
        address: "192.168.1.31",
        first_seen_ms: now - 20 * DAY,
        last_seen_ms: now - MINUTE,
        expires_ms: now + 40 * DAY,
        is_this: false,
      },
      {
        id: "d2",
        name: "Firefox on Windows",
        account: "ben",
        guest: null,
        address: "192.168.1.40",
        first_seen_ms: now - 3 * DAY,
        last_seen_ms: now - 5 * HOUR,
        expires_ms: now + 57 * DAY,
        is_this: false,
      },
      {
        id: "d3",
        name: "Chrome on Android",
        account: null,
        guest: { path: "/inbox", may: "drop_off", link: null },
        address: "192.168.1.52",
        first_seen_ms: now - HOUR,
        last_seen_ms: now - 12 * MINUTE,
        expires_ms: now + DAY,
        is_this: false,
      },
      {
        id: "d4",
        name: "Safari on iPad",
        account: null,
        guest: { path: "/photos/2026", may: "look", link: "l1" },
        address: "192.168.1.53",
        first_seen_ms: now - 2 * HOUR,
        last_seen_ms: now - 30 * MINUTE,
        expires_ms: now + DAY,
        is_this: false,
      },
      {
        id: "d5",
        name: "Firefox on Linux",
        account: "anna",
        guest: null,
        address: "192.168.1.20",
        first_seen_ms: now - 30 * DAY,
        last_seen_ms: now,
        expires_ms: now + 30 * DAY,
        is_this: true,
      },
    ],
    bans: [{ address: "192.168.1.77", until_ms: now + 40 * MINUTE }],
  };
}

const urls = (path: string): string[] => addresses.map(({ url }) => `${url}${path}`);

export function fakeLinks(): Link[] {
  const now = Date.now();
  return [
    {
      id: "l1",
      kind: "request",
      target: "/inbox/wedding",
      files: [],
      urls: urls("s/k3v9q2hd"),
      note: "Anna's wedding photos",
      may: "drop_off",
      has_pin: false,
      created_ms: now - 2 * DAY,
      expires_ms: now + 12 * DAY,
      uses: 9,
      max_uses: null,
      max_bytes: 20 * 2 ** 30,
      received: 1_780_000_000,
      state: "works",
    },
    {
      id: "l2",
      kind: "show",
      target: "/photos/2026/live",
      files: [],
      urls: urls("s/7mzx4tqa"),
      note: "",
      may: "look",
      has_pin: true,
      created_ms: now - 40 * DAY,
      expires_ms: now - 10 * DAY,
      uses: 3,
      max_uses: 10,
      max_bytes: null,
      received: 0,
      state: "expired",
    },
  ];
}

export function fakeActivity(): Activity {
  const now = Date.now();
  const past = { account: "*", who: "Chrome on Android", address: "192.168.1.52" };
  return {
    now: [
      {
        id: 7,
        is_upload: true,
        path: "/inbox/IMG_2042.MOV",
        account: "ben",
        who: "Ben's iPhone",
        address: "192.168.1.31",
        size: 812_000_000,
        done: 402_000_000,
        speed: 23_400_000,
        is_paused: false,
        since_ms: now - 17_000,
      },
      {
        id: 8,
        is_upload: false,
        path: "/photos/2026/summer.zip",
        account: "ben",
        who: "Firefox on Windows",
        address: "192.168.1.40",
        size: null,
        done: 90_500_000,
        speed: 11_000_000,
        is_paused: false,
        since_ms: now - 8_000,
      },
    ],
    past: [
      { ...past, at_ms: now - 4 * MINUTE, outcome: { is: "arrived" }, path: "/inbox/IMG_2041.HEIC", size: 3_120_000 },
      {
        ...past,
        at_ms: now - 9 * MINUTE,
        outcome: { is: "message", text: "Here are the pictures from Saturday, more to come!" },
        path: "",
        size: 50,
      },
      {
        ...past,
        at_ms: now - 40 * MINUTE,
        outcome: { is: "failed", reason: "The connection was lost. What arrived is kept until tomorrow." },
        path: "/inbox/long video.mp4",
        size: 1_900_000_000,
      },
      {
        at_ms: now - 3 * HOUR,
        account: "ben",
        who: "Ben's iPhone",
        address: "192.168.1.31",
        outcome: { is: "sent" },
        path: "/photos/2026/live/track1.mp3",
        size: 4_300_000,
      },
    ],
    connections: [
      {
        id: 21,
        peer: "192.168.1.31:50112",
        account: "ben",
        tls: false,
        since_ms: now - 60_000,
        requests: 48,
        in_flight: 1,
        received: 402_000_000,
        sent: 120_000,
      },
      {
        id: 22,
        peer: "192.168.1.52:41830",
        account: "*",
        tls: false,
        since_ms: now - 14 * MINUTE,
        requests: 9,
        in_flight: 0,
        received: 3_200_000,
        sent: 410_000,
      },
    ],
  };
}

export function fakeLan(): Lan {
  return {
    is_announced: true,
    name: "kitchen.local",
    neighbours: [{ name: "Attic NAS", kind: "copyparty", url: "http://192.168.1.9:3923/" }],
    network: { id: "n1", name: "192.168.1.0/24 behind 192.168.1.1", trust: "trusted" },
  };
}

export function fakeChecks(): CheckResult[] {
  return [
    { title: "Is the server running?", state: "good", sentence: "Yes, on port 3923.", advice: "" },
    {
      title: "Can others find it by name?",
      state: "good",
      sentence: "Yes, as kitchen.local.",
      advice: "",
    },
    {
      title: "Has another device connected?",
      state: "unsure",
      sentence: "Not in the last five minutes.",
      advice: "Scan the QR code with a phone on the same Wi-Fi.",
    },
    {
      title: "Are connections encrypted?",
      state: "bad",
      sentence: "The address that phones use is plain http.",
      advice: "On other networks, use the https address or turn sharing off.",
    },
  ];
}
