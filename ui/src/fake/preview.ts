// What the fake server says about a draft: rough, but shaped as the real answer is.
import type {
  FaultAt,
  Preview,
  PreviewRow,
  Share,
  ShareDraft,
  ShareWarning,
  Viewer,
} from "../../../web/kit/types.gen.ts";

const LETTERS = { look: "r", add: "rw", change: "rwmd", drop_off: "w", custom: "r" } as const;
const WORDS = {
  look: ["look"],
  add: ["look", "add"],
  change: ["look", "add", "change", "delete"],
  drop_off: ["add"],
  custom: ["look"],
} as const;

/** The rights of a draft in the letters of the command line. */
export function rightsOf({ who, may }: ShareDraft): string {
  const letters = LETTERS[may];
  if (who.is === "people") return who.names.map((name) => `${letters} ${name}`).join(", ");
  return who.is === "only_me" ? "A anna" : `${letters} *`;
}

export function faultsOf(draft: ShareDraft, was: string | null, shares: readonly Share[]): FaultAt[] {
  const faults: FaultAt[] = [];
  const add = (at: string, sentence: string): number => faults.push({ at, sentence });
  if (!/^\/[^/]*(\/[^/]+)*$/.test(draft.mount)) add("mount", "Write an address such as /photos.");
  if (draft.mount !== was && shares.some(({ mount }) => mount === draft.mount))
    add("mount", `There is a share at ${draft.mount} already. Choose another address.`);
  if (!/^(\/|[A-Z]:\\)/.test(draft.folder)) add("folder", "Choose a folder of this computer.");
  else if (/nowhere/.test(draft.folder)) add("folder", `There is no folder ${draft.folder}. Choose another one.`);
  for (const [at, line] of (draft.rules ?? []).entries())
    if (/^r?x/.test(line)) add("rules", `Line ${at + 1}: 'x' in '${line}' is not a permission; see --help-perms.`);
  if (draft.who.is === "people" && draft.who.names.length === 0) add("who", "Name at least one person.");
  return faults;
}

function warningsOf(draft: ShareDraft, was: string | null, shares: readonly Share[]): ShareWarning[] {
  const warnings: ShareWarning[] = [];
  if (/^\/home\/[^/]+\/?$/.test(draft.folder)) {
    warnings.push({ is_serious: true, sentence: "This is your whole home folder. Choose a folder inside it." });
    warnings.push({ is_serious: true, sentence: "There are keys inside: .ssh/id_ed25519." });
  }
  for (const { mount, folder } of shares) {
    if (mount !== was && folder.startsWith(`${draft.folder}/`))
      warnings.push({ is_serious: false, sentence: `The share ${mount} lies inside and keeps its own rights.` });
  }
  return warnings;
}

export function fakePreview(draft: ShareDraft, was: string | null, viewer: Viewer, shares: readonly Share[]): Preview {
  const others = shares.filter((share) => share.on && share.mount !== was);
  const all = [...others, { ...draft, is_here: true }].sort((a, b) => (a.mount < b.mount ? -1 : 1));
  const rows = all.flatMap((share): PreviewRow[] => {
    const { who, may, mount } = share;
    const isHere = "is_here" in share;
    const isNamed = who.is === "people" && viewer.is === "person" && who.names.includes(viewer.name);
    const gets = who.is === "everyone" || isNamed || (isHere && viewer.is === "invited");
    if (!share.on || (!gets && who.is !== "custom")) return [];
    const base = { is_here: isHere, is_hidden: false, rights: LETTERS[may], words: [...WORDS[may]] };
    const top = { ...base, name: mount.slice(1) || "/", depth: 0, is_folder: true };
    if (may === "drop_off") return [top];
    const keys = { ...base, name: ".ssh", depth: 1, is_folder: true, is_hidden: true };
    if (/^\/home\/[^/]+\/?$/.test(share.folder)) return [top, keys];
    const inside = ["2025", "2026"].map((name) => ({ ...base, name, depth: 1, is_folder: true }));
    return [top, ...inside, { ...base, name: "notes.txt", depth: 1, is_folder: false }];
  });
  const grants = draft.who.is === "people" ? draft.who.names.join(",") : "*";
  const faults = faultsOf(draft, was, shares);
  return {
    rows,
    is_cut: false,
    warnings: warningsOf(draft, was, shares),
    faults,
    rules: faults.length > 0 ? [] : (draft.rules ?? [`${LETTERS[draft.may]},${grants}`]),
    command_line:
      draft.may === "custom"
        ? null
        : `potluck-server -v '${draft.folder}:${draft.mount.slice(1)}:${LETTERS[draft.may]},${grants}'`,
  };
}
