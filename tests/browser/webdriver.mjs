// Drives the browsers that Playwright does not know: Debian's Firefox through Marionette, WebKitGTK through WebKitWebDriver.
// Both answer the commands of WebDriver. A `Window` offers what the tests need of them.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { FAULTS_KEY, recordingProxy } from "./recording-proxy.mjs";
import { freePort, HOST } from "./servers.mjs";

const ELEMENT = "element-6066-11e4-a52e-4f735466cecf";
const PATIENCE = 20_000;
const wait = (ms) => new Promise((go) => setTimeout(go, ms));

/** Returns the first program of these that is installed. */
function findProgram(...names) {
  for (const folder of (process.env.PATH ?? "").split(delimiter)) {
    for (const name of names) {
      try {
        accessSync(join(folder, name), constants.X_OK);
        return join(folder, name);
      } catch {}
    }
  }
  return undefined;
}

const FIREFOX = findProgram("firefox-esr", "firefox");
const WEBKIT = findProgram("WebKitWebDriver");
const XVFB = findProgram("Xvfb");

/** Browsers by name: `missing` is what has to be installed, `launch(look)` opens a window. */
export const BROWSERS = {
  Firefox: { missing: FIREFOX ? undefined : "firefox-esr", launch: launchFirefox },
  WebKitGTK: { missing: WEBKIT ? (XVFB ? undefined : "xvfb") : "webkit2gtk-driver", launch: launchWebKit },
};

/** Names of keys in WebDriver. */
export const KEYS = {
  Enter: "\uE007",
  Escape: "\uE00C",
  Tab: "\uE004",
  ArrowRight: "\uE014",
  ArrowDown: "\uE015",
  Delete: "\uE017",
  F2: "\uE032",
};

/** A window of a browser. Functions that are run in the page get their arguments as JSON. */
export class Window {
  /** `command(name, parameters)` sends one command; `faults()` returns what the console reports; `end()` closes the browser. */
  constructor({ command, faults, end }) {
    this.command = command;
    this.faults = faults;
    this.close = end;
  }

  goto(url) {
    return this.command("navigate", { url });
  }

  /** Runs a function in the page and returns what it returns. */
  run(work, ...args) {
    return this.command("execute", { script: `return (${work}).apply(null, arguments)`, args });
  }

  /** Waits until a function that is run in the page returns something true, and returns that. */
  async until(work, ...args) {
    for (const end = Date.now() + PATIENCE; ; await wait(50)) {
      const value = await this.run(work, ...args).catch((error) => {
        // Another page is being loaded.
        if (!/unload|no such (frame|window)|stale element/.test(error.message)) throw error;
      });
      if (value) return value;
      assert.ok(Date.now() < end, `this did not come true: ${work} ${JSON.stringify(args)}`);
    }
  }

  /** Waits for a visible element whose text contains `text`, and returns it. */
  async find(selector, text = "") {
    await this.until(
      (selector, text) =>
        [...document.querySelectorAll(selector)].some(
          (one) => one.textContent.includes(text) && one.getClientRects().length > 0,
        ),
      selector,
      text,
    );
    return this.run(
      (selector, text) =>
        [...document.querySelectorAll(selector)].find(
          (one) => one.textContent.includes(text) && one.getClientRects().length > 0,
        ),
      selector,
      text,
    );
  }

  async click(selector, text) {
    const element = await this.find(selector, text);
    await this.command("click", { id: element[ELEMENT] });
  }

  /** Waits until no element is left. */
  gone(selector) {
    return this.until((selector) => !document.querySelector(selector), selector);
  }

  /** Presses keys one after the other, where the focus is. */
  async press(...keys) {
    for (const key of keys) {
      const value = KEYS[key] ?? key;
      const actions = ["keyDown", "keyUp"].map((type) => ({ type, value }));
      await this.command("actions", { actions: [{ type: "key", id: "keyboard", actions }] });
    }
  }

  /** Replaces what a field contains. */
  async fill(selector, text) {
    const element = await this.find(selector);
    await this.command("clear", { id: element[ELEMENT] });
    await this.command("keys", { id: element[ELEMENT], text });
  }

  /** Chooses files in an input, which may be hidden. */
  async choose(selector, paths) {
    await this.until((selector) => Boolean(document.querySelector(selector)), selector);
    const { [ELEMENT]: id } = await this.command("find", { using: "css selector", value: selector });
    await this.command("keys", { id, text: paths.join("\n") });
  }

  resize(width, height) {
    return this.command("rect", { width, height });
  }
}

