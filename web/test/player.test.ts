// The parts of the player that need no page: order of songs, ids and moments in addresses, playlists, folders, formats, waveform.
import assert from "node:assert/strict";
import { test } from "node:test";
import { idsOf, nameId, rowOfId } from "../src/browse/name-id.ts";
import { keyOf, type Row } from "../src/browse/rows.ts";
import { type Failure, failureOf, mayConvert, sentenceOf } from "../src/player/failures.ts";
import { FOLDERS_MAX, foldersFrom } from "../src/player/folders.ts";
import { bestTarget, type ConvertChoices, targetOf } from "../src/player/formats.ts";
import {
  decodePlaylist,
  locationIn,
  PLAYLIST_MAX_ENTRIES,
  parsePlaylist,
  pathOfEntry,
  playlistText,
} from "../src/player/m3u.ts";
import { fragmentOf, requestOf, secondsOf } from "../src/player/moment.ts";
import { songsOfPlaylist } from "../src/player/playlist-songs.ts";
import { currentOf, makeQueue, type Queue, reordered, restarted, stepped, updated } from "../src/player/queue.ts";
import { endOfGap, gapsOf } from "../src/player/silence.ts";
import { guessOf, nowPlayingText, type Song, songsOf } from "../src/player/song.ts";
import { levelsOf } from "../src/player/waveform.ts";

const file = (name: string, more: Partial<Extract<Row, { kind: "file" }>> = {}): Row => ({
  kind: "file",
  name,
  size: 1,
  modified_ms: 1_000,
  ...more,
});
const songs = (...names: string[]): Song[] =>
  songsOf(
    names.map((name) => file(`${name}.mp3`)),
    "/m/",
    "",
  );
const names = (queue: Queue): string => queue.order.map((at) => queue.songs[at]?.title).join("");
/** Random numbers that repeat from run to run. */
function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

test("ids of names: the vectors of the specification, clashes, paths of results", () => {
  assert.equal(nameId("a.mp3"), "f27d317e");
  assert.equal(nameId("01 - foo.flac"), "22bb1d97");
  assert.equal(nameId("ø û.txt"), "512e91e0");
  assert.equal(nameId("日本.txt"), "50e1b7cd");
  // U+0141 has the low byte of "A".
  const rows = [file("A.mp3"), file("\u0141.mp3"), { ...file("x"), kind: "folder" } as Row, file("\u0241.mp3")];
  const id = nameId("A.mp3");
  assert.deepEqual([...idsOf(rows).values()], [id, `${id}a`, `${id}aa`]);
  assert.equal(rowOfId(rows, `${id}a`)?.name, "\u0141.mp3");
  assert.equal(rowOfId(rows, "00000000"), undefined);
  const found = file("ü.mp3", { folder: "/m/%C3%A4/" });
  assert.equal(idsOf([found]).get(keyOf(found)), nameId("m/ä/ü.mp3"));
});

test("moments: every spelling", () => {
  const check = (text: string, seconds: number | undefined): void => assert.equal(secondsOf(text), seconds, text);
  check("20", 20);
  check("20s", 20);
  check("1m20", 80);
  check("1m20s", 80);
  check("t=20", 20);
  check("t=1:20", 80);
  check("T1:20", 80);
  check("T=1m20s", 80);
  check("t=01:20", 80);
  check("0", 0);
  check("0:07", 7);
  check("t=75:03", 4503);
  for (const other of ["", "s", "1:", "m20", "1h20m", "t=-20", "20 s", "1:20:30", "sort=size"]) check(other, undefined);
});

test("fragments: songs, moments, playlists, and those of other features", () => {
  const check = (fragment: string, expected: unknown): void =>
    assert.deepEqual(requestOf(fragment), expected, fragment);
  const song = (id: string, from?: number) => ({ kind: "song", id, from });
  check("#af-f27d317e", song("f27d317e"));
  check("#af-F27D317E", song("f27d317e"));
  check("#af-f27d317eaa", song("f27d317eaa"));
  check("#af-f27d317e&1m20s", song("f27d317e", 80));
  check("#af-f27d317e&t=1:20", song("f27d317e", 80));
  check("#af-f27d317e&sort=size&20", song("f27d317e", 20));
  check("#m3u=/m/a%20b.m3u", { kind: "playlist", path: "/m/a%20b.m3u" });
  for (const other of ["", "#", "#gf-f27d317e", "#af-f27d317", "#af-f27d317ex", "#q=af-f27d317e", "#m3u="])
    check(other, undefined);
  for (const from of [0, 7, 80, 4503.9]) {
    const request = requestOf(fragmentOf("f27d317e", from));
    assert.deepEqual(request, song("f27d317e", Math.floor(from)));
  }
  assert.equal(fragmentOf("f27d317e", 80), "#af-f27d317e&t=1:20");
});

