// Music plays on through the folder and into the next one while people browse, in formats that the browser cannot play, too; links
// name songs and moments; playlists are played and made; everything by keyboard and on a phone.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { asFiles, assertAccessible, assertFits, CHOOSE, launch, noise, open, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const hasFfmpeg = (() => {
  try {
    execFileSync("ffmpeg", ["-version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();
const skip = (!real && "needs the real server") || (!hasFfmpeg && "needs ffmpeg");

let browser;
let server;
let root;

/** Makes a tone of some seconds. */
function tone(path, seconds, tags = {}) {
  const more = Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
  const tune = `sine=frequency=440:duration=${seconds}`;
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", tune, "-ac", "2", ...more, path]);
}

function picture(path) {
  execFileSync("ffmpeg", ["-v", "error", "-y", "-f", "lavfi", "-i", "testsrc=size=320x320", "-frames:v", "1", path]);
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-songs-"));
  for (const folder of ["songs/one/empty", "songs/two", "songs/long", "songs/odd", "songs/lists", "songs/bad", "fixed"])
    mkdirSync(join(root, folder), { recursive: true });
  const at = (path) => join(root, path);
  tone(at("songs/one/01 - first.mp3"), 3, { title: "First light", artist: "The Sines", album: "Waves" });
  tone(at("songs/one/02 - second.ogg"), 3);
  tone(at("songs/one/03 - third.flac"), 3);
  writeFileSync(at("songs/one/notes.txt"), "No song.\n");
  for (const folder of ["one", "two"]) picture(at(`songs/${folder}/cover.jpg`));
  tone(at("songs/two/04 - fourth.opus"), 30);
  tone(at("songs/long/a.mp3"), 120, { title: "Alpha", artist: "The Sines" });
  tone(at("songs/long/b.mp3"), 120, { title: "Beta" });
  tone(at("songs/long/c.mp3"), 120, { title: "Gamma" });
  tone(at("songs/odd/1.wma"), 30);
  writeFileSync(at("songs/odd/2 broken.mp3"), "This is no sound. ".repeat(2000));
  writeFileSync(at("songs/bad/only.mp3"), "This is no sound. ".repeat(2000));
  tone(at("songs/odd/3.mp3"), 30);
  tone(at("fixed/x.mp3"), 30);
  tone(at("fixed/y.mp3"), 30);
  const list =
    "#EXTM3U\n#EXTINF:120,The Sines - From the list\n../long/b.mp3\n..\\long\\c.mp3\nhttp://elsewhere/x.mp3\n../../../x.mp3\n";
  writeFileSync(at("songs/lists/mix.m3u"), list);
  writeFileSync(at("songs/lists/strangers.m3u8"), "C:\\music\\x.mp3\n");
  const volumes = ["-v", `${at("songs")}:songs:rwd`, "-v", `${at("fixed")}:fixed:r`];
  [browser, server] = [await launch(), await startServer(...volumes, "-e2dsa", "-e2ts")];
  await indexed();
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

/** Waits until the tags are indexed. */
async function indexed() {
  const url = server.url.replace("potluck.test", "127.0.0.1");
  for (const end = Date.now() + 60_000; Date.now() < end; await new Promise((go) => setTimeout(go, 200))) {
    const answers = await Promise.all(["one", "long"].map((name) => fetch(`${url}/songs/${name}/?ls`)));
    const [one, long] = await Promise.all(answers.map((answer) => answer.text()));
    if (one.includes("First light") && long.includes("Gamma")) return;
  }
  throw new Error("the tags are not indexed");
}

const row = (page, name) => page.locator("tr.entry", { hasText: name });
const title = (page) => page.locator(".player .song b");
const playing = (page, text) => page.locator(".player .song b", { hasText: text }).waitFor();

/** Opens a folder and plays one of its songs. */
async function play(path, name, options) {
  const opened = await open(browser, `${server.url}${path}`, options);
  await row(opened.page, name).locator("a").click();
  await opened.page.locator(".player").waitFor();
  await sounding(opened.page);
  return opened;
}

/** Position and state of the element that plays. */
const state = (page) =>
  page.evaluate(() => {
    const all = [...document.querySelectorAll("audio")];
    const one = all.find((audio) => !audio.paused) ?? all.find((audio) => audio.currentTime > 0) ?? all[0];
    return { at: one?.currentTime ?? 0, paused: one?.paused ?? true, src: one?.src ?? "", volume: one?.volume ?? 0 };
  });

/** Waits until sound comes, from a position on. */
async function sounding(page, from = 0) {
  await page.waitForFunction(
    (least) => [...document.querySelectorAll("audio")].some((audio) => !audio.paused && audio.currentTime > least),
    from,
  );
}

const silent = (page) =>
  page.waitForFunction(() => [...document.querySelectorAll("audio")].every((audio) => audio.paused || audio.ended));

/** Allows playing, where the browser asks for a click first. */
async function allow(page) {
  const prompt = page.getByRole("button", { name: /^Play / }).and(page.locator(".dialog button"));
  await page.locator(".player").waitFor();
  const first = await Promise.race([prompt.waitFor().then(() => "asked"), sounding(page).then(() => "plays")]);
  if (first === "asked") await prompt.click();
  await sounding(page);
}

test("a folder plays on while people browse elsewhere, without gaps, and the next folder with songs follows", {
  skip,
}, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/one/`);
  await page.evaluate(() => {
    window.marks = [];
    const mark = (event) => {
      if (!(event.target instanceof HTMLAudioElement)) return;
      const { currentTime, duration } = event.target;
      window.marks.push({ what: event.type, at: performance.now() / 1000, currentTime, duration });
    };
    for (const type of ["playing", "timeupdate"]) document.addEventListener(type, mark, true);
  });
  await row(page, "01 - first").locator("a").click();
  await playing(page, "First light");
  assert.match(page.url(), /\/songs\/one\/#af-[0-9a-f]{8}$/);
  await page.locator("tr.entry.playing", { hasText: "01 - first" }).waitFor();
  await page.getByRole("navigation", { name: "Folders" }).getByRole("treeitem", { name: "long" }).click();
  await row(page, "a.mp3").waitFor();
  await playing(page, "second");
  await playing(page, "third");
  await playing(page, "fourth");
  await sounding(page, 1.5);
  assert.match(await page.locator(".player .cover img").getAttribute("src"), /cover\.jpg\?th=j/);
  assert.match(page.url(), /\/songs\/long\/$/, "the address of another folder names no song of the first");
  // The gap before a song: the time that passed since the one before it started, less what was heard of that.
  const marks = await page.evaluate(() => window.marks);
  const starts = marks.filter(({ what, currentTime }, at) => what === "playing" && currentTime < 0.5 && at >= 0);
  const gaps = starts
    .slice(1)
    .map((start, at) => start.at - start.currentTime - (starts[at].at - starts[at].currentTime) - starts[at].duration);
  assert.equal(gaps.length, 3);
  assert.ok(Math.min(...gaps.map(Math.abs)) < 0.1, `gaps of ${gaps.map((gap) => gap.toFixed(3))} s`);
  assert.deepEqual(faults, []);
  await context.close();
});

test("at the end it stops or starts again, as chosen", { skip }, async () => {
  for (const [choice, expected] of [
    ["Stop", undefined],
    ["Play the folder again", "First light"],
  ]) {
    const { context, page } = await play("/songs/one/", "03 - third");
    await settings(page);
    await page.getByLabel("At the end of the folder").selectOption({ label: choice });
    await page.keyboard.press("Escape");
    if (expected) await playing(page, expected);
    else await silent(page);
    assert.equal(await title(page).textContent(), expected ?? "third");
    await context.close();
  }
});

async function settings(page) {
  await page.locator(".player").getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Player settings" }).click();
  await page.getByRole("heading", { name: "Player settings" }).waitFor();
}

test("links to a moment, in all spellings", { skip }, async () => {
  for (const moment of ["20", "20s", "t=20", "t=1:20", "T1:20", "1m20", "1m20s"]) {
    const seconds = moment.includes("1") ? 80 : 20;
    // The CRC-32 of "b.mp3".
    const { context, page, faults } = await open(browser, `${server.url}/songs/long/#af-${crc("b.mp3")}&${moment}`);
    await allow(page);
    assert.equal(await title(page).textContent(), "Beta");
    const { at } = await state(page);
    assert.ok(at >= seconds && at < seconds + 10, `${moment}: at ${at} s`);
    assert.ok(page.url().endsWith(`&${moment}`), "the address keeps the moment");
    assert.deepEqual(faults, []);
    await context.close();
  }
});

function crc(name) {
  let value = 0xffffffff;
  for (const byte of Buffer.from(name, "latin1")) {
    value ^= byte;
    for (let bit = 0; bit < 8; bit++) value = value & 1 ? (value >>> 1) ^ 0xedb88320 : value >>> 1;
  }
  return ((value ^ 0xffffffff) >>> 0).toString(16).padStart(8, "0");
}

test("a link to a song that is gone says so", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/songs/long/#af-00000000`);
  await page.getByText("The song that this link names is not in this folder any more.").waitFor();
  await context.close();
});

test("the menu copies links and what is playing; the way back starts no other song", { skip }, async () => {
  const { context, page } = await play("/songs/long/", "a.mp3");
  await page.keyboard.press("5");
  await sounding(page, 59);
  const pick = async (name) => {
    await page.locator(".player").getByRole("button", { name: "More for this song" }).click();
    await page.getByRole("menuitem", { name, exact: true }).click();
    await page.locator(".player .says", { hasText: "Copied." }).waitFor();
    await page.evaluate(() => {
      const field = document.createElement("textarea");
      field.id = "pasted";
      document.querySelector("#pasted")?.remove();
      document.body.append(field);
      field.focus();
    });
    await page.keyboard.press("Control+V");
    return page.locator("#pasted").inputValue();
  };
  assert.equal(await pick("Copy link"), `${server.url}/songs/long/#af-${crc("a.mp3")}`);
  assert.match(await pick(/Copy link to this moment/), new RegExp(`/songs/long/#af-${crc("a.mp3")}&t=1:\\d\\d$`));
  assert.match(await pick("Copy what is playing"), /^The Sines - Alpha \(1:\d\d \/ 2:00\)$/);
  await page.locator("#pasted").evaluate((field) => field.remove());
  await page.getByRole("navigation", { name: "Folders" }).getByRole("treeitem", { name: "two" }).click();
  await row(page, "fourth").locator("a").click();
  await playing(page, "fourth");
  await page.goBack();
  await row(page, "a.mp3").waitFor();
  await sounding(page);
  assert.equal(await title(page).textContent(), "fourth");
  await context.close();
});

test("what the browser cannot play is converted, what is damaged is skipped and named", { skip }, async () => {
  const { context, page, faults } = await play("/songs/odd/", "1.wma");
  assert.match((await state(page)).src, /1\.wma\?th=opus&cache=i/);
  await page.keyboard.press("l");
  await page.locator(".player .says", { hasText: "“2 broken.mp3” can't be played" }).waitFor({ timeout: 60_000 });
  await playing(page, "3");
  await sounding(page);
  rmSync(join(root, "songs/odd/1.wma"));
  await page.keyboard.press("j");
  await page.locator(".player .says", { hasText: "2 broken.mp3" }).waitFor();
  await page.keyboard.press("j");
  await page.locator(".player .says", { hasText: "“1.wma” is not on the server any more." }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("songs of which none can be played end with a sentence, and pressing play tries again", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/bad/`);
  await row(page, "only.mp3").locator("a").click();
  const says = page.locator(".player .says", {
    hasText: "“only.mp3” can't be played: the server couldn't convert it.",
  });
  await says.waitFor({ timeout: 60_000 });
  await page.waitForTimeout(3000);
  assert.equal(await title(page).textContent(), "only", "nothing else was tried");
  tone(join(root, "songs/bad/only.mp3"), 5);
  await page.locator(".player").getByRole("button", { name: "Play" }).click();
  await sounding(page);
  await says.waitFor({ state: "detached" });
  assert.deepEqual(faults, []);
  await context.close();
});

test("playlists play what is on this server, and say what was left out", { skip }, async () => {
  const { context, page } = await play("/songs/lists/", "mix.m3u");
  await playing(page, "From the list");
  await page.getByText("2 entries of mix.m3u were left out: they are no songs on this server.").waitFor();
  await page.keyboard.press("l");
  await playing(page, "c");
  await sounding(page);
  await row(page, "strangers").locator("a").click();
  await page.getByText("The playlist strangers.m3u8 names no songs on this server.").waitFor();
  await context.close();
  const linked = await open(browser, `${server.url}/songs/#m3u=lists/mix.m3u`);
  await allow(linked.page);
  assert.equal(await title(linked.page).textContent(), "From the list");
  await linked.context.close();
});

test("a playlist is made of selected songs: in the folder, or as a download", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/long/`);
  const make = async (at, names, press) => {
    for (const name of names) await row(at, name).getByRole("checkbox").check();
    await row(at, names[0]).click({ button: "right", position: { x: 300, y: 10 } });
    await at.getByRole("menuitem", { name: "Save as playlist" }).click();
    await at.getByRole("button", { name: press }).waitFor();
  };
  await make(page, ["a.mp3", "c.mp3"], "Save playlist");
  await page.getByLabel("Name of the playlist").fill("my list");
  await page.getByRole("button", { name: "Save playlist" }).click();
  await page.getByText("Playlist saved as my list.m3u8.").waitFor();
  await row(page, "my list.m3u8").waitFor();
  const saved = readFileSync(join(root, "songs/long/my list.m3u8"), "utf8");
  assert.equal(saved, "#EXTM3U\n#EXTINF:120,The Sines - Alpha\na.mp3\n#EXTINF:120,Gamma\nc.mp3\n");
  await make(page, ["a.mp3", "c.mp3"], "Save playlist");
  await page.getByLabel("Name of the playlist").fill("my list");
  await page.getByRole("button", { name: "Save playlist" }).click();
  await page.locator(".dialog .answer", { hasText: /\w/ }).waitFor();
  assert.equal(readFileSync(join(root, "songs/long/my list.m3u8"), "utf8"), saved, "a taken name is refused");
  await context.close();

  const fixed = await open(browser, `${server.url}/fixed/`);
  await make(fixed.page, ["x.mp3", "y.mp3"], "Download playlist");
  const [download] = await Promise.all([
    fixed.page.waitForEvent("download"),
    fixed.page.getByRole("button", { name: "Download playlist" }).click(),
  ]);
  const text = readFileSync(await download.path(), "utf8");
  assert.match(text, new RegExp(`^#EXTM3U\n#EXTINF:30,x\n${server.url}/fixed/x.mp3\n`));
  assert.equal(existsSync(join(root, "fixed/fixed.m3u8")), false);
  assert.deepEqual([...faults, ...fixed.faults], []);
  await fixed.context.close();
});

test("keys: of the player, of its line, none while a text is typed", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/long/`);
  await row(page, "a.mp3").waitFor();
  await page.keyboard.press("p");
  await playing(page, "Alpha");
  await sounding(page);
  await page.keyboard.press("p");
  await silent(page);
  await page.keyboard.press("p");
  await sounding(page);
  const near = async (seconds, what) => {
    await page
      .waitForFunction(
        (want) => [...document.querySelectorAll("audio")].some((audio) => Math.abs(audio.currentTime - want) < 8),
        seconds,
        { timeout: 5000 },
      )
      .catch(() => assert.fail(`${what}: not near ${seconds} s`));
  };
  await page.keyboard.press("5");
  await near(60, "5");
  await page.keyboard.press("o");
  await page.keyboard.press("o");
  await near(80, "o");
  for (let times = 0; times < 4; times++) await page.keyboard.press("u");
  await near(40, "u");
  await page.keyboard.press("l");
  await playing(page, "Beta");
  await page.keyboard.press("j");
  await playing(page, "Alpha");
  await page.keyboard.press("4");
  await near(48, "4");
  await page.keyboard.press("j");
  await near(0, "j restarts");
  assert.equal(await title(page).textContent(), "Alpha");
  await page.keyboard.press("s");
  await page.locator("tr.selected", { hasText: "a.mp3" }).waitFor();
  const line = page.getByRole("slider", { name: "Position in the song" });
  await line.focus();
  await page.keyboard.press("PageDown");
  await page.keyboard.press("End");
  await near(118, "End");
  await page.keyboard.press("PageUp");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("PageDown");
  await page.keyboard.press("Home");
  await near(0, "Home");
  await page.keyboard.press("PageUp");
  await near(30, "PageUp");
  await line.hover();
  await page.locator(".player .seek .at", { hasText: /^(0:59|1:00|1:01)$/ }).waitFor();
  await page.mouse.wheel(0, -100);
  await near(40, "wheel");
  await line.click();
  await near(60, "click");
  await context.close();
  assert.deepEqual(faults, []);
});

test("the list of keys has those of the player, and a text field takes none of them", { skip }, async () => {
  const { context, page } = await play("/songs/long/", "a.mp3");
  await page.keyboard.press("?");
  await page.getByText("Jump to 0 % … 90 % of the song").waitFor();
  await page.keyboard.press("Escape");
  await page.locator("#new").click();
  await page.getByRole("menuitem", { name: "New folder" }).click();
  await page.keyboard.type("pl9");
  assert.equal(await page.getByLabel("Name of the folder").inputValue(), "pl9");
  const { at, paused } = await state(page);
  assert.ok(!paused && at < 60);
  assert.equal(await title(page).textContent(), "Alpha");
  await context.close();
});

test("a song plays on Enter and on a double click; the queue follows the order of the list", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/songs/long/`);
  await row(page, "b.mp3").waitFor();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  await playing(page, "Beta");
  await row(page, "c.mp3").locator("td.date").dblclick();
  await playing(page, "Gamma");
  await page.locator("th.name button").click();
  await page.keyboard.press("l");
  await playing(page, "Beta");
  await context.close();
});