/** Starts a program, which ends with `kill()`. */
function start(program, args, env) {
  const child = spawn(program, args, {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
    env: { ...process.env, ...env },
    detached: true,
  });
  const kill = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    // The whole group: browsers have processes of their own.
    process.kill(-child.pid, "SIGKILL");
    await once(child, "exit");
  };
  return { child, kill };
}

// Firefox speaks Marionette: messages of JSON over TCP, each with its length in front.

const MARIONETTE = {
  navigate: "WebDriver:Navigate",
  execute: "WebDriver:ExecuteScript",
  find: "WebDriver:FindElement",
  click: "WebDriver:ElementClick",
  clear: "WebDriver:ElementClear",
  keys: "WebDriver:ElementSendKeys",
  actions: "WebDriver:PerformActions",
  rect: "WebDriver:SetWindowRect",
};

const PREFERENCES = {
  "marionette.port": 0,
  // Plain http on a name that is not localhost, as on a LAN.
  "network.dns.localDomains": HOST,
  "browser.shell.checkDefaultBrowser": false,
  "browser.startup.homepage_override.mstone": "ignore",
  "datareporting.policy.dataSubmissionEnabled": false,
  "app.update.disabledForTesting": true,
  "network.captive-portal-service.enabled": false,
  "network.connectivity-service.enabled": false,
  "browser.safebrowsing.downloads.remote.enabled": false,
  "extensions.getAddons.cache.enabled": false,
  "services.settings.server": "data:,",
  "dom.security.https_first": false,
  "media.autoplay.default": 0,
};

async function launchFirefox({ colorScheme = "light" } = {}) {
  const profile = mkdtempSync(join(tmpdir(), "potluck-firefox-"));
  const scheme = { "layout.css.prefers-color-scheme.content-override": colorScheme === "dark" ? 0 : 1 };
  const lines = Object.entries({ ...PREFERENCES, ...scheme }).map(
    ([name, value]) => `user_pref(${JSON.stringify(name)}, ${JSON.stringify(value)});\n`,
  );
  writeFileSync(join(profile, "user.js"), lines.join(""));
  const args = ["--headless", "--marionette", "--remote-allow-system-access", "--no-remote", "--profile", profile];
  const { child, kill } = start(FIREFOX, args, { HOME: profile });
  const end = async () => {
    await kill();
    rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
  };
  try {
    const port = await portOfFirefox(profile, child);
    const send = await marionette(port);
    await send("WebDriver:NewSession", { capabilities: {} });
    const faults = () => consoleOfFirefox(send);
    const command = async (name, parameters) => {
      const answer = await send(MARIONETTE[name], parameters);
      return answer && "value" in answer ? answer.value : answer;
    };
    return new Window({ command, faults, end });
  } catch (error) {
    await end();
    throw error;
  }
}

async function portOfFirefox(profile, child) {
  const file = join(profile, "MarionetteActivePort");
  for (const end = Date.now() + 60_000; Date.now() < end; await wait(50)) {
    if (child.exitCode !== null) throw new Error(`Firefox ended with ${child.exitCode}`);
    if (existsSync(file)) return Number(readFileSync(file, "utf8"));
  }
  throw new Error("Firefox does not start");
}

/** Connects. Returns a function that sends a command and resolves to its result. */
async function marionette(port) {
  const socket = connect(port, "127.0.0.1");
  await once(socket, "connect");
  const pending = new Map();
  let received = Buffer.alloc(0);
  socket.on("data", (data) => {
    received = Buffer.concat([received, data]);
    for (;;) {
      const colon = received.indexOf(":");
      const length = Number(received.subarray(0, colon).toString());
      if (colon < 0 || received.length < colon + 1 + length) return;
      const message = JSON.parse(received.subarray(colon + 1, colon + 1 + length).toString());
      received = received.subarray(colon + 1 + length);
      // The greeting is no answer.
      if (!Array.isArray(message)) continue;
      const [, id, error, result] = message;
      const { resolve, reject } = pending.get(id);
      pending.delete(id);
      if (error) reject(new Error(`${error.error}: ${error.message}`));
      else resolve(result);
    }
  });
  socket.on("error", () => {});
  socket.on("close", () => {
    for (const { reject } of pending.values()) reject(new Error("Firefox has ended"));
  });
  let count = 0;
  return (name, parameters) =>
    new Promise((resolve, reject) => {
      const message = JSON.stringify([0, ++count, name, parameters]);
      pending.set(count, { resolve, reject });
      socket.write(`${Buffer.byteLength(message)}:${message}`);
    });
}

/**
 * What Firefox says of every page with a password over plain http, of every sound where no device plays it, and of scripts that were
 * still loading when another address was opened. Functions whose script is missing fail by themselves.
 */
