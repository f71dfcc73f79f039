// The settings window in a small window, on a first run, and with errors: the main controls stay visible, each phone gets its own
// code, files are shared by one link, problems are shown where they can be fixed.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { shot } from "./browser.mjs";
import { asked, check, openPane, press, SCHEMES, start, stop } from "./settings.mjs";

before(start);
after(stop);

/** Returns whether an element is completely visible and its centre is not covered. */
const inSight = (locator) =>
  locator.evaluate((element) => {
    const { top, bottom, left, right } = element.getBoundingClientRect();
    const at = document.elementFromPoint((left + right) / 2, (top + bottom) / 2);
    return top >= 0 && bottom <= window.innerHeight && (element === at || element.contains(at));
  });

test("in a small window the buttons and the preview are visible without scrolling", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("", { scene: "port", colorScheme });
    for (const name of ["Next", "Next", "Start sharing"]) {
      assert.ok(await inSight(page.getByRole("button", { name, exact: true })), name);
      await shot(page, `settings-welcome-560-${name.replace(" ", "-")}-${colorScheme}`);
      await press(page, name);
    }
    await press(page, "Yes, share here");
    await page.locator("img.qr").waitFor();
    assert.ok(await inSight(page.getByRole("button", { name: "Done", exact: true })));
    assert.ok(await inSight(page.locator("img.qr")), "the whole code");
    await check(page, `welcome-560-ready-${colorScheme}`);
    await context.close();

    const editor = await openPane("shares", { colorScheme });
    await press(editor.page, "Share a folder");
    await editor.page.getByLabel("Folder on this computer").fill("/home/anna/Videos");
    await editor.page.locator(".tree .here").first().waitFor();
    assert.ok(await inSight(editor.page.getByRole("button", { name: "Share folder", exact: true })));
    assert.ok(await inSight(editor.page.getByLabel("View as")));
    await editor.page.locator(".preview[aria-busy=false]").waitFor();
    assert.ok(await inSight(editor.page.locator(".tree .here bdi").first()), "the preview");
    await check(editor.page, `editor-560-${colorScheme}`);
    await editor.context.close();
  }
});

test("a port taken by another program is reported next to the code", async () => {
  const { context, page } = await openPane("", { scene: "port" });
  await press(page, "Next");
  await press(page, "Next");
  await press(page, "Start sharing");
  await press(page, "Yes, share here");
  await page.getByText("Port 3923 belongs to the program copyparty").waitFor();
  await context.close();
});

test("in the first run a code is replaced after one device has used it", async () => {
  const { context, page } = await openPane("", { scene: "new" });
  await press(page, "Next");
  await press(page, "Next");
  await press(page, "Start sharing");
  await press(page, "Yes, share here");
  const address = page.locator(".address code");
  await address.waitFor();
  const seen = new Set();
  for (const name of ["Anna's phone", "Ben's phone", "Clara's phone"]) {
    const before = await address.textContent();
    assert.ok(!seen.has(before), "each code is new");
    seen.add(before);
    await page.evaluate((name) => window.potluckFake.emit({ kind: "device_joined", id: name, name }), name);
    await page.getByText(`Device connected: ${name}`).waitFor();
    await page.waitForFunction((before) => document.querySelector(".address code").textContent !== before, before);
  }
  // A missed notice may have been a device that joined.
  const before = await address.textContent();
  await page.evaluate(() => window.potluckFake.emit({ kind: "missed", count: 3 }));
  await page.waitForFunction((before) => document.querySelector(".address code").textContent !== before, before);
  await context.close();
});

