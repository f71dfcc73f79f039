// The settings window with a fake server: every pane is accessible and fits from 320 pixels on, in light and dark; a folder is
// shared by keyboard alone; errors are shown at their fields; no click loses data. Screenshots are saved in shots/.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { assertFits, shot } from "./browser.mjs";
import { asked, check, openPane, PANES, press, SCHEMES, start, stop } from "./settings.mjs";

before(start);
after(stop);

for (const width of [1280, 760, 420, 320]) {
  for (const colorScheme of SCHEMES) {
    test(`every pane at ${width} pixels, ${colorScheme}`, async () => {
      // A phone's browser has no desktop program.
      const look = { viewport: { width, height: width >= 760 ? 560 : 700 }, colorScheme, desktop: width > 320 };
      for (const pane of PANES) {
        const { context, page, faults } = await openPane(pane, look);
        if (pane === "connect") await page.locator("img.qr").waitFor();
        await check(page, `${pane}-${width}-${colorScheme}`);
        assert.deepEqual(faults, [], pane);
        await context.close();
      }
    });

    test(`dialogs and editors at ${width} pixels, ${colorScheme}`, async () => {
      const look = { viewport: { width, height: width >= 760 ? 560 : 700 }, colorScheme };
      for (const [name, pane, reveal] of OPENED) {
        const { context, page, faults } = await openPane(pane, look);
        await reveal(page);
        await check(page, `${name}-${width}-${colorScheme}`);
        assert.deepEqual(faults, [], name);
        await context.close();
      }
    });
  }
}

const OPENED = [
  [
    "editor",
    "shares",
    async (page) => {
      await press(page, "Edit photos");
      await page.locator(".tree li").first().waitFor();
    },
  ],
  [
    "editor-faults",
    "shares",
    async (page) => {
      await press(page, "Share a folder");
      await page.getByLabel("Folder on this computer").fill("/home/anna");
      // The preview's warning moves the fields below it.
      await page.getByText("This is your whole home folder").waitFor();
      await page.getByRole("radio", { name: "Specific people" }).check();
      await page.getByText("Limits and options").click();
      await page.getByLabel("Maximum file size").fill("huge");
      await press(page, "Save anyway");
      await page.getByText("Choose at least one person.").waitFor();
    },
  ],
  ["person", "people", (page) => press(page, "Add a person")],
  ["remove", "people", (page) => press(page, "Remove ben")],
  ["request", "links", (page) => press(page, "Request files")],
  [
    "link",
    "links",
    async (page) => {
      await press(page, "Show link & QR: Anna's wedding photos");
      await page.locator("dialog img.qr").waitFor();
    },
  ],
  [
    "options",
    "settings",
    async (page) => {
      await page.locator("summary", { hasText: "Network" }).click();
      await page.locator("summary", { hasText: "Uploads" }).click();
    },
  ],
  [
    "large",
    "connect",
    async (page) => {
      await press(page, "Enlarge");
      await page.locator("dialog img.qr").waitFor();
    },
  ],
  [
    "lost",
    "shares",
    async (page) => {
      await page.evaluate(() => {
        window.potluckFake.isAway = true;
      });
      await page.getByRole("switch", { name: "Share photos" }).click();
      await page.getByText("Connection to the server lost.").waitFor();
    },
  ],
];

