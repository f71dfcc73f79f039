// The settings of the player, each with what it changes: conversion, loading ahead, fading, the seek line, the system's controls, songs of
// links; and what the browser forbids.
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { assertAccessible, assertFits, launch, open } from "./browser.mjs";
import { missing } from "./samples.mjs";
import { real, startServer } from "./servers.mjs";

const skip = (!real && "needs the real server") || (missing !== undefined && `needs ${missing}`);
let browser;
let server;
let root;

const ffmpeg = (...args) => execFileSync("ffmpeg", ["-v", "error", "-y", ...args]);

function tone(path, seconds, tags = {}) {
  const more = Object.entries(tags).flatMap(([name, value]) => ["-metadata", `${name}=${value}`]);
  mkdirSync(join(root, path, ".."), { recursive: true });
  ffmpeg("-f", "lavfi", "-i", `sine=frequency=440:duration=${seconds}`, "-ac", "2", ...more, join(root, path));
}

before(async () => {
  if (skip) return;
  root = mkdtempSync(join(tmpdir(), "potluck-player-options-"));
  const tags = { title: "Alpha", artist: "The Sines", album: "Waves", TKEY: "8A" };
  tone("album/a.mp3", 40, tags);
  tone("album/b.mp3", 40);
  ffmpeg("-f", "lavfi", "-i", "testsrc=size=320x320", "-frames:v", "1", join(root, "album/cover.jpg"));
  tone("tagged/a.mp3", 40, tags);
  for (const name of ["1.flac", "2.wav", "3.m4a", "4.ogg", "5.mp3"]) tone(`formats/${name}`, 30);
  tone("way/1 first/x.mp3", 30);
  tone("way/1 first/y.mp3", 30);
  mkdirSync(join(root, "way/1 first/without"));
  writeFileSync(join(root, "way/1 first/without/notes.txt"), "No song.\n");
  tone("way/2 second/z.mp3", 30);
  [browser, server] = [await launch(), await startServer("-v", `${root}:all:r`, "-e2dsa", "-e2ts")];
  const url = server.url.replace("potluck.test", "127.0.0.1");
  for (const end = Date.now() + 60_000; ; await new Promise((go) => setTimeout(go, 200))) {
    const lists = await Promise.all(
      ["album", "tagged"].map(async (at) => (await fetch(`${url}/all/${at}/?ls`)).text()),
    );
    if (lists.every((list) => list.includes("Alpha"))) break;
    assert.ok(Date.now() < end, "the tags are indexed");
  }
});
after(async () => {
  await browser?.close();
  await server?.stop();
  if (root) rmSync(root, { recursive: true, force: true });
});

/** Opens a folder with settings of the player: `{ fade: false }`. `prepare` runs before the page's own scripts. */
async function visit(path, settings = {}, prepare = () => {}) {
  const opened = await open(browser, "about:blank");
  await opened.page.addInitScript((settings) => {
    for (const [name, value] of Object.entries(settings))
      localStorage.setItem(`potluck.player.${name}`, JSON.stringify(value));
  }, settings);
  await opened.page.addInitScript(prepare);
  await opened.page.goto(`${server.url}${path}`);
  await opened.page.waitForSelector("html.taken-over");
  return opened;
}

const row = (page, name) => page.locator("tr.entry", { hasText: name });
const sounding = (page, from = 0) =>
  page.waitForFunction(
    (least) => [...document.querySelectorAll("audio")].some((audio) => !audio.paused && audio.currentTime > least),
    from,
  );
const playing = (page, text) => page.locator(".player .song b", { hasText: text }).waitFor();
const source = (page) =>
  page.evaluate(() => [...document.querySelectorAll("audio")].find((audio) => !audio.paused)?.src ?? "");

async function play(page, name) {
  await row(page, name).locator("a").click();
  await sounding(page);
}

/** Opens the settings, and changes them. */
async function change(page, act) {
  await page.locator(".player").getByRole("button", { name: "More for this song" }).click();
  await page.getByRole("menuitem", { name: "Player settings" }).click();
  const dialog = page.getByRole("dialog", { name: "Player settings" });
  await act(dialog);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
}

