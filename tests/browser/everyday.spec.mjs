// The everyday tasks of people, once by keyboard alone and once by touch alone: twenty photos from a phone, a folder shared with one
// person, what arrived and from whom, a wrong delete undone, ten files renamed.
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { allUploaded, asFiles, launch, noise, open } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = !real && "needs the real server";
const root = mkdtempSync(join(tmpdir(), "potluck-everyday-"));
const WIDE = { viewport: { width: 1280, height: 800 } };
const PHONE = { viewport: { width: 360, height: 740 }, hasTouch: true, isMobile: true };
const PHOTOS = Array.from({ length: 20 }, (_, n) => `IMG_${4000 + n}.jpg`);
/** Tab stops until something is reached: more would be a hindrance. */
const TABS_MAX = 40;

let browser;
let server;

before(async () => {
  if (skip) return;
  const volumes = ["-v", `${root}:home:rwmda,ann:rw,bob`];
  [browser, server] = [await launch(), await startServer("-a", "ann:wark", "-a", "bob:krad", ...volumes, "-e2dsa")];
});
after(async () => {
  await browser?.close();
  await server?.stop();
  rmSync(root, { recursive: true, force: true });
});

function folder(name, names) {
  mkdirSync(join(root, name), { recursive: true });
  for (const file of names) {
    writeFileSync(join(root, name, file), file);
    utimesSync(join(root, name, file), 1_700_000_000, 1_700_000_000);
  }
}

const inside = (name) =>
  readdirSync(join(root, name))
    .filter((one) => !one.startsWith("."))
    .sort();

/** Pressing keys is all that a person does here. */
function byKeyboard(page) {
  const { keyboard } = page;
  /** Presses Tab until the control with this name has the focus. */
  const tabTo = async (name) => {
    for (let n = 0; n < TABS_MAX; n++) {
      const at = await page.evaluate(() => {
        const one = document.activeElement === document.body ? undefined : document.activeElement;
        const label = one?.labels?.[0]?.textContent ?? "";
        return (one?.getAttribute("aria-label") ?? `${label} ${one?.textContent ?? ""}`).trim();
      });
      if (at.includes(name)) return;
      await keyboard.press("Tab");
    }
    assert.fail(`Tab does not lead to ${name}`);
  };
  /** Chooses an item of the open menu by its first letters. */
  const choose = async (name) => {
    const item = page.getByRole("menuitem", { name });
    await item.waitFor();
    for (let n = 0; n < 30; n++) {
      if (await item.evaluate((one) => one === document.activeElement)) break;
      await keyboard.press("ArrowDown");
    }
    await keyboard.press("Enter");
  };
  /** Moves through the list to a file. */
  const goTo = async (name) => {
    await page.locator("[data-index]").first().waitFor();
    for (let n = 0; n < 30; n++) {
      const at = await page.evaluate(() => document.querySelector(".cursor .text")?.textContent);
      if (at?.includes(name)) return;
      await keyboard.press("ArrowDown");
    }
    assert.fail(`the arrow keys do not lead to ${name}`);
  };
  return {
    signIn: async (name, password) => {
      await tabTo("Sign in");
      await keyboard.press("Enter");
      await page.locator("#li-u:focus").waitFor();
      await keyboard.type(name);
      await keyboard.press("Tab");
      await keyboard.type(password);
      await keyboard.press("Enter");
    },
    upload: async () => {
      await tabTo("Upload");
      await keyboard.press("Enter");
      await choose("Choose files");
    },
    select: async (name) => {
      await tabTo("Select all");
      await goTo(name);
      await keyboard.press("Space");
    },
    selectAll: () => keyboard.press("Control+a"),
    share: async () => {
      await keyboard.press("Shift+F10");
      await choose("Share");
    },
    newestFirst: async () => {
      await tabTo("Changed");
      await keyboard.press("Enter");
    },
    properties: () => keyboard.press("Alt+Enter"),
    remove: () => keyboard.press("Delete"),
    undo: () => keyboard.press("Control+z"),
    rename: () => keyboard.press("F2"),
    /** Replaces the text of a field of the open dialog. */
    write: async (name, text) => {
      await tabTo(name);
      await keyboard.press("Control+a");
      await keyboard.type(text);
    },
    press: async (name) => {
      await tabTo(name);
      await keyboard.press("Enter");
    },
  };
}

/** Tapping, and typing where the phone shows its keyboard, is all that a person does here. */
function byTouch(page) {
  const tap = (role, name) => page.getByRole(role, { name, exact: true }).first().tap();
  const more = async (name) => {
    await tap("button", "More");
    await tap("menuitem", name);
  };
  return {
    signIn: async (name, password) => {
      await tap("button", "You");
      await tap("menuitem", "Sign in");
      await page.locator("#li-u").tap();
      await page.keyboard.type(name);
      await page.locator("#li-p").tap();
      await page.keyboard.type(password);
      await page.locator("#login button").tap();
    },
    upload: async () => {
      await page.locator("#tab-upload").tap();
      await tap("menuitem", "Choose files");
    },
    select: (name) => page.getByRole("checkbox", { name: `Select ${name}`, exact: true }).tap(),
    selectAll: async () => {
      await page.locator("[data-index] input").first().tap();
      await more("Select all");
    },
    share: () => more("Share"),
    newestFirst: async () => {
      await page.getByRole("button", { name: /^Sort/ }).tap();
      await tap("menuitemcheckbox", "Changed");
    },
    properties: () => more("Properties"),
    remove: () => more("Delete"),
    undo: () => tap("button", "Undo"),
    rename: () => tap("button", "Rename"),
    write: async (name, text) => {
      const field = page.getByLabel(name, { exact: true });
      await field.tap();
      await page.keyboard.press("Control+a");
      await page.keyboard.type(text);
    },
    press: (name) => page.getByRole("button", { name, exact: true }).last().tap(),
  };
}