for (const width of [760, 420]) {
  for (const colorScheme of SCHEMES) {
    test(`the first start at ${width} pixels, ${colorScheme}`, async () => {
      const look = { viewport: { width, height: 700 }, colorScheme, scene: "new" };
      const { context, page, faults } = await openPane("", look);
      await check(page, `welcome-1-${width}-${colorScheme}`);
      await press(page, "Next");
      assert.equal(await page.getByLabel("Folder for received files").inputValue(), "/home/anna/Downloads/Inbox");
      await check(page, `welcome-2-${width}-${colorScheme}`);
      await press(page, "Next");
      await check(page, `welcome-3-${width}-${colorScheme}`);
      await press(page, "Start sharing");
      await page.getByText("Without encryption (http), others").waitFor();
      await check(page, `welcome-4-${width}-${colorScheme}`);
      await press(page, "Yes, share here");
      await page.locator("img.qr").waitFor();
      await check(page, `welcome-5-${width}-${colorScheme}`);
      const saved = await asked(page, "save_share");
      assert.deepEqual(
        saved.map(({ share }) => [share.mount, share.may, share.who.is]),
        [["/inbox", "drop_off", "only_me"]],
        "one inbox, and nothing that can be read",
      );
      await page.evaluate(() => window.potluckFake.emit({ kind: "device_joined", id: "d9", name: "Anna's phone" }));
      await page.getByText("Device connected: Anna's phone").waitFor();
      await press(page, "Done");
      await page.getByRole("heading", { name: "Sharing is on" }).waitFor();
      assert.deepEqual(faults, []);
      await context.close();
    });
  }
}

test("the first start can be skipped, and then nothing is shared", async () => {
  const { context, page } = await openPane("", { scene: "new" });
  await press(page, "Skip setup");
  await page.getByRole("heading", { name: "Sharing is off" }).waitFor();
  assert.deepEqual(await asked(page, "save_share"), []);
  assert.deepEqual(await asked(page, "set_sharing"), []);
  await context.close();
});

test("a failed first start leaves no shares behind", async () => {
  const { context, page } = await openPane("", { scene: "new" });
  await press(page, "Next");
  await page.getByLabel("A folder to share (optional)").fill("/nowhere");
  await press(page, "Next");
  await press(page, "Start sharing");
  await page.getByText("The share was not saved").waitFor();
  await page.getByRole("heading", { name: "Where should received files go?" }).waitFor();
  assert.deepEqual(await page.evaluate(() => window.potluckFake.shares), []);
  const shown = page.getByLabel("A folder to share (optional)");
  assert.equal(await shown.getAttribute("aria-invalid"), "true");
  await shown.fill("");
  await press(page, "Next");
  await press(page, "Start sharing");
  await page.getByRole("heading", { name: "One more question" }).waitFor();
  await context.close();
});

test("a person who may not change the settings sees why", async () => {
  const { context, page } = await openPane("shares");
  await page.evaluate(() => {
    window.potluckFake.refusal = "Sign in as an administrator first.";
  });
  await page.evaluate(() => window.potluckFake.show("people"));
  await page.getByRole("alert").getByText("Sign in as an administrator first.").waitFor();
  await context.close();
});

/** Presses Tab until the element called `name` has the focus; fails if it never has. */
async function tabTo(page, name) {
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press("Tab");
    const here = await page.evaluate(() => {
      const at = document.activeElement;
      return at?.getAttribute("aria-label") ?? at?.labels?.[0]?.textContent ?? at?.textContent ?? "";
    });
    if (here.trim() === name) return;
  }
  assert.fail(`Tab never comes to ${name}`);
}

test("a folder is shared with one person, by the keyboard alone", async () => {
  const { context, page, faults } = await openPane("connect", { desktop: false });
  await tabTo(page, "Shares");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Shares" }).waitFor();
  await tabTo(page, "Share a folder");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Share a folder" }).waitFor();
  await tabTo(page, "Folder on this computer");
  await page.keyboard.type("/home/anna/Holiday 2026");
  await tabTo(page, "Address");
  assert.equal(await page.getByLabel("Address", { exact: true }).inputValue(), "/holiday-2026");
  await tabTo(page, "Only me");
  await page.keyboard.press("ArrowDown");
  await tabTo(page, "clara");
  await page.keyboard.press("Space");
  await tabTo(page, "View and download");
  await page.keyboard.press("ArrowDown");
  // The preview shows what clara would see while the form is filled in.
  await page.locator(".tree .here", { hasText: "holiday-2026" }).waitFor();
  assert.equal(await page.getByLabel("View as").inputValue(), "person:clara");
  await tabTo(page, "Share folder");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "holiday-2026" }).waitFor();
  await page.waitForFunction(() => document.activeElement?.getAttribute("aria-label") === "Edit holiday-2026");
  const [{ was, share }] = await asked(page, "save_share");
  assert.deepEqual(
    [was, share.folder, share.who, share.may, share.until_ms],
    [null, "/home/anna/Holiday 2026", { is: "people", names: ["clara"] }, "add", null],
  );
  assert.deepEqual(faults, []);
  await context.close();
});

