// The index of each share in the settings window: what is done, what it holds, what is not in it, verification.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { asked, check, openPane, press, SCHEMES, start, stop } from "./settings.mjs";

before(start);
after(stop);

const SIZES = [
  { width: 320, height: 700 },
  { width: 1280, height: 900 },
];

test("each share shows what its index is doing", async () => {
  for (const colorScheme of SCHEMES) {
    for (const viewport of SIZES) {
      const { context, page } = await openPane("shares", { colorScheme, viewport });
      await page.getByText("Indexing names: 12,400 of about 18,204 files").waitFor();
      await page.getByText("Reading contents for the index: 3.0 GiB of 12 GiB").waitFor();
      await check(page, `shares-index-${viewport.width}-${colorScheme}`);
      await press(page, "Edit photos");
      await page.locator("summary", { hasText: /^Index$/ }).click();
      await page.getByText("Names that are not in the index").click();
      await page.getByText("/2019/Sicily/IMG_2041.CR2").waitFor();
      await page.getByText("What was found").click();
      await page.getByText("/2011/Wedding/DSC_0188.JPG").waitFor();
      await page.locator("pl-share-index").scrollIntoViewIfNeeded();
      await check(page, `share-index-${viewport.width}-${colorScheme}`);
      await context.close();
    }
  }
});

test("the index is scanned, paused, verified and turned off", async () => {
  const { context, page } = await openPane("shares");
  await press(page, "Edit photos");
  await page.locator("summary", { hasText: /^Index$/ }).click();
  await press(page, "Pause");
  await page.getByText("The index is paused").waitFor();
  await press(page, "Resume");
  await press(page, "Scan again");
  await press(page, "Verify files");
  await page.getByText("Verifying files: 17 GiB of 96 GiB").waitFor();
  await press(page, "Cancel verification");
  await page.getByText("The verification was cancelled").waitFor();
  for (const call of ["pause_index", "rescan", "verify_contents", "cancel_verification"])
    assert.equal((await asked(page, call))[0].mount, "/photos", call);
  await page.getByLabel("Keep an index of this folder").uncheck();
  await page.locator("pl-share-index").waitFor({ state: "detached" });
  await press(page, "Save");
  await page.getByRole("button", { name: "Share a folder" }).waitFor();
  assert.equal((await asked(page, "save_share"))[0].share.index, false);
  await context.close();
});

test("a new share gets an index in the desktop program, and none on a server unless it is asked for", async () => {
  for (const desktop of [true, false]) {
    const { context, page } = await openPane("shares", { desktop });
    await press(page, "Share a folder");
    await page.locator("summary", { hasText: /^Index$/ }).click();
    assert.equal(await page.getByLabel("Keep an index of this folder").isChecked(), desktop);
    await context.close();
  }
});