test("shuffle, repeat, stop after this song, volume: they last, and media keys know the song", { skip }, async () => {
  const { context, page, faults } = await play("/songs/long/", "a.mp3");
  const bar = page.locator(".player");
  assert.ok(Math.abs((await state(page)).volume - 0.25) < 0.01, "half of the slider is a quarter of the loudness");
  await bar.getByRole("slider", { name: "Volume" }).fill("80");
  await bar.getByRole("button", { name: "Shuffle" }).click();
  await bar.getByRole("button", { name: "Repeat: off" }).click();
  await bar.getByRole("button", { name: "Repeat: all songs" }).click();
  await bar.getByRole("button", { name: "Repeat: this song" }).waitFor();
  const seek = (seconds) =>
    page.evaluate((to) => {
      for (const audio of document.querySelectorAll("audio")) if (!audio.paused) audio.currentTime = to;
    }, seconds);
  await seek(119);
  await page.waitForFunction(() =>
    [...document.querySelectorAll("audio")].some((a) => !a.paused && a.currentTime < 20),
  );
  assert.equal(await title(page).textContent(), "Alpha");
  await bar.getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitemcheckbox", { name: "Stop after this song" }).click();
  await seek(119);
  await silent(page);
  assert.equal(await page.evaluate(() => navigator.mediaSession.metadata.title), "Alpha");
  assert.equal(await page.evaluate(() => navigator.mediaSession.metadata.artist), "The Sines");
  await page.reload();
  await allow(page);
  // It fades in.
  await page.waitForFunction(() =>
    [...document.querySelectorAll("audio")].some((audio) => !audio.paused && Math.abs(audio.volume - 0.64) < 0.01),
  );
  assert.equal(await bar.getByRole("button", { name: "Shuffle" }).getAttribute("aria-pressed"), "true");
  await bar.getByRole("button", { name: "Mute" }).click();
  assert.ok(await page.evaluate(() => [...document.querySelectorAll("audio")].every((audio) => audio.muted)));
  assert.deepEqual(faults, []);
  await context.close();
});

