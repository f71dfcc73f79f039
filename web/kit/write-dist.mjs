// Writes the files of a build. Those whose content is the same keep their time, so that programs that embed them are not
// compiled again.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Makes `files` (content by name) the only files in the folder `dist`. */
export function writeDist(dist, files) {
  mkdirSync(dist, { recursive: true });
  for (const name of readdirSync(dist)) if (!(name in files)) rmSync(join(dist, name), { recursive: true });
  for (const [name, content] of Object.entries(files)) {
    const path = join(dist, name);
    const bytes = Buffer.from(content);
    if (!existing(path)?.equals(bytes)) writeFileSync(path, bytes);
  }
}

function existing(path) {
  try {
    return readFileSync(path);
  } catch {
    return undefined;
  }
}
