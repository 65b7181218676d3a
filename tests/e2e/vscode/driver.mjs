// Drives pages of a headless Chromium for another program.   node driver.mjs PLAYWRIGHT CHROMIUM
//
// Reads one request a line, {"id", "op", "args"}, and answers each with {"id", "value"} or {"id", "error"}. What the pages are
// about is not known here: editor.py speaks of editors.
import { createInterface } from "node:readline";

const [playwright, executablePath] = process.argv.slice(2);
const { chromium } = await import(playwright);

const browser = await chromium.launch({
  executablePath,
  args: [
    "--no-sandbox", // Chromium's own cannot be set up by root, which containers often run as
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--disable-background-networking",
    "--disable-component-update",
    "--no-first-run",
    "--no-proxy-server",
  ],
});
// Pages of one size share a context, and so what was downloaded and compiled.
const contexts = new Map();
const pages = new Map();

async function contextOf(view) {
  const key = JSON.stringify(view);
  if (!contexts.has(key)) contexts.set(key, await browser.newContext(view));
  return contexts.get(key);
}

const pause = () => new Promise((resolve) => setTimeout(resolve, 50));

/** The page, or the frame in it that has an element like `frame`: what an extension shows is in a frame in a frame. */
async function placeOf({ page: name, frame: selector, timeout = 20_000 }) {
  const page = pages.get(name);
  if (!selector) return page;
  const end = Date.now() + timeout;
  while (Date.now() < end) {
    for (const frame of page.frames()) {
      // A frame that is just going away has nothing.
      if (await frame.locator(selector).count().catch(() => 0)) return frame;
    }
    await pause();
  }
  throw new Error(`No frame has ${selector}.`);
}

const operations = {
  async open({ page: name, url, width, height, scale }) {
    const context = await contextOf({ viewport: { width, height }, deviceScaleFactor: scale });
    const page = await context.newPage();
    page.setDefaultTimeout(20_000);
    pages.set(name, page);
    await page.goto(url);
  },
  async close({ page: name }) {
    await pages.get(name).close();
    pages.delete(name);
  },
  type: ({ page, text, delay }) => pages.get(page).keyboard.type(text, { delay }),
  press: ({ page, key }) => pages.get(page).keyboard.press(key),
  click: async ({ selector, button = "left", ...where }) => (await placeOf(where)).locator(selector).first().click({ button }),
  hover: async ({ selector, ...where }) => (await placeOf(where)).locator(selector).first().hover(),
  screenshot: ({ page, path }) => pages.get(page).screenshot({ path }).then(() => null),
  /** Waits until the JavaScript expression is true, and gives its value. */
  async waitFor({ expression, ...where }) {
    // Not waitForFunction: it evaluates inside the page, where an extension's policy may forbid that.
    for (const end = Date.now() + where.timeout; Date.now() < end; await pause()) {
      // A frame that is just being replaced can't be asked.
      const value = await (await placeOf(where)).evaluate(expression).catch(() => undefined);
      if (value) return value;
    }
    throw new Error(`Not true within ${where.timeout} ms.`);
  },
  evaluate: async ({ expression, ...where }) => (await placeOf(where)).evaluate(expression),
};

const answer = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

for await (const line of createInterface({ input: process.stdin })) {
  const { id, op, args } = JSON.parse(line);
  try {
    answer({ id, value: (await operations[op](args)) ?? null });
  } catch (error) {
    answer({ id, error: error.message });
  }
}
await browser.close();