test("an error is shown at its field, gets the focus, and disappears when corrected", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Share a folder");
  const folder = page.getByLabel("Folder on this computer");
  await folder.fill("/nowhere");
  await page.getByText("There is no folder /nowhere.").waitFor();
  assert.equal(await folder.getAttribute("aria-invalid"), "true");
  const described = await folder.getAttribute("aria-describedby");
  assert.match(await page.locator(`#${described}`).textContent(), /There is no folder/);
  await page.getByLabel("Address", { exact: true }).fill("/photos");
  await press(page, "Share folder");
  await page.getByText("The share was not saved").waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "folder");
  await folder.fill("/home/anna/Videos");
  await page.getByLabel("Address", { exact: true }).fill("/videos");
  await page.locator(".fault").first().waitFor({ state: "detached" });
  await press(page, "Share folder");
  await page.getByRole("heading", { name: "videos" }).waitFor();
  await context.close();
});

test("custom access is shown and kept", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Edit usb");
  const kept = page.getByRole("radio", { name: "Custom access" });
  assert.equal(await kept.count(), 2);
  assert.ok(await kept.first().isChecked());
  await page
    .getByText("Keeps the current access: everyone: view; ben: view and upload; anna: view, upload, change, and delete")
    .first()
    .waitFor();
  await press(page, "Save");
  await page
    .getByText("Custom access: everyone: view; ben: view and upload; anna: view, upload, change, and delete")
    .waitFor();
  const [{ share }] = await asked(page, "save_share");
  assert.deepEqual([share.who, share.may], [{ is: "custom" }, "custom"]);
  await context.close();
});

test("a removed share is restored by undo", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Edit photos");
  await press(page, "Stop sharing");
  await page.getByText("“photos” is no longer shared.").waitFor();
  assert.equal(await page.getByRole("button", { name: "Edit photos" }).count(), 0);
  await press(page, "Undo");
  await page.getByRole("button", { name: "Edit photos" }).waitFor();
  await page.getByText("ben and clara · view and download").waitFor();
  await context.close();
});