test("several files, or one outside all shares, are shared by one link", async () => {
  for (const colorScheme of SCHEMES) {
    for (const width of [1280, 760, 320]) {
      const { context, page } = await openPane("connect", { colorScheme, viewport: { width, height: 560 } });
      await page.evaluate(() =>
        window.potluckFake.sharePaths(["/home/anna/a.jpg", "/home/anna/Pictures/b.jpg", "/mnt/c.jpg"]),
      );
      await page.getByRole("heading", { name: "Share 3 files with a link" }).waitFor();
      for (const name of ["a.jpg", "b.jpg", "c.jpg"]) await page.locator(".files bdi", { hasText: name }).waitFor();
      assert.equal(await page.getByLabel("File or folder").count(), 0);
      assert.ok(await inSight(page.getByRole("button", { name: "Create link", exact: true })));
      await check(page, `files-${width}-${colorScheme}`);
      await press(page, "Create link");
      await page.locator("dialog img.qr").waitFor();
      await check(page, `files-made-${width}-${colorScheme}`);
      const [{ paths, link }] = await asked(page, "share_files");
      assert.deepEqual(paths, ["/home/anna/a.jpg", "/home/anna/Pictures/b.jpg", "/mnt/c.jpg"]);
      assert.equal(link.may, "look");
      await press(page, "Done");
      await page.getByRole("heading", { name: "a.jpg and 2 more" }).waitFor();
      await check(page, `files-row-${width}-${colorScheme}`);
      await context.close();
    }
  }
  const { context, page } = await openPane("connect");
  await page.evaluate(() => window.potluckFake.sharePaths(["/home/anna/Desktop/one.pdf"]));
  await page.getByRole("heading", { name: "Share 1 file with a link" }).waitFor();
  await press(page, "Cancel");
  await page.evaluate(() => window.potluckFake.sharePaths(["/home/anna/gone.jpg"]));
  await page.locator(".toast", { hasText: "gone.jpg cannot be shared" }).waitFor();
  await context.close();
});

test("each pane opens scrolled to its top", async () => {
  const { context, page } = await openPane("shares", { viewport: { width: 760, height: 300 } });
  for (const [from, to] of [
    ["Shares", "Connect"],
    ["Settings", "Help"],
    ["Activity", "Activity"],
  ]) {
    await page.getByRole("link", { name: from, exact: true }).click();
    await page.locator("main h1").waitFor();
    // Retried: the heading may still be that of the previous pane, before the new one is scrolled to its top.
    await page.waitForFunction(() => {
      window.scrollTo(0, 400);
      return window.scrollY > 50;
    });
    await page.getByRole("link", { name: to, exact: true }).click();
    await page.waitForFunction(() => window.scrollY === 0);
    assert.ok(await inSight(page.locator("main h1").first()), `${from}, then ${to}`);
  }
  await page.getByRole("link", { name: "Shares", exact: true }).click();
  await page.getByRole("button", { name: "Edit usb" }).scrollIntoViewIfNeeded();
  await press(page, "Edit usb");
  await page.waitForFunction(() => window.scrollY === 0);
  await context.close();
});

test("failures of the desktop are shown", async () => {
  const { context, page, faults } = await openPane("shares");
  await page.evaluate(() => {
    window.potluckFake.failure = "No program could be found that shows folders.";
  });
  const said = page.locator(".toast", { hasText: "No program could be found that shows folders." });
  const close = async () => {
    await said.getByRole("button", { name: "Close" }).click();
    await said.waitFor({ state: "detached" });
  };
  await page.getByRole("button", { name: "Open folder" }).first().click();
  await said.waitFor();
  await close();
  await page.getByRole("link", { name: "Activity" }).click();
  await page
    .getByRole("button", { name: /^Show in folder/ })
    .first()
    .click();
  await said.waitFor();
  await close();
  await page.getByRole("link", { name: "Settings" }).click();
  // Exact: the rows of Activity, still there while the pane changes, name their file as well.
  await page.getByRole("button", { name: "Show in folder", exact: true }).click();
  await said.waitFor();
  await close();
  const notify = page.getByRole("switch", { name: "Notify me when files arrive" });
  await notify.click();
  await said.waitFor();
  assert.ok(await notify.isChecked(), "the switch is reset");
  await close();
  // Also errors that no pane handles.
  await page.evaluate(() => void Promise.reject(new Error("unhandled")));
  await page.locator(".toast", { hasText: "Something went wrong in this window" }).waitFor();
  assert.deepEqual(faults, []);
  await context.close();
});