test("queue: steps, ends, and playing again", () => {
  const queue = makeQueue({ kind: "folder", path: "/m/" }, songs("a", "b", "c"), 1, false, seeded(1));
  assert.equal(currentOf(queue)?.title, "b");
  assert.equal(currentOf(stepped(queue, 1))?.title, "c");
  assert.equal(currentOf(stepped(queue, -1))?.title, "a");
  assert.equal(stepped(queue, 2), undefined);
  assert.equal(stepped(queue, -2), undefined);
  assert.equal(currentOf(restarted(queue, 1, false, seeded(1)))?.title, "a");
  assert.equal(currentOf(restarted(queue, -1, false, seeded(1)))?.title, "c");
  assert.equal(currentOf(undefined), undefined);
});

test("queue: shuffling plays every song once, the current one first, and each order about as often", () => {
  const counts = new Map<string, number>();
  const random = seeded(7);
  for (let run = 0; run < 6000; run++) {
    const queue = makeQueue({ kind: "rows" }, songs("a", "b", "c", "d"), 2, true, random);
    assert.equal(currentOf(queue)?.title, "c");
    const order = names(queue);
    assert.equal([...order].sort().join(""), "abcd");
    counts.set(order, (counts.get(order) ?? 0) + 1);
  }
  assert.equal(counts.size, 6);
  for (const [order, count] of counts) assert.ok(count > 850 && count < 1150, `${order}: ${count}`);
  const shuffled = makeQueue({ kind: "rows" }, songs("a", "b", "c", "d"), 2, true, random);
  const back = reordered(shuffled, false, random);
  assert.deepEqual([names(back), currentOf(back)?.title], ["abcd", "c"]);
  assert.equal([...names(restarted(shuffled, 1, true, random))].sort().join(""), "abcd");
});

test("queue: a list that changes keeps the current song", () => {
  const source = { kind: "folder", path: "/m/" } as const;
  const queue = makeQueue(source, songs("a", "b", "c"), 1, false, seeded(1));
  const sorted = updated(queue, songs("c", "b", "a", "d"), false, seeded(1));
  assert.deepEqual([names(sorted), currentOf(sorted)?.title], ["cbad", "b"]);
  assert.equal(updated(queue, songs("a", "b", "c"), false, seeded(1)), queue, "nothing has changed");
  assert.equal(updated(queue, songs("a", "c"), false, seeded(1)), queue, "the current song is gone");
  const shuffled = makeQueue(source, songs("a", "b", "c"), 1, true, seeded(3));
  const more = updated(shuffled, songs("z", "c", "b", "a"), true, seeded(3));
  assert.equal(names(more), `${names(shuffled)}z`, "what was there keeps its order");
  assert.equal(currentOf(more)?.title, "b");
});

test("songs: what tags and names tell", () => {
  const check = (name: string, title: string, artist = ""): void =>
    assert.deepEqual(guessOf(name), { title, artist }, name);
  check("Styx - Boat on the River.mp3", "Boat on the River", "Styx");
  check("01 - one.mp3", "one");
  check("7. - one.mp3", "one");
  check("track.mp3", "track");
  check(".mp3", ".mp3");
  check(" - x.mp3", " - x");
  check("a - .mp3", "a - ");
  const rows = [
    file("x.mp3", { tags: { title: "T", artist: "A", circle: "C", album: "L", ".dur": 221.4 } }),
    file("notes.txt"),
    file("Folder.JPG"),
    file("y.mp3", { folder: "/other/", key: "k1" }),
  ];
  const [x, y] = songsOf(rows, "/m/", "/base");
  assert.deepEqual(
    [x?.title, x?.artist, x?.album, x?.seconds, x?.cover],
    ["T", "C // A", "L", 221.4, "/base/m/Folder.JPG"],
  );
  assert.deepEqual([y?.path, y?.href, y?.cover], ["/other/y.mp3", "/base/other/y.mp3?k=k1", undefined]);
  assert.ok(x);
  assert.equal(nowPlayingText(x, 42.9, 221.4), "C // A - T (0:42 / 3:41)");
  assert.equal(nowPlayingText(x, 0, 0), "C // A - T (0:00)");
});

test("playlists: lines, titles, character sets", () => {
  const text =
    "\uFEFF#EXTM3U\r\n#EXTINF:221,Styx - Boat\r\na b.mp3\r\n\r\n# remark\r\n#EXTINF:-1 tvg=1,No length\nsub/ü.ogg\rlast.mp3";
  const entries = [
    { location: "a b.mp3", title: "Styx - Boat", seconds: 221 },
    { location: "sub/ü.ogg", title: "No length", seconds: undefined },
    { location: "last.mp3", title: "", seconds: undefined },
  ];
  assert.deepEqual(parsePlaylist(decodePlaylist(new TextEncoder().encode(text))), entries);
  assert.equal(decodePlaylist(Uint8Array.of(0x66, 0xfc, 0x72)), "für");
  assert.deepEqual(parsePlaylist(""), []);
  assert.equal(parsePlaylist("a\n".repeat(PLAYLIST_MAX_ENTRIES + 5)).length, PLAYLIST_MAX_ENTRIES);
  const written = playlistText([{ location: "a b.mp3", title: "Styx\n- Boat", seconds: 220.6 }]);
  assert.equal(written, "#EXTM3U\n#EXTINF:221,Styx - Boat\na b.mp3\n");
});

