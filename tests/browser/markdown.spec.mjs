// Texts of users: Markdown pages, readmes and frames in a real browser. Nothing in them acts, and they are good to read.
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { allUploaded, asFiles, assertAccessible, assertFits, CHOOSE, launch, open, shot } from "./browser.mjs";
import { real, startServer } from "./servers.mjs";

const skip = real ? false : "needs the real server";

const GUIDE = `# The garden

A plan for the year, with *notes* from [last spring](notes.md#spring) and https://example.org/soil.

## Beds

| bed | seeds | grams |
|:----|:-----:|------:|
| North | Beans, **peas** | 120 |
| South | A long name of a plant that does not fit into a narrow column | 5 |

- [x] Dig
- [ ] Water the beds[^1]
  - twice a day in July

[^1]: Not at noon.

## Code

\`\`\`rust
// Says hello, in a line that is longer than a phone is wide so that it has to scroll sideways.
fn main() {
    let name = "world"; println!("Hello, {name}! {}", 40 + 2);
}
\`\`\`

> [!WARNING]
> Frost until May.

> As my grandfather said, *patience*.

### Keys

Press <kbd>Ctrl</kbd> <kbd>S</kbd>. \`inline code\` and $\`\\frac{a}{b} \\le \\sqrt{x^2}\`$

\`\`\`math
\\sum_{i=1}^{n} i = \\frac{n(n+1)}{2}
\`\`\`

<details><summary>More</summary>

Hidden words.

</details>

## Attack

<script>window.hacked = 1</script><img src=x alt="" onerror="window.hacked = 2">
<a href="javascript:window.hacked = 3">click</a> <svg onload="window.hacked = 4"></svg>
<form action="/?delete"><input name=x><button>Send</button></form>
`;

const PROLOGUE = `<style>b { color: green }</style><p><b>Welcome</b> <a id="go" href="/music/2026/">in</a></p>
<script>document.title = "hacked"; parent.document.title = "hacked"; fetch("/")</script>
<img src="/music/none.png" onerror="parent.hacked = 1">
<form action="/music/?delete" method="post"><button>Delete everything</button></form>
<iframe src="/"></iframe><meta http-equiv="refresh" content="0;url=javascript:parent.hacked=2">`;

let browser;
let server;

before(async () => {
  if (!real) return;
  [browser, server] = [await launch(), await startServer()];
  await upload("/music/none/", { "README.md": GUIDE, "guide.md": GUIDE, ".prologue.html": PROLOGUE });
});
after(async () => {
  await browser?.close();
  await server?.stop();
});

async function upload(folder, files) {
  const { context, page } = await open(browser, server.url + folder);
  await page.setInputFiles(CHOOSE, asFiles(files));
  await allUploaded(page, Object.keys(files).length);
  await context.close();
}

const LOOKS = [1280, 320].flatMap((width) => ["light", "dark"].map((colorScheme) => ({ width, colorScheme })));

test("a Markdown page and a folder with texts are accessible and fit", { skip }, async () => {
  for (const { width, colorScheme } of LOOKS) {
    for (const [name, path] of [
      ["markdown", "/music/none/guide.md?v"],
      ["markdown-source", "/music/none/guide.md?v=source"],
      ["readme", "/music/none/"],
    ]) {
      const { context, page, faults } = await open(browser, server.url + path, {
        viewport: { width, height: 800 },
        colorScheme,
      });
      await assertFits(page, `${name} ${width}`);
      await assertAccessible(page, `${name} ${width} ${colorScheme}`);
      await shot(page, `${name}-${width}-${colorScheme}`);
      assert.deepEqual(
        faults.filter((fault) => !/frame|sandbox|prologue/i.test(fault)),
        [],
      );
      await context.close();
    }
  }
});

test("nothing in a text acts, and its links work", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/none/guide.md?v`);
  await page.locator("article").waitFor();
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator("article :is(script, form, input, button, svg, iframe, [onerror])").count(), 0);
  await page.getByRole("navigation", { name: "Contents" }).getByRole("link", { name: "Keys" }).click();
  assert.match(page.url(), /#md-keys$/);
  assert.ok(await page.locator("#md-keys").isVisible());
  assert.equal(await page.locator("math mfrac").count(), 2);
  assert.equal(
    await page.getByRole("link", { name: "last spring" }).getAttribute("href"),
    "/music/none/notes.md?v#md-spring",
  );
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".bar").isVisible(), false);
  assert.ok(await page.locator("article").isVisible());
  await context.close();
});

test("a prologue runs no script, sends no form and cannot reach the page", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/none/`);
  const frame = page.frameLocator("#prologue");
  await frame.locator("b", { hasText: "Welcome" }).waitFor();
  await page.waitForTimeout(500);
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.doesNotMatch(await page.title(), /hacked/);
  assert.equal(
    await page.evaluate(() => {
      try {
        return document.querySelector("#prologue").contentDocument;
      } catch {
        return null;
      }
    }),
    null,
  );
  assert.equal(await frame.locator("b").evaluate((b) => getComputedStyle(b).color), "rgb(0, 128, 0)");
  assert.equal(await frame.locator("b").evaluate(() => self.origin), "null");
  await frame.getByRole("button", { name: "Delete everything" }).click();
  await page.waitForTimeout(300);
  assert.equal(page.url(), `${server.url}/music/none/`);
  assert.ok(server.read("music/none/guide.md"));
  await frame.locator("#go").click();
  await page.waitForURL("**/music/2026/");
  await context.close();
});

test("without JavaScript the texts are the same", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/none/`, { javaScriptEnabled: false });
  assert.ok(await page.locator("#readme h3", { hasText: "The garden" }).isVisible());
  assert.ok(await page.frameLocator("#prologue").locator("b", { hasText: "Welcome" }).isVisible());
  await context.close();
});

test("a readme that is uploaded is drawn as the server draws it, with its style", { skip }, async () => {
  const { context, page } = await open(browser, `${server.url}/music/2026/`);
  await page.setInputFiles(
    CHOOSE,
    asFiles({ "README.md": GUIDE, "PREADME.md": "# Above\n<b title='a\"b'>x</b> &amp; y" }),
  );
  await allUploaded(page, 2);
  await page.locator("#readme").waitFor();
  await page.locator("#preadme").waitFor();
  assert.ok((await page.locator("link[href*='markdown.css']").count()) > 0);
  const drawn = (page, id) => page.locator(`#${id} .md`).innerHTML();
  const live = [await drawn(page, "readme"), await drawn(page, "preadme")];
  const plain = await open(browser, `${server.url}/music/2026/`, { javaScriptEnabled: false });
  assert.deepEqual(live, [await drawn(plain.page, "readme"), await drawn(plain.page, "preadme")]);
  await plain.context.close();
  await context.close();
});
