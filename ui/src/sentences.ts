// Formats values of the admin API for display. Pure.
import { duration, size } from "../../web/kit/format.ts";
import { LOCALE } from "../../web/kit/locale.ts";
import type {
  ActiveTransfer,
  Guest,
  Link,
  May,
  Overview,
  Reach,
  Share,
  ShareIndex,
  ShareVerification,
  Sharing,
  SkipReason,
  Who,
} from "../../web/kit/types.gen.ts";
import { type Batch, progressOf } from "./batches.ts";
import { rightsWords } from "./rights.ts";
import { t } from "./words.ts";

const list = new Intl.ListFormat(LOCALE, { type: "conjunction" });
// As the page with the files writes them.
const clock = new Intl.DateTimeFormat(LOCALE, { timeStyle: "short" });
const dayAndTime = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium", timeStyle: "short" });
const day = new Intl.DateTimeFormat(LOCALE, { dateStyle: "medium" });

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** "ann, ben and clara" */
export function names(all: readonly string[]): string {
  return list.format(all);
}

/** "14:05" for today, else "2 Nov 2026, 14:05". */
export function moment(ms: number, now = Date.now()): string {
  const date = new Date(ms);
  const time = clock.format(date);
  if (date.toDateString() === new Date(now).toDateString()) return t("time.today", { time });
  return dayAndTime.format(date);
}

/** "2 Nov 2026" */
export function date(ms: number): string {
  return day.format(ms);
}

/** "just now", "5 min ago", "3 h ago", then the date. */
export function ago(ms: number, now = Date.now()): string {
  const past = now - ms;
  if (past < 90_000) return t("time.now");
  if (past < HOUR) return t("time.minutesAgo", { n: Math.round(past / MINUTE) });
  if (past < 20 * HOUR) return t("time.hoursAgo", { n: Math.round(past / HOUR) });
  return moment(ms, now);
}

export function whoWords(who: Who): string {
  return who.is === "people" ? names(who.names) : t(`who.${who.is}`);
}

export function mayWords(may: May): string {
  return t(`may.${may}`);
}

/** Returns the display name of a share: the last part of its mount point. */
export function shareName(mount: string): string {
  return mount.split("/").filter(Boolean).pop() ?? t("share.root");
}

/** "Everyone who can reach this computer · view and download, until 2 Nov 2026" */
export function shareWords(share: Share): string {
  const words =
    share.who.is === "custom" || share.may === "custom"
      ? t("share.custom", { rights: rightsWords(share.rights) })
      : t("share.words", { who: whoWords(share.who), may: mayWords(share.may) });
  return share.until_ms === null ? words : t("share.until", { words, when: moment(share.until_ms) });
}

/** "Indexing names: 12,400 of about 18,204 files", "18,204 files, 96 GiB"; empty: there is no index. */
export function indexWords(index: ShareIndex): string {
  const { state, scanned, scanned_total, hashed, hashed_total } = index;
  switch (state.is) {
    case "off":
      return "";
    case "failed":
      return t("index.failed", { sentence: state.sentence });
    case "scanning":
      return scanned_total !== null && scanned_total >= scanned
        ? t("index.scanning.of", { scanned, n: scanned_total })
        : t("index.scanning", { n: scanned });
    case "hashing":
      return hashed_total > 0
        ? t("index.hashing.of", { done: size(hashed), whole: size(hashed_total) })
        : t("index.hashing");
    case "paused":
    case "waiting_for_disk":
      return t(`index.${state.is}`);
    case "up_to_date":
      return t("index.holds", { n: index.files, size: size(index.bytes) });
  }
}

/** "Verified 2 Nov 2026, 14:05: the contents of 18,204 files are unchanged." */
export function verificationWords(last: ShareVerification): string {
  const { files, bytes, bytes_total, differing, unreadable, ended_ms } = last;
  if (last.is_running)
    return bytes_total > 0 ? t("verify.running", { done: size(bytes), whole: size(bytes_total) }) : t("verify.waiting");
  const when = moment(ended_ms ?? Date.now());
  if (differing > 0) return t("verify.differing", { when, n: differing });
  if (last.is_cancelled) return t("verify.cancelled", { when, n: files });
  return unreadable > 0 ? t("verify.unreadable", { when, n: unreadable }) : t("verify.good", { when, n: files });
}

/** "2 unreadable" */
export function skipWords(reason: SkipReason, n: number): string {
  return t("skip.count", { n, reason: t(`skip.${reason}`, { n }) });
}