test("a file request has a PIN", async () => {
  const { context, page } = await openPane("links");
  await press(page, "Request files");
  assert.equal(await page.getByLabel("Save files in").inputValue(), "/inbox");
  await page.getByLabel("What it is for").fill("Class trip");
  await page.getByText("PIN and limits").click();
  await page.getByRole("radio", { name: "Yes" }).check();
  await page.getByLabel("PIN", { exact: true }).fill("12");
  await press(page, "Create link");
  await page.getByText("Enter at least four characters.").waitFor();
  await page.getByLabel("PIN", { exact: true }).fill("2468");
  await page.getByLabel("Maximum size of all files").fill("2 GB");
  await press(page, "Create link");
  await page.locator("dialog img.qr").waitFor();
  const [{ link }] = await asked(page, "make_link");
  assert.deepEqual(
    [link.kind, link.may, link.pin, link.max_bytes],
    ["request", "drop_off", { is: "new", pin: "2468" }, 2 ** 31],
  );
  await press(page, "Copy address");
  const actions = await page.evaluate(() => window.potluckFake.actions);
  assert.match(actions[0], /^copy http:\/\/192\.168\.1\.20:3923\/s\//);
  await press(page, "Done");
  await page.getByRole("heading", { name: "Class trip" }).waitFor();
  await context.close();
});

test("a refused setting shows an error in place; a changed one can be reset", async () => {
  const { context, page } = await openPane("settings");
  await page.getByLabel("Search the settings").fill("connections");
  const most = page.getByLabel("Most connections at once");
  await most.fill("many");
  await most.press("Enter");
  await page.getByText("“many” is no number.").waitFor();
  await most.fill("100");
  await most.press("Tab");
  await press(page, "Reset to 4096: Most connections at once");
  await page.waitForFunction(() => document.querySelector("#option-max-connections").value === "4096");
  const changes = await asked(page, "change_settings");
  assert.deepEqual(
    changes.map(({ values }) => values["max-connections"]),
    ["many", "100", null],
  );
  await context.close();
});

test("plain http on an untrusted network needs a confirmation", async () => {
  const { context, page } = await openPane("settings");
  await page.evaluate(() => {
    window.potluckFake.lan.network.trust = "unknown";
    window.potluckFake.emit({ kind: "settings_changed" });
  });
  await page.waitForFunction(() => window.potluckFake.calls.filter(({ call }) => call === "lan").length === 2);
  await page.getByLabel("Search the settings").fill("http-only");
  await page.getByRole("switch", { name: "Never encrypt" }).click();
  await page.getByRole("heading", { name: "Turn encryption off?" }).waitFor();
  await press(page, "Cancel");
  assert.deepEqual(await asked(page, "change_settings"), []);
  await page.waitForFunction(() => !document.querySelector("#option-http-only").checked);
  await context.close();
});

test("a code is replaced after one device has used it", async () => {
  const { context, page } = await openPane("connect");
  await page.locator("img.qr").waitFor();
  const address = page.locator(".invite .address code");
  const first = await address.textContent();
  await page.evaluate(() => window.potluckFake.emit({ kind: "device_joined", id: "d9", name: "Anna's phone" }));
  await page.getByText("Device connected: Anna's phone").waitFor();
  await page.waitForFunction((before) => document.querySelector(".invite .address code").textContent !== before, first);
  await page.getByLabel("Access").selectOption("drop_off");
  await page.waitForFunction(
    () => window.potluckFake.calls.findLast(({ call }) => call === "invite").may === "drop_off",
  );
  await page.getByLabel("Address", { exact: true }).selectOption("http://100.101.7.3:3923/");
  await page.waitForFunction(() => document.querySelector(".invite .address code").textContent.includes("100.101"));
  await context.close();
});

test("sharing is turned off and on", async () => {
  const { context, page } = await openPane("connect");
  await press(page, "Turn sharing off");
  await page.getByRole("heading", { name: "Sharing is off" }).waitFor();
  assert.equal(await page.locator("img.qr").count(), 0, "no code while sharing is off");
  await press(page, "Turn sharing on");
  await page.locator("img.qr").waitFor();
  await context.close();
});

test("a dropped folder becomes a link if it is shared, otherwise a share", async () => {
  const { context, page } = await openPane("connect");
  await page.evaluate(() => window.potluckFake.sharePaths(["/home/anna/Pictures/2026/cake.jpg"]));
  await page.getByRole("heading", { name: "Share a link" }).waitFor();
  assert.equal(await page.getByLabel("File or folder").inputValue(), "/photos/2026/cake.jpg");
  await press(page, "Cancel");
  await page.evaluate(() => window.potluckFake.sharePaths(["/home/anna/Videos"]));
  await page.getByRole("heading", { name: "Share a folder" }).waitFor();
  assert.equal(await page.getByLabel("Folder on this computer").inputValue(), "/home/anna/Videos");
  await context.close();
});

test("the tray's menu opens panes", async () => {
  const { context, page } = await openPane("connect");
  for (const pane of PANES) {
    await page.evaluate((name) => window.potluckFake.show(name), pane);
    await page.locator(`pl-${pane}`).waitFor();
  }
  await page.evaluate(() => window.potluckFake.show("request"));
  await page.getByRole("heading", { name: "Request files" }).waitFor();
  await context.close();
});

test("the draft of the editor survives opening another pane", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Edit photos");
  await page.getByLabel("Address", { exact: true }).fill("/pictures");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByText("Your changes weren't saved.").waitFor();
  await press(page, "Keep editing");
  assert.equal(await page.getByLabel("Address", { exact: true }).inputValue(), "/pictures");
  await press(page, "Save");
  await page.getByRole("heading", { name: "pictures" }).waitFor();
  assert.equal((await asked(page, "save_share"))[0].was, "/photos");
  await page.getByRole("link", { name: "Activity" }).click();
  await page.getByRole("heading", { name: "Activity" }).waitFor();
  assert.equal(await page.locator(".toast").textContent(), "");
  await context.close();
});

