// What was dropped, pasted or chosen, taken at once: a browser empties a drop's data when its event has ended.

export interface Picked {
  /** files and folders of a drop or a paste */
  entries: FileSystemEntry[];
  /** files of an input, or of a browser without entries */
  files: File[];
}

export function holdsFiles(transfer: DataTransfer | null): boolean {
  return transfer?.types.includes("Files") ?? false;
}

/** Takes the files and folders out of a drop or a paste. To be called during its event. */
export function fromTransfer(transfer: DataTransfer): Picked {
  const picked: Picked = { entries: [], files: [] };
  for (const item of transfer.items) {
    if (item.kind !== "file") continue;
    const entry = item.webkitGetAsEntry?.();
    const file = entry ? null : item.getAsFile();
    if (entry) picked.entries.push(entry);
    else if (file) picked.files.push(file);
  }
  return picked;
}