export function sharingWords(sharing: Sharing): string {
  if (sharing.is === "paused") return t("sharing.paused", { when: moment(sharing.until_ms) });
  return t(`sharing.${sharing.is}`);
}

/** "3 folders · 2 people connected" */
export function overviewWords(overview: Overview): string {
  const shares = overview.shares.filter(({ on }) => on).length;
  const parts = [t("overview.shares", { n: shares })];
  if (overview.connected > 0) parts.push(t("overview.connected", { n: overview.connected }));
  if (overview.transfers > 0) parts.push(t("overview.transfers", { n: overview.transfers }));
  return parts.join(" · ");
}

/** Returns the seconds left of a transfer; undefined if its size or speed is unknown. */
export function secondsLeft({ size: whole, done, speed }: ActiveTransfer): number | undefined {
  return whole === null || speed <= 0 ? undefined : Math.max(0, (whole - done) / speed);
}

/** "402 MiB of 774 MiB · 22 MiB/s · 17 s left" */
export function transferWords(transfer: ActiveTransfer): string {
  const { size: whole, done, speed } = transfer;
  const parts = [whole === null ? size(done) : t("transfer.of", { done: size(done), whole: size(whole) })];
  if (transfer.is_paused) return [...parts, t("transfer.held")].join(" · ");
  if (speed > 0) parts.push(t("transfer.speed", { size: size(speed) }));
  const left = secondsLeft(transfer);
  if (left !== undefined) parts.push(t("transfer.left", { time: duration(left) }));
  return parts.join(" · ");
}

/** Returns the last part of a host path or virtual path. */
export function fileName(path: string): string {
  return path.split(/[/\\]/).pop() || path;
}

/** "a.jpg", or "a.jpg and 2 more": the first by name, and the number of others. */
export function filesWords(paths: readonly string[]): string {
  const [first = "", ...more] = paths.map(fileName).sort((a, b) => a.localeCompare(b, LOCALE, { numeric: true }));
  return more.length === 0 ? first : t("files.more", { name: first, n: more.length });
}

/** Returns the display name of a link: its note, else its target. */
export function linkName({ note, target, files }: Link): string {
  return note || (files.length > 0 ? filesWords(files) : target);
}

/** "7 of 20 files, 35 %" and the speed; for a single transfer as `transferWords`. */
export function batchWords(batch: Batch): string {
  const [only] = batch.now;
  if (only && batch.now.length + batch.ended.length === 1) return transferWords(only);
  const { files, all, done, whole, speed, isHeld } = progressOf(batch);
  const count = t("batch.files", { files, n: all });
  const parts = [whole === null ? count : t("batch.percent", { count, percent: percentOf(done, whole) })];
  if (isHeld) return [...parts, t("transfer.held")].join(" · ");
  if (speed > 0) parts.push(t("transfer.speed", { size: size(speed) }));
  if (whole !== null && speed > 0)
    parts.push(t("transfer.left", { time: duration(Math.max(0, (whole - done) / speed)) }));
  return parts.join(" · ");
}

function percentOf(done: number, whole: number): number {
  return whole === 0 ? 100 : Math.floor((Math.min(done, whole) * 100) / whole);
}

export function guestWords({ path, may }: Guest): string {
  return t("guest.words", { path, may: mayWords(may) });
}

/** "used 9 times · 1.7 GiB received · expires 2 Nov 2026" */
export function linkWords(link: Link, now = Date.now()): string {
  const uses =
    link.max_uses === null ? t("link.uses", { n: link.uses }) : t("link.usesOf", { n: link.uses, most: link.max_uses });
  const parts = [uses];
  if (link.received > 0) parts.push(t("link.received", { size: size(link.received) }));
  if (link.state === "works") {
    parts.push(link.expires_ms === null ? t("link.forever") : t("link.until", { when: moment(link.expires_ms, now) }));
  }
  if (link.has_pin) parts.push(t("link.pin"));
  return parts.join(" · ");
}

/** Adapter and address: "Wi-Fi: 192.168.1.20:3923". */
export function addressWords(url: string, reach: Reach, adapter: string | null): string {
  const bare = url.replace(/^https?:\/\//, "").replace(/\/$/, "");
  const encrypted = url.startsWith("https:") ? t("address.encrypted", { address: bare }) : bare;
  return t("address.words", { adapter: adapter ?? t(`reach.${reach}`), address: encrypted });
}
