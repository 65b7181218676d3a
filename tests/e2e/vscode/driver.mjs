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
  click: ({ page, selector }) => pages.get(page).locator(selector).first().click(),
  screenshot: ({ page, path }) => pages.get(page).screenshot({ path }).then(() => null),
  /** Waits until the JavaScript expression is true, and gives its value. */
  async waitFor({ page, expression, timeout }) {
    const handle = await pages.get(page).waitForFunction(expression, undefined, { timeout, polling: 50 });
    return handle.jsonValue();
  },
  evaluate: ({ page, expression }) => pages.get(page).evaluate(expression),
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