test("what is converted is chosen, and into what", { skip }, async () => {
  const { context, page, faults } = await visit("/all/formats/");
  /** What is asked for each file: the format, or nothing. */
  const formats = async () => {
    const found = {};
    for (const name of ["1.flac", "2.wav", "3.m4a", "4.ogg", "5.mp3"]) {
      await row(page, name).locator("a").click();
      await page.waitForFunction(
        (name) => [...document.querySelectorAll("audio")].some(({ paused, src }) => !paused && src.includes(name)),
        name,
      );
      found[name] = new URL(await source(page)).searchParams.get("th") ?? "";
    }
    return Object.values(found).join(" ");
  };
  assert.equal(await formats(), "    ", "all of them are played as they are");
  await change(page, (dialog) => dialog.getByLabel("Convert FLAC and WAV").check());
  assert.equal(await formats(), "opus opus   ");
  await change(page, async (dialog) => {
    await dialog.getByLabel("Convert FLAC and WAV").uncheck();
    await dialog.getByLabel("Convert AAC and M4A").check();
    await dialog.getByLabel("Convert to", { exact: false }).selectOption("mp3");
  });
  assert.equal(await formats(), "  mp3  ");
  assert.deepEqual(faults, []);
  await context.close();
});

test("the next song is loaded ten seconds before the end, at once, or not before it starts, as chosen", {
  skip,
}, async () => {
  for (const [settings, early, late] of [
    [{}, false, true],
    [{ preloadEarly: true }, true, true],
    [{ preload: false }, false, false],
  ]) {
    const { context, page } = await visit("/all/album/", settings);
    let isAsked = false;
    page.on("request", (request) => {
      if (/\/b\.mp3/.test(request.url())) isAsked = true;
    });
    await play(page, "a.mp3");
    const seek = (to) =>
      page.evaluate((to) => {
        [...document.querySelectorAll("audio")].find((audio) => !audio.paused).currentTime = to;
      }, to);
    await seek(10);
    await sounding(page, 11.5);
    assert.equal(isAsked, early, `${JSON.stringify(settings)}: in the middle`);
    await seek(32);
    await sounding(page, 33.5);
    assert.equal(isAsked, late, `${JSON.stringify(settings)}: near the end`);
    await context.close();
  }
});

test("songs fade when they are paused and resumed, unless that is off", { skip }, async () => {
  for (const fade of [true, false]) {
    const { context, page } = await visit("/all/album/", { fade });
    await play(page, "a.mp3");
    /** Whether the song is silent in the moment in which the key is pressed. */
    const press = () =>
      page.evaluate(() => {
        const song = [...document.querySelectorAll("audio")].find(({ src }) => src !== "");
        document.dispatchEvent(new KeyboardEvent("keydown", { code: "KeyP", key: "p" }));
        return [song.paused, song.volume];
      });
    const [paused] = await press();
    assert.equal(paused, !fade);
    await page.waitForFunction(() => [...document.querySelectorAll("audio")].every((audio) => audio.paused));
    await page.waitForTimeout(300);
    const [, volume] = await press();
    assert.ok(fade ? volume < 0.1 : volume > 0.2, `${fade}: ${volume}`);
    await page.waitForFunction(() => [...document.querySelectorAll("audio")].some(({ volume }) => volume > 0.24));
    await context.close();
  }
});

test("the seek line has the waveform, and its ground a colour, as chosen", { skip }, async () => {
  for (const [settings, hasWaves, hasGround] of [
    [{}, true, false],
    [{ waveform: false, tint: 100 }, false, true],
  ]) {
    const { context, page } = await visit("/all/album/", settings);
    let asked = 0;
    page.on("response", (response) => {
      if (/[?&]th=peaks/.test(response.url()) && response.ok()) asked++;
    });
    await play(page, "a.mp3");
    await sounding(page, 3);
    assert.equal(asked > 0, hasWaves);
    // The upper left corner: above the line, and beside the waves.
    const alpha = await page.locator("pl-seek canvas").evaluate((canvas) => {
      const { data } = canvas.getContext("2d").getImageData(canvas.width - 1, 0, 1, 1);
      return data[3];
    });
    assert.equal(alpha > 0, hasGround, `${alpha}`);
    await context.close();
  }
});

/** Keeps what the page gives to the system's controls. */
function watchControls() {
  window.handlers = {};
  navigator.mediaSession.setActionHandler = (action, run) => {
    window.handlers[action] = run;
  };
}