test("playlists: where entries lead", () => {
  const origin = { folder: "/m/%C3%A4/", server: "http://host:80", base: "" };
  const check = (location: string, path: string | undefined, base = ""): void =>
    assert.equal(pathOfEntry(location, { ...origin, server: "http://host:3923", base }), path, location);
  check("a b.mp3", "/m/%C3%A4/a%20b.mp3");
  check("./x/../ü#?.mp3", "/m/%C3%A4/%C3%BC%23%3F.mp3");
  check("sub\\x.mp3", "/m/%C3%A4/sub/x.mp3");
  check("../x.mp3", "/m/x.mp3");
  check("/other/x.mp3", "/other/x.mp3");
  check("/base/other/x.mp3", "/other/x.mp3", "/base");
  check("http://host:3923/o/%c3%bc%20(1).mp3?k=1", "/o/%C3%BC%20%281%29.mp3");
  check("http://host:3923/base/o/x.mp3", "/o/x.mp3", "/base");
  check("http://host:3923/o/x.mp3", undefined, "/base");
  check("100%.mp3", "/m/%C3%A4/100%25.mp3");
  for (const outside of [
    "../../../x.mp3",
    "/../x.mp3",
    "C:\\music\\x.mp3",
    "C:/music/x.mp3",
    "\\\\nas\\x.mp3",
    "//nas/x.mp3",
    "file:///etc/x.mp3",
    "http://example.org/x.mp3",
    "http://host/x.mp3",
    "https://host:3923/x.mp3",
    "javascript:alert(1)//x.mp3",
    "http://[bad/x.mp3",
  ])
    check(outside, undefined);
});

test("playlists: songs of this server are kept, the others counted", () => {
  const text = "#EXTINF:5,A - B\nx.mp3\n../../y.mp3\nz.txt\nhttp://elsewhere/x.mp3\n02 - c.ogg\n";
  const { songs: found, refused } = songsOfPlaylist(text, { folder: "/m/", server: "http://host", base: "/b" });
  assert.equal(refused, 3);
  assert.deepEqual(
    found.map(({ href, title, artist, seconds }) => [href, title, artist, seconds]),
    [
      ["/b/m/x.mp3", "B", "A", 5],
      ["/b/m/02%20-%20c.ogg", "c", "", undefined],
    ],
  );
});

test("playlists: what is written can be read", () => {
  const check = (folder: string, path: string, expected: string): void => {
    const location = locationIn(folder, path, "http://h/URL");
    assert.equal(location, expected, path);
    if (location === "http://h/URL") return;
    const [entry] = parsePlaylist(playlistText([{ location, title: "", seconds: undefined }]));
    assert.equal(pathOfEntry(entry?.location ?? "", { folder, server: "http://h", base: "" }), path);
  };
  check("/m/", "/m/a%20b.mp3", "a b.mp3");
  check("/m/", "/m/sub/%C3%BC.mp3", "sub/ü.mp3");
  check("/m/x/", "/m/y/a.mp3", "../y/a.mp3");
  check("/", "/a.mp3", "a.mp3");
  check("/m/", "/m/%23%20no%20remark.mp3", "./# no remark.mp3");
  check("/m/", "/m/Re%3A%20x.mp3", "./Re: x.mp3");
  // A line cannot hold these names.
  for (const name of ["%FF.mp3", "a%0Ab.mp3", "a%5Cb.mp3", "%20a.mp3", "a.mp3%20"])
    check("/m/", `/m/${name}`, "http://h/URL");
});

test("folders: the order of the tree, both ways, and round it", async () => {
  const tree: Record<string, string[]> = { "/": ["/a/", "/b/"], "/a/": ["/a/1/", "/a/2/"], "/a/2/": ["/a/2/x/"] };
  const from = async (start: string, step: 1 | -1): Promise<string> => {
    const found: string[] = [];
    for await (const path of foldersFrom(start, step, async (path) => tree[path] ?? [])) found.push(path);
    return found.join(" ");
  };
  assert.equal(await from("/a/1/", 1), "/a/2/ /a/2/x/ /b/ / /a/");
  assert.equal(await from("/a/1/", -1), "/a/ / /b/ /a/2/x/ /a/2/");
  assert.equal(await from("/", 1), "/a/ /a/1/ /a/2/ /a/2/x/ /b/");
  // A folder that is not in the tree any more: the search goes on beside what is above it.
  assert.match(await from("/gone/", 1), /^\/ \/a\/ /);
  const endless = foldersFrom("/", 1, async (path) => [`${path}n/`]);
  let count = 0;
  for await (const _ of endless) count++;
  assert.equal(count, FOLDERS_MAX);
});

