// Drafts of shares and links, and the mapping of host paths to virtual paths.
import type { FaultAt, Link, LinkDraft, LinkKind, Share, ShareDraft } from "../../web/kit/types.gen.ts";

/** Returns the editable fields of a share. */
export function draftOf(share: Share): ShareDraft {
  const { is_there: _there, rights: _rights, ...draft } = share;
  return { ...structuredClone(draft), rules: null, make_folder: false };
}

/** Returns a draft of a new share that only the owner can open. `index`: whether it gets an index. */
export function newShare(folder: string, taken: readonly string[], index: boolean): ShareDraft {
  return {
    mount: folder === "" ? "" : suggestMount(folder, taken),
    folder,
    on: true,
    who: { is: "only_me" },
    may: "look",
    until_ms: null,
    limits: { max_file: null, max_total: null, min_free: null, keep_days: null },
    show_hidden: false,
    by_month: false,
    index,
    rules: null,
    make_folder: false,
  };
}

/** Returns an unused mount point for a folder: "/my-photos", "/my-photos-2". */
export function suggestMount(folder: string, taken: readonly string[]): string {
  const last = folder.split(/[/\\]/).filter(Boolean).pop() ?? "";
  const name = last
    .toLowerCase()
    .replace(/^[a-z]:$/, (drive) => `disk-${drive[0]}`)
    .replace(/[\s?#%&:;"'<>|*\\]+/g, "-")
    .replace(/^[-.]+|-+$/g, "");
  const mount = `/${name || "files"}`;
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? mount : `${mount}-${n}`;
    if (!taken.includes(candidate)) return candidate;
  }
}

/** Returns the virtual path of a host path, through the deepest share that contains it; undefined if no share does. */
export function virtualPath(path: string, shares: readonly Share[]): string | undefined {
  const clean = (text: string): string => text.replace(/\\/g, "/").replace(/\/+$/, "");
  const wanted = clean(path);
  let best: Share | undefined;
  for (const share of shares) {
    const folder = clean(share.folder);
    const holds = wanted === folder || wanted.startsWith(`${folder}/`);
    if (share.on && holds && (!best || folder.length > clean(best.folder).length)) best = share;
  }
  if (!best) return undefined;
  const below = wanted.slice(clean(best.folder).length);
  return best.mount === "/" ? below || "/" : best.mount + below;
}

/** Returns the draft of a new link. */
export function newLink(kind: LinkKind, target: string): LinkDraft {
  return {
    kind,
    target,
    note: "",
    may: kind === "request" ? "drop_off" : "look",
    pin: { is: "none" },
    expires_ms: null,
    max_uses: null,
    max_bytes: null,
  };
}

/** Returns the editable fields of a link. */
export function linkDraftOf(link: Link): LinkDraft {
  const { kind, target, note, may, expires_ms, max_uses, max_bytes } = link;
  return { kind, target, note, may, expires_ms, max_uses, max_bytes, pin: { is: link.has_pin ? "keep" : "none" } };
}

/** Returns the errors of a field, joined. The server names it alone (`folder`) or qualified (`limits.max_file`). */
export function faultAt(faults: readonly FaultAt[], field: string): string {
  return faults
    .filter(({ at }) => at === field || at.endsWith(`.${field}`))
    .map(({ sentence }) => sentence)
    .join(" ");
}

/** Returns the errors that belong to none of `fields`; they have to be shown elsewhere. */
export function faultsElsewhere(faults: readonly FaultAt[], fields: readonly string[]): string[] {
  const known = (at: string): boolean => fields.some((field) => at === field || at.endsWith(`.${field}`));
  return faults.filter(({ at }) => !known(at)).map(({ sentence }) => sentence);
}