test("the system's controls: cover, album and actions; each can be switched off", { skip }, async () => {
  const { context, page, faults } = await visit("/all/album/", {}, watchControls);
  await play(page, "a.mp3");
  const metadata = () =>
    page.evaluate(() => {
      const { title, artist, album, artwork } = navigator.mediaSession.metadata ?? {};
      return [title, artist, album, artwork?.[0]?.src];
    });
  await page.waitForFunction(() => navigator.mediaSession.metadata?.artwork.length === 1);
  const [title, artist, album, cover] = await metadata();
  assert.deepEqual([title, artist, album], ["Alpha", "The Sines", "Waves"]);
  assert.match(cover, /\/all\/album\/cover\.jpg\?th=j/);
  const act = (name, details = {}) =>
    page.evaluate(([name, details]) => window.handlers[name](details), [name, details]);
  const at = () => page.evaluate(() => [...document.querySelectorAll("audio")].find(({ src }) => src).currentTime);
  const state = (wanted) => page.waitForFunction((wanted) => navigator.mediaSession.playbackState === wanted, wanted);
  await act("pause");
  await state("paused");
  await act("play");
  await state("playing");
  await act("seekto", { seekTime: 20 });
  assert.ok(Math.abs((await at()) - 20) < 2);
  await act("seekbackward");
  assert.ok(Math.abs((await at()) - 10) < 2);
  await act("seekforward");
  assert.ok(Math.abs((await at()) - 20) < 2);
  await act("nexttrack");
  await playing(page, "b");
  await sounding(page);
  await act("previoustrack");
  await playing(page, "Alpha");
  const actions = () =>
    page.evaluate(() =>
      Object.keys(window.handlers)
        .filter((name) => window.handlers[name])
        .sort()
        .join(" "),
    );
  assert.equal(await actions(), "nexttrack pause play previoustrack seekbackward seekforward seekto");
  await change(page, (dialog) => dialog.getByLabel("Show buttons to skip 10 seconds").uncheck());
  assert.equal(await actions(), "nexttrack pause play previoustrack");
  await page.waitForFunction(() => navigator.mediaSession.metadata?.artwork.length === 1);
  await change(page, (dialog) => dialog.getByLabel("Show the cover there").uncheck());
  assert.deepEqual(await metadata(), ["Alpha", "The Sines", "Waves", undefined]);
  await change(page, (dialog) => dialog.getByLabel("Use the controls of the system").uncheck());
  assert.equal(await actions(), "");
  assert.equal(await page.evaluate(() => navigator.mediaSession.metadata), null);
  assert.deepEqual(faults, []);
  await context.close();
});

/** Counts what the sound is led through. */
function watchSound() {
  window.graphs = 0;
  window.filters = [];
  const Context = window.AudioContext;
  window.AudioContext = class extends Context {
    constructor(...options) {
      super(...options);
      window.graphs++;
    }
  };
  const Filter = window.BiquadFilterNode;
  window.BiquadFilterNode = class extends Filter {
    constructor(...options) {
      super(...options);
      window.filters.push(this);
    }
  };
}

test("the sound is led through the equalizer only once that is on; its bands and its start", { skip }, async () => {
  const { context, page, faults } = await visit("/all/album/", {}, watchSound);
  await play(page, "a.mp3");
  await sounding(page, 1);
  assert.equal(await page.evaluate(() => window.graphs), 0);
  await change(page, (dialog) => dialog.getByLabel("Use the equalizer").check());
  const bands = await page.evaluate(() => window.filters.map(({ frequency, gain }) => [frequency.value, gain.value]));
  assert.deepEqual(bands, [
    [31.25, 4],
    [62.5, 3],
    [125, 2],
    [250, 1],
    [500, 0],
    [1000, 0],
    [2000, 1],
    [4000, 2],
    [8000, 3],
    [16_000, 4],
  ]);
  await change(page, (dialog) => dialog.getByLabel("Use the equalizer").uncheck());
  assert.deepEqual(await page.evaluate(() => [window.graphs, ...window.filters.map(({ gain }) => gain.value)]), [
    1,
    ...Array(10).fill(0),
  ]);
  assert.deepEqual(faults, []);
  await context.close();
});

/** A browser that wants a click before it plays, once. */
function forbidOnce() {
  const play = HTMLMediaElement.prototype.play;
  let isAllowed = false;
  document.addEventListener("click", () => {
    isAllowed = true;
  });
  HTMLMediaElement.prototype.play = function () {
    return isAllowed ? play.call(this) : Promise.reject(new DOMException("a click first", "NotAllowedError"));
  };
}