test("formats: what the browser cannot play is converted, and what the visitor wants", () => {
  const none: ConvertChoices = { lossless: false, aac: false, others: false, target: "auto" };
  const chromium = (type: string): string => (/mpeg|mp4|aac|ogg|webm|flac|wav/.test(type) ? "probably" : "");
  const oldSafari = (type: string): string => (/mpeg|mp4|aac|wav|caf/.test(type) ? "maybe" : "");
  const check = (name: string, choices: Partial<ConvertChoices>, canPlay: typeof chromium, expected: unknown): void =>
    assert.equal(targetOf(name, { ...none, ...choices }, canPlay), expected, name);
  for (const name of ["a.mp3", "a.OGG", "a.opus", "a.flac", "a.wav", "a.m4a"]) check(name, {}, chromium, undefined);
  for (const name of ["a.ape", "a.wma", "a.mka", "a.aiff", "a.xm"]) check(name, {}, chromium, "opus");
  check("a.ogg", {}, oldSafari, "caf");
  check("a.flac", { lossless: true }, chromium, "opus");
  check("a.m4a", { aac: true, target: "mp3" }, chromium, "mp3");
  check("a.mp3", { lossless: true, aac: true, others: true }, chromium, undefined);
  check("a.aif", { others: true }, (type) => (type.includes("aiff") ? "maybe" : ""), "mp3");
  assert.equal(
    bestTarget(none, () => ""),
    "mp3",
  );
  assert.equal(
    bestTarget(none, (type) => (type.includes("webm") ? "maybe" : "")),
    "owa",
  );
});

test("waveform: the loudest of each part, made as high as possible", () => {
  assert.deepEqual(levelsOf(Uint8Array.of(0, 50, 100, 20), 2), [0.5, 1]);
  assert.deepEqual(levelsOf(Uint8Array.of(100), 3), [1, 1, 1]);
  assert.deepEqual(levelsOf(new Uint8Array(2048), 2), [0, 0]);
});

test("silent parts are left out when they are long, never what can be heard", () => {
  // Ten seconds: sound, three seconds of silence, sound, half a second, sound, silence up to the end.
  const peaks = new Uint8Array(100).fill(90);
  peaks.fill(1, 20, 50);
  peaks.fill(0, 60, 65);
  peaks.fill(0, 80, 100);
  const gaps = gapsOf(peaks, 10).map((gap) => gap.map((second) => Math.round(second * 10) / 10));
  assert.deepEqual(gaps, [
    [2.3, 4.8],
    [8.3, 9.8],
  ]);
  const at = (position: number): number | undefined => endOfGap([[2.3, 4.8]], position);
  assert.deepEqual([at(2), at(2.3), at(4.6), at(4.79)], [undefined, 4.8, 4.8, undefined]);
  assert.deepEqual(gapsOf(peaks.fill(2), 10), [], "quiet music is music");
  assert.deepEqual(gapsOf(new Uint8Array(), 10), []);
});

test("failures: what the element says, and what the server answers, become sentences with the name", async (context) => {
  const answers = context.mock.method(globalThis, "fetch", async () => new Response());
  const check = async (code: 1 | 2 | 3 | 4, status: number, isConverted: boolean, expected: Failure): Promise<void> => {
    answers.mock.mockImplementation(async () => {
      if (status === 0) throw new TypeError("no connection");
      return new Response(null, { status });
    });
    assert.equal(await failureOf(code, "/a.mp3", isConverted), expected, `${code}, ${status}`);
  };
  await check(1, 200, false, "aborted");
  await check(2, 200, false, "network");
  await check(3, 200, false, "damaged");
  await check(4, 200, false, "unsupported");
  await check(4, 0, false, "network");
  for (const status of [404, 410]) await check(4, status, false, "missing");
  for (const status of [401, 403]) await check(3, status, false, "denied");
  await check(4, 500, true, "unconverted");
  for (const status of [429, 500, 503]) await check(4, status, false, "network");
  const all: Failure[] = ["aborted", "network", "damaged", "unsupported", "missing", "denied", "unconverted"];
  const sentences = all.map((failure) => sentenceOf(failure, "a.mp3"));
  assert.equal(new Set(sentences).size, all.length);
  for (const sentence of sentences) assert.match(sentence, /a\.mp3/);
  assert.deepEqual(all.filter(mayConvert), ["damaged", "unsupported"]);
});