const shown = (page, name) => page.locator("[data-index] .text", { hasText: name }).first().waitFor();
const isSignedIn = (page, name) =>
  page.waitForFunction((name) => document.querySelector("details#account b")?.textContent === name, name);

for (const [way, options, drive] of [
  ["by keyboard", WIDE, byKeyboard],
  ["by touch", PHONE, byTouch],
]) {
  const place = way.replace(" ", "-");
  const url = (name) => `${server.url}/home/${name}/`;
  /** Opens a folder as a visitor, and signs in there. */
  const begin = async (name, account = ["ann", "wark"]) => {
    const opened = await open(browser, `${server.url}/music/2026/`, options);
    const person = drive(opened.page);
    await person.signIn(...account);
    await isSignedIn(opened.page, account[0]);
    await opened.page.goto(url(name));
    return { ...opened, person };
  };

  test(`twenty photos are sent, and what arrived is found with its sender, ${way}`, { skip }, async () => {
    const name = `photos-${place}`;
    folder(name, ["old one.txt", "zebra.txt"]);
    const bob = await begin(name, ["bob", "krad"]);
    const chooser = bob.page.waitForEvent("filechooser");
    await bob.person.upload();
    await (await chooser).setFiles(
      asFiles(Object.fromEntries(PHOTOS.map((photo, n) => [photo, noise(30_000 + n, n)]))),
    );
    await allUploaded(bob.page, 20);
    assert.equal(inside(name).length, 22);
    assert.deepEqual(bob.faults, []);
    await bob.context.close();

    const { context, page, person, faults } = await begin(name);
    await shown(page, "zebra.txt");
    await person.newestFirst();
    await page.waitForFunction(() => document.querySelector("[data-index] .text")?.textContent.startsWith("IMG_4"));
    await person.select(await page.locator("[data-index] .text").first().textContent());
    await person.properties();
    await page
      .locator("dialog[open]")
      .getByText(/ by bob/)
      .waitFor();
    assert.deepEqual(faults, []);
    await context.close();
  });

  test(`a folder is shared with one person, to be read only, ${way}`, { skip }, async () => {
    folder(`sharing-${place}/Trip`, ["one.txt", "two.txt"]);
    const { context, page, person, faults } = await begin(`sharing-${place}`);
    await shown(page, "Trip");
    await person.select("Trip");
    await person.share();
    await page.locator("dialog[open]").waitFor();
    await person.write("How many people may open it", "1");
    await person.press("Make link");
    const link = await page.locator("#share-url").inputValue();
    assert.deepEqual(faults, []);
    await context.close();

    const guest = await open(browser, link, options);
    await guest.page.getByRole("button", { name: "Open" }).click();
    await shown(guest.page, "two.txt");
    assert.equal(await guest.page.getByRole("button", { name: "Upload" }).count(), 0);
    await guest.context.close();
    const other = await open(browser, link, options);
    await other.page.getByText("It was made for a limited number of visitors").waitFor();
    await other.context.close();
  });

  test(`a wrong delete is undone, ${way}`, { skip }, async () => {
    const name = `deleted-${place}`;
    folder(name, ["a letter.txt", "b letter.txt", "c letter.txt"]);
    const { context, page, person, faults } = await begin(name);
    await shown(page, "b letter.txt");
    await person.select("b letter.txt");
    await person.remove();
    await page.locator(".notice.shown", { hasText: "deleted" }).waitFor();
    assert.deepEqual(inside(name), ["a letter.txt", "c letter.txt"]);
    await person.undo();
    await shown(page, "b letter.txt");
    assert.deepEqual(inside(name), ["a letter.txt", "b letter.txt", "c letter.txt"]);
    assert.deepEqual(faults, []);
    await context.close();
  });

  test(`ten files are renamed, ${way}`, { skip }, async () => {
    const name = `renamed-${place}`;
    folder(name, PHOTOS.slice(0, 10));
    const { context, page, person, faults } = await begin(name);
    await shown(page, PHOTOS[9]);
    await person.selectAll();
    await person.rename();
    await page.locator("dialog[open]").waitFor();
    await person.write("New name", "Summer {n}");
    await page.locator("dialog[open] .new", { hasText: "Summer 10.jpg" }).waitFor();
    await person.press("Rename 10 items");
    await shown(page, "Summer 10.jpg");
    assert.deepEqual(
      inside(name),
      Array.from({ length: 10 }, (_, n) => `Summer ${String(n + 1).padStart(2, "0")}.jpg`),
    );
    assert.deepEqual(faults, []);
    await context.close();
  });
}
