// Simulates a phone for tests/desktop: opens the address of a QR code, joins, uploads files, and prints what it sees.
//   node phone.mjs enter STATE ADDRESS NAME FILE...  join as NAME, upload the files, save cookies in STATE
//   node phone.mjs again STATE ADDRESS               open ADDRESS with the cookies in STATE
// Prints one line of JSON: {"url", "title", "heading", "status"}.
import { allUploaded, CHOOSE, launch } from "./browser.mjs";

const [what, state, address, name, ...files] = process.argv.slice(2);
const browser = await launch();
try {
  const context = await browser.newContext({
    viewport: { width: 390, height: 740 },
    storageState: what === "again" ? state : undefined,
  });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  let answer = await page.goto(address);
  if (what === "enter") {
    await page.fill("#jo-d", name);
    await page.click("#join button");
    await page.waitForLoadState();
    answer = undefined;
    await page.setInputFiles(CHOOSE, files);
    await allUploaded(page, files.length);
    await context.storageState({ path: state });
  }
  const heading = await page.locator("h1").first().textContent();
  console.log(
    JSON.stringify({
      url: page.url(),
      title: await page.title(),
      heading,
      status: answer?.status() ?? null,
    }),
  );
} finally {
  await browser.close();
}