test("the equalizer and the sleep timer", { skip }, async () => {
  const { context, page, faults } = await play("/songs/long/", "a.mp3");
  await settings(page);
  await page.getByLabel("Curve").selectOption({ label: "Bass" });
  assert.equal(await page.getByRole("slider", { name: "31 Hz" }).inputValue(), "7");
  await page.getByLabel("Use the equalizer").check();
  await page.getByRole("slider", { name: "31 Hz" }).fill("-3");
  assert.equal(await page.getByLabel("Curve").inputValue(), "own");
  await page.getByRole("slider", { name: "Stereo width" }).fill("0");
  await page.getByLabel("Make loud and quiet passages alike").check();
  await page.keyboard.press("Escape");
  const kept = await page.evaluate(() => [
    localStorage["potluck.player.width"],
    localStorage["potluck.player.compressor"],
  ]);
  assert.deepEqual(kept, ["0", "true"]);
  const { at } = await state(page);
  await sounding(page, at + 1);
  await page.clock.install();
  await page.locator(".player").getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Sleep timer" }).click();
  await page.getByRole("menuitem", { name: "15 minutes" }).click();
  await page.clock.fastForward("14:00");
  assert.equal((await state(page)).paused, false);
  await page.clock.fastForward("02:00");
  await page.clock.runFor(2000);
  await silent(page);
  assert.deepEqual(faults, []);
  await context.close();
});

