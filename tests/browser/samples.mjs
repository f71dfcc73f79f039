// Files of all kinds for tests that look at every view: pictures, a film, songs with tags, texts, a PDF, documents, names of all kinds.
import { execFileSync } from "node:child_process";
import { mkdirSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Why the files cannot be made here; undefined if they can. */
export const missing = (() => {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return undefined;
  } catch {
    return "ffmpeg";
  }
})();

const ffmpeg = (...args) => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);

const GUIDE = `# The garden

A plan for the year, with *notes* from last spring.

| bed | seeds | grams |
|:----|:-----:|------:|
| North | Beans, **peas** | 120 |
| South | Pumpkins | 5 |

- [x] Dig
- [ ] Water the beds

\`\`\`rust
fn main() {
    println!("Hello, garden!");
}
\`\`\`
`;

/** One page with a line of text. */
const PDF = `%PDF-1.4
1 0 obj <</Type/Catalog/Pages 2 0 R>> endobj
2 0 obj <</Type/Pages/Kids[3 0 R]/Count 1>> endobj
3 0 obj <</Type/Page/Parent 2 0 R/MediaBox[0 0 300 200]/Contents 4 0 R/Resources<</Font<</F 5 0 R>>>>>> endobj
4 0 obj <</Length 44>> stream
BT /F 24 Tf 40 100 Td (Invoice 2026-11) Tj ET
endstream endobj
5 0 obj <</Type/Font/Subtype/Type1/BaseFont/Helvetica>> endobj
trailer <</Size 6/Root 1 0 R>>
%%EOF
`;

const SONGS = [
  ["01 First light", "First light", "The Sines", 60],
  ["02 Second thoughts", "Second thoughts", "The Sines", 70],
  ["03 Third man", "Third man", "Ann & the Overtones", 65],
];

/** Colours of the made pictures: sky above, land below. */
const SCENES = [
  ["0x1d3557", "0xf4a261"],
  ["0x264653", "0xe9c46a"],
  ["0x3d405b", "0xe07a5f"],
  ["0x0b3954", "0xbfd7ea"],
  ["0x2a9d8f", "0xf1faee"],
  ["0x6d597a", "0xe56b6f"],
];

function photo(path, [sky, land], seed) {
  const size = seed % 4 === 3 ? "600x800" : "1200x800";
  const source = `gradients=s=${size}:c0=${sky}:c1=${land}:c2=${sky}:nb_colors=3:x0=0:y0=0:x1=${200 + seed * 90}:y1=800:seed=${seed}`;
  ffmpeg("-f", "lavfi", "-i", source, "-frames:v", "1", "-q:v", "4", path);
}

/** Names that people and systems have: long ones, with signs, from right to left. */
export const ODD_NAMES = [
  "A very long name of a report that few people read to its end and that has to be kept for ten years (final 3).odt",
  "50 % off & more #1.txt",
  "קובץ בעברית.txt",
  "ملاحظات الاجتماع.txt",
  "日本語のファイル名.txt",
  "NoSpacesInThisNameWhichIsLongerThanAnyColumnOfANarrowScreenCouldEverShow_2026-11-30.csv",
];

/** Makes the files below a folder: `photos`, `songs`, `documents`, `names` and an empty `inbox`. */
export function makeSamples(root) {
  const put = (path, content, days = 0) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
    const at = 1_795_000_000 - days * 86_400;
    utimesSync(join(root, path), at, at);
  };
  for (const folder of ["photos/Summer", "photos/Family", "songs", "documents/2025", "names", "inbox"])
    mkdirSync(join(root, folder), { recursive: true });
  for (const [at, scene] of SCENES.entries()) photo(join(root, `photos/IMG_${2040 + at}.jpg`), scene, at);
  photo(join(root, "photos/Summer/Beach.jpg"), SCENES[4], 1);
  photo(join(root, "songs/cover.jpg"), SCENES[5], 2);
  const film = "testsrc2=size=480x270:rate=10:duration=10";
  ffmpeg("-f", "lavfi", "-i", film, "-c:v", "libvpx", "-b:v", "200k", join(root, "photos/Harbour.webm"));
  for (const [name, title, artist, seconds] of SONGS) {
    const tags = [`title=${title}`, `artist=${artist}`, "album=Waves"].flatMap((tag) => ["-metadata", tag]);
    const tune = `sine=frequency=330:duration=${seconds}`;
    ffmpeg("-f", "lavfi", "-i", tune, "-ac", "1", "-b:a", "64k", ...tags, join(root, `songs/${name}.mp3`));
  }
  put("documents/README.md", "# Documents\n\nWhat the tax office asks for is in **2025**.\n", 30);
  put("documents/Garden.md", GUIDE, 3);
  put("documents/Invoice 2026-11.pdf", PDF, 10);
  put("documents/notes.txt", "Call the plumber.\nBuy seeds.\n", 1);
  put("documents/server.rs", "// Answers one request.\nfn answer() -> u32 {\n    42\n}\n".repeat(12), 2);
  put("documents/2025/Tax.txt", "Paid.\n", 300);
  for (let n = 1; n <= 12; n++) put(`documents/Letter ${n}.txt`, `Letter ${n}\n`.repeat(n * 20), n * 7);
  for (const name of ODD_NAMES) put(`names/${name}`, name, 5);
}