const NO_FAULTS = /^Insecure Password Field|^Media: .*could not be decoded|^Script Loader: Loading failed/;

/** Returns errors and warnings of the page's scripts and styles, breaches of its policy, and what it wrote to the console. */
async function consoleOfFirefox(send) {
  const run = async (script, more = {}) =>
    (await send("WebDriver:ExecuteScript", { script, args: [HOST], ...more })).value;
  const written = await run(
    `return Components.classes["@mozilla.org/consoleAPI-storage;1"]
      .getService(Components.interfaces.nsIConsoleAPIStorage).getEvents()
      .filter((one) => ["error", "warn", "assert"].includes(one.level) && !/^(chrome|resource):/.test(one.filename))
      .map((one) => one.level + ": " + one.arguments.join(" "));`,
    { sandbox: "system" },
  );
  await send("Marionette:SetContext", { value: "chrome" });
  try {
    const errors = await run(
      `return Services.console.getMessageArray()
        .filter((one) => one instanceof Ci.nsIScriptError && one.sourceName.includes(arguments[0]))
        .map((one) => one.category + ": " + one.errorMessage);`,
    );
    return [...written, ...errors].filter((fault) => !NO_FAULTS.test(fault));
  } finally {
    await send("Marionette:SetContext", { value: "content" });
  }
}

// WebKitGTK has a driver that speaks WebDriver over http.

const WEBDRIVER = {
  navigate: () => "/url",
  execute: () => "/execute/sync",
  find: () => "/element",
  click: ({ id }) => `/element/${id}/click`,
  clear: ({ id }) => `/element/${id}/clear`,
  keys: ({ id }) => `/element/${id}/value`,
  actions: () => "/actions",
  rect: () => "/window/rect",
};

/** What WebKit says of a request that was still going on when another address was opened. */
const INTERRUPTED = /^not handled: TypeError: Load failed$/;

async function launchWebKit({ colorScheme = "light" } = {}) {
  const ends = [];
  const end = async () => {
    for (const stop of ends.reverse()) await stop();
  };
  try {
    const screen = start(XVFB, ["-displayfd", "3", "-screen", "0", "1400x1000x24", "-nolisten", "tcp"]);
    ends.push(screen.kill);
    const [display] = await once(screen.child.stdio[3], "data");
    const home = mkdtempSync(join(tmpdir(), "potluck-webkit-"));
    ends.push(() => rmSync(home, { recursive: true, force: true, maxRetries: 5 }));
    const port = await freePort();
    const driver = start(WEBKIT, [`--port=${port}`], {
      DISPLAY: `:${String(display).trim()}`,
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CACHE_HOME: home,
      XDG_CONFIG_HOME: home,
      GDK_BACKEND: "x11",
      GTK_THEME: colorScheme === "dark" ? "Adwaita:dark" : "Adwaita",
      GTK_A11Y: "none",
      NO_AT_BRIDGE: "1",
      LIBGL_ALWAYS_SOFTWARE: "1",
      WEBKIT_DISABLE_DMABUF_RENDERER: "1",
    });
    ends.push(driver.kill);
    const proxy = await recordingProxy();
    ends.push(proxy.stop);
    const base = `http://127.0.0.1:${port}`;
    const { sessionId } = await firstSession(base, proxy.port);
    ends.push(() => ask("DELETE", `${base}/session/${sessionId}`).catch(() => {}));
    const command = (name, parameters) =>
      ask("POST", `${base}/session/${sessionId}${WEBDRIVER[name](parameters)}`, parameters);
    const script = "return JSON.parse(sessionStorage.getItem(arguments[0]) || '[]')";
    const faults = async () =>
      (await command("execute", { script, args: [FAULTS_KEY] })).filter((fault) => !INTERRUPTED.test(fault));
    return new Window({ command, faults, end });
  } catch (error) {
    await end();
    throw error;
  }
}

async function firstSession(base, proxy) {
  const capabilities = { alwaysMatch: { proxy: { proxyType: "manual", httpProxy: `127.0.0.1:${proxy}` } } };
  for (const end = Date.now() + PATIENCE; ; await wait(100)) {
    try {
      return await ask("POST", `${base}/session`, { capabilities });
    } catch (error) {
      // The driver does not listen yet.
      if (!/ECONNREFUSED/.test(`${error} ${error.cause}`) || Date.now() > end) throw error;
    }
  }
}

async function ask(method, url, body) {
  const response = await fetch(url, { method, body: body && JSON.stringify(body) });
  const { value } = await response.json();
  if (!response.ok) throw new Error(`${value.error}: ${value.message}`);
  return value;
}