test("bar, full view and settings fit, without a finding of axe, in every width, light and dark", {
  skip,
}, async () => {
  for (const colorScheme of ["light", "dark"]) {
    for (const width of [320, 768, 1280]) {
      const { context, page, faults } = await play("/songs/long/", "a.mp3", {
        viewport: { width, height: 700 },
        colorScheme,
      });
      const what = `player-${width}-${colorScheme}`;
      await page.setInputFiles(CHOOSE, asFiles({ [`${what}.bin`]: noise(5000, width) }));
      await page.locator("pl-uploads .pill", { hasText: "1 file uploaded" }).waitFor();
      if ((await page.locator("pl-uploads .pill").getAttribute("aria-expanded")) === "true")
        await page.locator("pl-uploads .pill").click();
      await assertApart(page, what);
      await assertFits(page, what);
      await assertAccessible(page, what);
      await shot(page, what);
      await page.locator(".player .song").click();
      await page.locator(".player-full").waitFor();
      await assertFits(page, `${what}-full`);
      await assertAccessible(page, `${what}-full`);
      await shot(page, `${what}-full`);
      await page.locator(".player-full").getByRole("button", { name: "More for this song" }).click();
      await page.getByRole("menuitem", { name: "Player settings" }).click();
      await page.getByRole("heading", { name: "Player settings" }).waitFor();
      await assertFits(page, `${what}-settings`);
      await assertAccessible(page, `${what}-settings`);
      await shot(page, `${what}-settings`);
      assert.deepEqual(faults, []);
      await context.close();
    }
  }
});