test("command lines start with the program's name once", async () => {
  const once = async (page) => {
    await page.getByText("Show as command line").click();
    const line = await page.getByLabel("Command line", { exact: true }).textContent();
    assert.equal(line.match(/potluck-server/g)?.length, 1, line);
    await press(page, "Copy command line");
    const [copied] = await page.evaluate(() => window.potluckFake.actions);
    assert.equal(copied, `copy ${line}`);
  };
  const settings = await openPane("settings");
  await once(settings.page);
  await settings.context.close();
  const editor = await openPane("shares");
  await press(editor.page, "Edit photos");
  await editor.page.locator(".tree li").first().waitFor();
  await once(editor.page);
  await editor.context.close();
});

test("a missing folder is created only after a confirmation", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Share a folder");
  await page.getByLabel("Folder on this computer").fill("/home/anna/missing");
  await press(page, "Share folder");
  await page.getByRole("heading", { name: "Create the folder /home/anna/missing?" }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel");
  await shot(page, "settings-make-folder");
  await page.getByRole("dialog").getByRole("button", { name: "Cancel" }).click();
  await page.locator("#folder-fault").getByText("There is no folder /home/anna/missing.").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "folder");
  await press(page, "Share folder");
  await press(page, "Create and share");
  await page.getByRole("heading", { name: "missing" }).waitFor();
  assert.deepEqual(
    (await asked(page, "save_share")).map(({ share }) => share.make_folder),
    [false, false, true],
  );
  await context.close();
});

test("the preview shows what an invited device can download, including unlisted files", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Share a folder");
  await page.getByLabel("Folder on this computer").fill("/home/anna");
  await page.getByText("There are keys inside").waitFor();
  assert.equal(await page.getByLabel("View as").inputValue(), "invited");
  const keys = page.locator(".tree li", { hasText: ".ssh" });
  await keys.getByText("not listed, can be downloaded").waitFor();
  await page.getByLabel("View as").selectOption("guest");
  await keys.waitFor({ state: "detached" });
  await page.getByLabel("Everyone who can reach this computer").check();
  await keys.waitFor();
  assert.equal(await page.getByLabel("View as").inputValue(), "guest");
  await context.close();
});

test("files of one sender are one row, during the transfer and in the history", async () => {
  for (const colorScheme of SCHEMES) {
    for (const width of [1280, 760, 320]) {
      const { context, page } = await openPane("activity", { colorScheme, viewport: { width, height: 640 } });
      await page.evaluate(() => {
        const fake = window.potluckFake;
        const phone = { account: "guest", who: "Anna's phone", address: "192.168.1.60" };
        const now = Date.now();
        const path = (n) => `/inbox/IMG_${2040 + n}.jpg`;
        const going = (n, done) => ({
          ...phone,
          id: 100 + n,
          is_upload: true,
          path: path(n),
          size: 1000,
          done,
          speed: 10,
          is_paused: false,
          since_ms: now - 1000,
        });
        const gone = (n) => ({ ...phone, at_ms: now - 500 * n, outcome: { is: "arrived" }, path: path(n), size: 1000 });
        const numbers = [...Array(20).keys()].map((n) => n + 1);
        fake.activity = {
          ...fake.activity,
          now: [...fake.activity.now, ...numbers.slice(7).map((n) => going(n, 0))],
          past: [...numbers.slice(0, 7).map(gone), ...fake.activity.past],
        };
        fake.emit({ kind: "missed", count: 0 });
      });
      const row = page.locator("section", { has: page.locator("#now") }).locator(".row", { hasText: "Anna's phone" });
      await row.getByText("7 of 20 files, 35 %").waitFor();
      assert.equal(await row.count(), 1);
      await row.getByRole("heading", { name: "IMG_2041.jpg and 19 more" }).waitFor();
      await check(page, `batch-${width}-${colorScheme}`);
      await press(page, "Pause IMG_2041.jpg and 19 more");
      await row.getByText(/7 of 20 files, 35\s% · paused/).waitFor();
      assert.equal((await asked(page, "pause_transfer")).length, 13);
      await press(page, "Stop IMG_2041.jpg and 19 more");
      await row.waitFor({ state: "detached" });
      const past = page.locator("section", { has: page.locator("#past") }).locator(".row", { hasText: "Anna's phone" });
      await past.getByText("7 files · Received from Anna's phone").waitFor();
      assert.equal(await past.count(), 1);
      await past.getByText("All files").click();
      await past.getByText("IMG_2047.jpg").waitFor();
      await check(page, `batch-past-${width}-${colorScheme}`);
      await context.close();
    }
  }
});