test("where the browser wants a click first, it is asked for: the song plays from its moment, or the list is shown", {
  skip,
}, async () => {
  // The CRC-32 of "a.mp3".
  const link = "/all/album/#af-f27d317e&t=0:20";
  for (const answer of ["Play a.mp3", "Cancel"]) {
    const { context, page, faults } = await visit(link, {}, forbidOnce);
    const prompt = page.locator("dialog[open]");
    await prompt.getByRole("button", { name: "Play a.mp3" }).waitFor();
    await assertAccessible(page, "a song wants a click");
    await assertFits(page, "a song wants a click");
    await prompt.getByRole("button", { name: answer, exact: true }).click();
    await prompt.waitFor({ state: "detached" });
    if (answer === "Cancel") {
      await page.waitForTimeout(500);
      assert.ok(await page.evaluate(() => [...document.querySelectorAll("audio")].every(({ paused }) => paused)));
      await row(page, "b.mp3").waitFor();
    } else await sounding(page, 19.5);
    assert.deepEqual(faults, []);
    await context.close();
  }
});

test("a song that a link names is only shown, where that is chosen", { skip }, async () => {
  const { context, page, faults } = await visit("/all/album/#af-f27d317e", { linkStarts: false });
  await page.locator(".cursor a:focus", { hasText: "a.mp3" }).waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.locator(".player").count(), 0);
  await page.keyboard.press("Enter");
  await sounding(page);
  await change(page, async (dialog) => {
    await dialog.locator("summary").click();
    await dialog.getByRole("checkbox", { name: "Start songs that a link names" }).check();
  });
  assert.equal(await page.evaluate(() => localStorage["potluck.player.linkStarts"]), "true");
  assert.deepEqual(faults, []);
  await context.close();
});

test("before the first song comes the last one of the folder before, over folders without songs", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/way/2%20second/");
  await play(page, "z.mp3");
  await page.keyboard.press("j");
  await playing(page, "y");
  await sounding(page);
  assert.match(await source(page), /1%20first\/y\.mp3/);
  await page.keyboard.press("l");
  await playing(page, "z");
  assert.match(page.url(), /2%20second\/#af-/);
  assert.deepEqual(faults, []);
  await context.close();
});

test("Y downloads the song that plays, while nothing is selected", { skip }, async () => {
  const { context, page, faults } = await visit("/all/album/");
  await play(page, "b.mp3");
  const pressed = async () => {
    const [download] = await Promise.all([page.waitForEvent("download"), page.keyboard.press("y")]);
    return download.suggestedFilename();
  };
  assert.equal(await pressed(), "b.mp3");
  await row(page, "cover.jpg").getByRole("checkbox").check();
  assert.equal(await pressed(), "cover.jpg");
  assert.deepEqual(faults, []);
  await context.close();
});

test("columns of tags: lengths as minutes, keys in the chosen notation, hidden ones stay hidden", {
  skip,
}, async () => {
  const { context, page, faults } = await visit("/all/tagged/");
  // As many columns as fit are shown.
  await page.setViewportSize({ width: 2400, height: 800 });
  await page.waitForFunction(() => document.querySelectorAll("thead th.tag").length > 4);
  const cells = () => row(page, "a.mp3").locator("td.tag").allTextContents();
  assert.ok((await cells()).includes("0:40"), (await cells()).join("|"));
  const heads = () => page.locator("thead th.tag").allTextContents();
  const shown = (await heads()).map((head) => head.trim());
  const pick = async (name) => {
    await page.getByRole("button", { name: "View", exact: true }).click();
    await page.getByRole("menuitemcheckbox", { name }).click();
  };
  assert.ok(shown.includes("Album"), shown.join("|"));
  await pick("Column: Album");
  await pick("Column: Size");
  await page.locator("thead th.size").waitFor({ state: "detached" });
  await page.reload();
  await row(page, "a.mp3").waitFor();
  assert.deepEqual(
    (await heads()).map((head) => head.trim()).filter((head) => head === "Album"),
    [],
  );
  assert.equal(await page.locator("thead th.size").count(), 0);
  await pick("Column: Size");
  await page.locator("thead th.size").waitFor();
  await pick("Musical keys as 1d, 7d, 6m");
  await page.locator("td.tag", { hasText: /^\s*1m\s*$/ }).waitFor();
  await pick("Musical keys as C, Gb, G#m");
  await page.locator("td.tag", { hasText: /^\s*Am\s*$/ }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});