test("notices from the server do not change a field that is being edited", async () => {
  const { context, page } = await openPane("shares");
  const receiveNotice = async () => {
    const count = (await asked(page, "shares")).length;
    await page.evaluate(() => window.potluckFake.emit({ kind: "missed", count: 0 }));
    for (let i = 0; i < 100 && (await asked(page, "shares")).length === count; i++) await page.waitForTimeout(20);
    // Wait for one more frame after the answer was rendered.
    await page.waitForTimeout(100);
  };
  await press(page, "Edit photos");
  await page.getByLabel("Address", { exact: true }).fill("/pictures");
  await page.getByLabel("Everyone who can reach this computer").check();
  await receiveNotice();
  assert.equal(await page.getByLabel("Address", { exact: true }).inputValue(), "/pictures");
  await press(page, "Save");
  await page.getByRole("heading", { name: "pictures" }).waitFor();
  const [{ share }] = await asked(page, "save_share");
  assert.deepEqual([share.mount, share.who.is], ["/pictures", "everyone"]);

  await page.getByRole("link", { name: "Links" }).click();
  await press(page, "Request files");
  await page.getByLabel("What it is for").fill("The party");
  await receiveNotice();
  assert.equal(await page.getByLabel("What it is for").inputValue(), "The party");
  await context.close();
});

test("a transfer is paused, resumed, and stopped", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("activity", { viewport: { width: 420, height: 700 }, colorScheme });
    await press(page, "Pause IMG_2042.MOV");
    await page.getByText(/ of .* · paused$/).waitFor();
    await check(page, `activity-paused-${colorScheme}`);
    await press(page, "Resume IMG_2042.MOV");
    await page.getByRole("button", { name: "Pause IMG_2042.MOV" }).waitFor();
    await press(page, "Stop IMG_2042.MOV");
    await page.getByRole("heading", { name: "IMG_2042.MOV" }).waitFor({ state: "detached" });
    assert.deepEqual(
      (await asked(page, "pause_transfer")).map(({ id, paused }) => [id, paused]),
      [
        [7, true],
        [7, false],
      ],
    );
    await context.close();
  }
});

test("rights and flags can be entered as text, starting from the form's choices", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("shares", { viewport: { width: 420, height: 800 }, colorScheme });
    await press(page, "Edit photos");
    await page.getByLabel("Everyone who can reach this computer").check();
    await page.getByText("Advanced: rights and flags").click();
    const rules = page.getByLabel("Rights and flags, one per line");
    await page.getByText("What others see").waitFor();
    await page.locator(".preview[aria-busy=false]").waitFor();
    await page.getByLabel("Enter rights and flags yourself").check();
    assert.equal(await rules.inputValue(), "r,*");
    assert.equal(await page.getByLabel("Everyone who can reach this computer").count(), 0, "the choices are not shown");
    await rules.fill("r,*\nx,ben");
    await page.getByText("Line 2: 'x' in 'x,ben' is not a permission").waitFor();
    await rules.scrollIntoViewIfNeeded();
    await check(page, `editor-rules-${colorScheme}`);
    await rules.fill("r,*\nrw,@friends\nc,nodupe");
    await press(page, "Save");
    await page.getByRole("heading", { name: "Shares", exact: true }).waitFor();
    assert.deepEqual((await asked(page, "save_share"))[0].share.rules, ["r,*", "rw,@friends", "c,nodupe"]);
    await context.close();
  }
});