test("only the selected radio button looks selected", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("shares", { colorScheme });
    await press(page, "Edit photos");
    const looks = (name) =>
      page.getByRole("radio", { name, exact: true }).evaluate((radio) => ({
        on: radio.checked,
        dot: getComputedStyle(radio, "::before").content !== "none",
        ring: getComputedStyle(radio).borderTopColor,
        ground: getComputedStyle(radio).backgroundColor,
        page: getComputedStyle(document.documentElement).backgroundColor,
      }));
    const [on, off] = [await looks("Specific people"), await looks("Only me")];
    assert.deepEqual([on.on, on.dot, off.on, off.dot], [true, true, false, false]);
    assert.notEqual(on.ring, off.ring);
    assert.equal(off.ground, off.page, "empty");
    await context.close();
  }
});

test("the user's own account and device are marked, and Enter alone never removes anything", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("people", { colorScheme });
    await page.locator(".row", { hasText: "anna" }).getByText("This is you").waitFor();
    await page.locator(".row", { hasText: "Firefox on Linux" }).getByText("This device").waitFor();
    assert.equal(await page.getByText("This is you").count(), 1);
    for (const [button, words] of [
      ["Remove anna", "You are signed out immediately"],
      ["Remove ben", "This can't be undone."],
      ["Sign out Firefox on Linux", "This is the device you are using"],
      ["Sign out Safari on iPad", "anyone with the link can open it again"],
      ["Sign out Chrome on Android", "it needs a new code"],
    ]) {
      await press(page, button);
      await page.getByRole("dialog").getByText(words).waitFor();
      assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Cancel", button);
      await check(page, `${button.replaceAll(" ", "-")}-${colorScheme}`);
      await page.keyboard.press("Enter");
      await page.locator("dialog").waitFor({ state: "detached" });
    }
    assert.deepEqual(await asked(page, "remove_person"), []);
    assert.deepEqual(await asked(page, "revoke_device"), []);
    await context.close();
  }
});

test("a share with custom access is restored unchanged by undo", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Edit usb");
  await press(page, "Stop sharing");
  await page.getByText("“usb” is no longer shared.").waitFor();
  await press(page, "Undo");
  await page
    .getByText("Custom access: everyone: view; ben: view and upload; anna: view, upload, change, and delete")
    .waitFor();
  assert.deepEqual(await asked(page, "restore_share"), [{ call: "restore_share", mount: "/usb" }]);
  await context.close();
});

test("a problem has a button to the pane where it can be fixed, which shows it", async () => {
  for (const [code, pane, heading] of [
    ["folder_missing", "Shares", "Shares"],
    ["disk_full", "Shares", "Shares"],
    ["port_taken", "Settings", "Settings"],
    ["settings_damaged", "Settings", "Settings"],
  ]) {
    const { context, page } = await openPane("connect");
    await page.evaluate((code) => {
      window.potluckFake.overview.problems = [{ code, sentence: "This needs you." }];
      window.potluckFake.emit({ kind: "missed", count: 0 });
    }, code);
    await page.getByText("This needs you.").waitFor();
    await press(page, `Open ${pane}`);
    await page.getByRole("heading", { name: heading, exact: true }).waitFor();
    await page.locator("main").getByText("This needs you.").waitFor();
    await context.close();
  }
});