/** Controls of the player, the uploads and the tabs do not cover each other, and the end of the page can be read. */
async function assertApart(page, what) {
  const boxes = await page.evaluate(() =>
    [".player button, .player [role=slider], .player input", ".pill", ".phone-tabs"].flatMap((selector) =>
      [...document.querySelectorAll(selector)]
        .filter((element) => element.checkVisibility())
        .map((element) => {
          const { left, right, top, bottom } = element.getBoundingClientRect();
          return { selector, left, right, top, bottom };
        }),
    ),
  );
  for (const one of boxes)
    for (const other of boxes) {
      if (one.selector === other.selector) continue;
      const over =
        Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1 &&
        Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top) > 1;
      assert.ok(!over, `${what}: ${JSON.stringify(one)} covers ${JSON.stringify(other)}`);
    }
}

test("phone: the tab plays the folder, the slim bar opens the full view", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/long/`, {
    viewport: { width: 390, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  const tab = page.getByRole("navigation", { name: "Parts of the page" }).getByRole("button", { name: "Play" });
  await tab.tap();
  await playing(page, "Alpha");
  await sounding(page);
  const [bar, tabs] = [await page.locator(".player").boundingBox(), await page.locator(".phone-tabs").boundingBox()];
  assert.ok(Math.abs(bar.y + bar.height - tabs.y) <= 1, "the bar is right above the tabs");
  await tab.tap();
  const full = page.locator(".player-full");
  await full.getByRole("button", { name: "Next song" }).tap();
  await full.locator("h2 b", { hasText: "Beta" }).waitFor();
  await full.getByRole("button", { name: /Gamma/ }).tap();
  await full.locator("h2 b", { hasText: "Gamma" }).waitFor();
  await full.getByRole("button", { name: "Close the full view" }).tap();
  await full.waitFor({ state: "detached" });
  await page.locator(".player").getByRole("button", { name: "Pause" }).tap();
  await silent(page);
  await page.goto(`${server.url}/songs/lists/`);
  await tab.tap();
  await page.getByText("There are no songs in this folder.").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("a film pauses the music, and music the film; Space is for the film", { skip }, async () => {
  mkdirSync(join(root, "songs/cinema"), { recursive: true });
  const sources = [
    "-f",
    "lavfi",
    "-i",
    "testsrc=size=160x90:rate=5:duration=40",
    "-f",
    "lavfi",
    "-i",
    "sine=duration=40",
  ];
  const film = join(root, "songs/cinema/film.webm");
  execFileSync("ffmpeg", ["-v", "error", "-y", ...sources, "-c:v", "libvpx", "-b:v", "60k", film]);
  const { context, page, faults } = await play("/songs/long/", "a.mp3");
  /** What sounds, once it is this. */
  const sounds = (what) =>
    page.waitForFunction((what) => {
      const all = [...document.querySelectorAll("audio, video")].filter((one) => !one.paused);
      return all.map((one) => one.localName).join() === what;
    }, what);
  await page.locator("nav a:visible", { hasText: /^cinema$/ }).click();
  await page.getByRole("link", { name: "film.webm" }).click();
  await sounds("video");
  await page.keyboard.press("Space");
  await sounds("");
  await page.keyboard.press("Space");
  await sounds("video");
  await page.evaluate(() => [...document.querySelectorAll("audio")].find((one) => one.currentTime > 0).play());
  await sounds("audio");
  await page.keyboard.press("Space");
  await sounds("video");
  await page.keyboard.press("Escape");
  await page.locator("pl-viewer").waitFor({ state: "detached" });
  await page.keyboard.press("KeyP");
  await sounds("audio");
  assert.deepEqual(faults, []);
  await context.close();
});

test("music is paused and goes on while a picture is looked at: by P, and by a button", { skip }, async () => {
  picture(join(root, "songs/long/seen.jpg"));
  const { context, page, faults } = await play("/songs/long/", "a.mp3");
  const isPaused = (paused) =>
    page.waitForFunction(
      (paused) => [...document.querySelectorAll("audio")].every((one) => one.paused) === paused,
      paused,
    );
  await page.getByRole("link", { name: "seen.jpg" }).click();
  const viewer = page.locator("pl-viewer");
  await viewer.locator("[data-tool=music]", { hasText: "Pause" }).first().waitFor();
  await page.keyboard.press("KeyP");
  await isPaused(true);
  await viewer.locator("[data-tool=music]", { hasText: "Play" }).first().waitFor();
  await page.keyboard.press("KeyP");
  await isPaused(false);
  await page.setViewportSize({ width: 390, height: 740 });
  await viewer.locator(".viewer-bottom [data-tool=music]").click();
  await isPaused(true);
  await assertAccessible(page, "viewer with music");
  await assertFits(page, "viewer with music");
  assert.deepEqual(faults, []);
  await context.close();
});

test("back closes the full view and leaves the folder where it is", { skip }, async () => {
  const { context, page, faults } = await open(browser, `${server.url}/songs/`, {
    viewport: { width: 390, height: 740 },
    hasTouch: true,
    isMobile: true,
  });
  await row(page, "long").locator("a").tap();
  await row(page, "a.mp3").locator("a").tap();
  await sounding(page);
  const full = page.locator(".player-full");
  await page.locator(".player .song").tap();
  await full.getByRole("button", { name: "Next song" }).tap();
  await full.locator("h2 b", { hasText: "Beta" }).waitFor();
  const address = page.url();
  await page.goBack();
  await full.waitFor({ state: "detached" });
  // The address names the song that plays.
  assert.equal(page.url(), address);
  await row(page, "b.mp3").waitFor();
  await page.locator(".player .song").tap();
  await full.getByRole("button", { name: "Close the full view" }).tap();
  await full.waitFor({ state: "detached" });
  await page.waitForTimeout(200);
  await page.goBack();
  await row(page, "long").waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
