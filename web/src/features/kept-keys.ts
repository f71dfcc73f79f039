// Under which keys this browser keeps what is no setting. early.ts needs them, so that they need nothing else.

/** Keys in the local storage and in that of the tab; with a colon at the end all that begin so. All others hold settings. */
export const ABOUT_FILES: readonly string[] = [
  "potluck.unfinished",
  "potluck.viewer.positions",
  "potluck.view:",
  "potluck.clip:",
  "potluck.targets:",
  "potluck.undo:",
];

/** Holds the name of the account that was signed in last; removed when it signs out. */
export const OWNER_KEY = "potluck.owner";

export const isAboutFiles = (key: string): boolean =>
  ABOUT_FILES.some((one) => (one.endsWith(":") ? key.startsWith(one) : key === one));