test("a text is shown to everyone and removed", async () => {
  const { context, page } = await openPane("activity", { viewport: { width: 760, height: 800 } });
  await press(page, "Show text");
  await page.getByText("Enter a text to show.").waitFor();
  await page.getByLabel("Text, such as an address or a password").fill("The Wi-Fi key is 42.");
  await press(page, "Show text");
  await page.getByText("The Wi-Fi key is 42.").waitFor();
  await check(page, "activity-shown");
  await press(page, "Remove");
  await page.getByLabel("Text, such as an address or a password").waitFor();
  await context.close();
});

test("quitting asks for confirmation during transfers", async () => {
  const { context, page } = await openPane("settings");
  await press(page, "Quit Potluck");
  await page.getByText("Sharing stops. 1 transfer is interrupted").waitFor();
  await page.getByRole("dialog").getByRole("button", { name: "Quit Potluck" }).click();
  await page.waitForFunction(() => window.potluckFake.actions.includes("quit"));
  await context.close();
});

test("on a small screen the other panes are in the More menu", async () => {
  for (const colorScheme of SCHEMES) {
    const { context, page } = await openPane("connect", { viewport: { width: 320, height: 640 }, colorScheme });
    assert.ok(!(await page.getByRole("link", { name: "Help" }).isVisible()));
    await press(page, "More");
    await check(page, `more-320-${colorScheme}`);
    await page.getByRole("link", { name: "Help" }).click();
    await page.getByRole("heading", { name: "Help", exact: true }).waitFor();
    await context.close();
  }
});

test("in a browser the name and, on phones, the More menu lead back to the files", async () => {
  const phone = { viewport: { width: 320, height: 640 }, desktop: false };
  const { context, page } = await openPane("activity", phone);
  const files = new URL("../../", page.url()).href;
  const leadsBack = async (link) => assert.equal(await link.evaluate((one) => one.href), files);
  await leadsBack(page.locator("a.brand"));
  await press(page, "More");
  const link = page.getByRole("navigation").getByRole("link", { name: "Files", exact: true });
  await leadsBack(link);
  await check(page, "more-files-320");
  await context.close();
  const desktop = await openPane("activity", { desktop: true });
  assert.equal(await desktop.page.locator("a.brand, .rail a[href='../../']").count(), 0);
  await desktop.context.close();
});

test("dates and numbers are those of the language, as in the page with the files", async () => {
  const day = (locale) => new Intl.DateTimeFormat(locale, { dateStyle: "medium" }).format(Date.now() + 40 * 86_400_000);
  for (const locale of ["de-DE", "ar-EG", "en-US"]) {
    const { context, page } = await openPane("people", { locale, timezoneId: process.env.TZ ?? "UTC" });
    const text = await page.locator("main").textContent();
    assert.ok(text.includes(day(locale)), `${locale}: ${day(locale)} in ${text}`);
    await context.close();
  }
});

test("a dialog restores the focus", async () => {
  const { context, page } = await openPane("people");
  await press(page, "Rename Ben's iPhone");
  await page.getByLabel("Name", { exact: true }).waitFor();
  await page.keyboard.press("Escape");
  await page.locator("dialog").waitFor({ state: "detached" });
  assert.equal(await page.evaluate(() => document.activeElement?.getAttribute("aria-label")), "Rename Ben's iPhone");
  await context.close();
});

test("with forced colours, from right to left, with large text", async () => {
  for (const [name, look, change] of [
    ["forced", { forcedColors: "active" }, undefined],
    ["rtl", {}, () => document.documentElement.setAttribute("dir", "rtl")],
    ["zoomed", {}, () => document.documentElement.style.setProperty("font-size", "200%")],
  ]) {
    for (const pane of ["connect", "shares", "settings"]) {
      const { context, page } = await openPane(pane, look);
      if (change) await page.evaluate(change);
      await assertFits(page, `${pane} ${name}`);
      await shot(page, `settings-${pane}-${name}`);
      await context.close();
    }
  }
});
