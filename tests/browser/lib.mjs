// A browser for the console's stories: Debian's Chromium, driven by playwright-core. Each story is a script of its own; it asserts, and
// ends with a code other than 0 and a sentence on standard error where something is not as it should be.
//
// In the environment: HUFU_URL (the node), HUFU_BROWSER (where scripts/setup put playwright-core and axe-core), HUFU_CHROMIUM,
// HUFU_SHOTS (the folder of the screenshots), and what the story is given besides.

import { mkdirSync } from "node:fs";
import { createRequire } from "node:module";
import { strict as assert } from "node:assert";

const require = createRequire(`${given("HUFU_BROWSER")}/`);
const { chromium } = require("playwright-core");
const axe = require("axe-core");

export { assert };
export const url = given("HUFU_URL");

/** A value from the environment; a story that lacks one is not told. */
export function given(name) {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: the story is started by tests/suite/console.rs`);
  return value;
}

/** Tells a story with a browser of its own, and closes it however it ends. */
export async function tell(story) {
  // No sandbox: in a container there is none to be had, and only pages of our own are opened.
  const browser = await chromium.launch({ executablePath: given("HUFU_CHROMIUM"), args: ["--no-sandbox", "--disable-gpu"], env: { ...process.env, LANGUAGE: "zh_CN" } });
  try {
    await story(browser);
  } catch (error) {
    console.error(error.stack ?? error);
    process.exitCode = 1;
  } finally {
    await browser.close();
  }
}

/**
 * A person's window. What its pages complain about (scripts that fail, content that the policy refuses) is gathered in `complaints`;
 * `end()` fails the story if there is any that it did not expect.
 */
export async function person(browser, options = {}) {
  const context = await browser.newContext({ ignoreHTTPSErrors: true, locale: "zh-CN", timezoneId: "Asia/Shanghai", viewport: desk, ...options });
  context.setDefaultTimeout(20_000);
  const page = await context.newPage();
  const complaints = [];
  page.on("pageerror", (error) => complaints.push(`script failed: ${error.message}`));
  page.on("console", (message) => {
    // A page that is an error by its status is told by its status.
    if (message.type() === "error" && !/Failed to load resource: the server responded with a status of 4\d\d/.test(message.text())) complaints.push(message.text());
  });
  const end = async () => {
    assert.deepEqual(complaints, [], "the browser complains about nothing");
    await context.close();
  };
  return { context, page, complaints, end };
}

/** Follows a one-time link and enters. */
export async function enter(page, link) {
  await page.goto(link);
  await Promise.all([page.waitForURL("**/console/today"), page.click("button.primary")]);
}

/** Keeps a picture of the whole page for whoever looks at it. */
export async function shot(page, name, options = {}) {
  const folder = given("HUFU_SHOTS");
  // What is fetched after the page belongs to the picture.
  await page.waitForFunction(() => !document.querySelector(".loading"));
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: `${folder}/${name}.png`, fullPage: true, ...options });
}

/** A desk's window and a phone's. */
export const desk = { width: 1280, height: 800 };
export const phone = { width: 390, height: 844 };

/** Presses a button that sends a form, and waits for the answer. */
export async function sent(page, button) {
  const [answer] = await Promise.all([page.waitForNavigation(), button.click()]);
  return answer;
}

/** Looks at a page at both widths: it answers as it should, and is harmless, accessible, and no wider than the window. Keeps both pictures. */
export async function look(page, address, name, code = 200) {
  const answer = await page.goto(`${url}${address}`);
  assert.equal(answer.status(), code, address);
  await looked(page, name);
}

/** The same for the page that is open. */
export async function looked(page, name) {
  const address = new URL(page.url()).pathname;
  assert.equal(await page.locator("[style], style, script:not([src])").count(), 0, `${address}: nothing inline`);
  await masked(page, address);
  for (const [width, viewport] of [["desk", desk], ["phone", phone]]) {
    await page.setViewportSize(viewport);
    await accessible(page, `${name}: ${address} (${width})`);
    const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    assert.ok(over <= 0, `${name}: ${address} is ${over} px too wide for a ${width}`);
    await shot(page, `${name}-${width}`);
  }
  await page.setViewportSize(desk);
}

/** Fails where axe finds something serious or critical. */
export async function accessible(page, what) {
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate(() => window.axe.run(document, { resultTypes: ["violations"] }));
  const bad = violations.filter((it) => ["serious", "critical"].includes(it.impact));
  const told = bad.map((it) => `${it.impact} ${it.id}: ${it.help}\n${it.nodes.map((node) => `    ${node.html}\n      ${node.failureSummary}`).join("\n")}`);
  assert.equal(told.length, 0, `${what} is accessible:\n${told.join("\n")}`);
}

/** Fails where something as long as an identity number stands in the page's source, the browser's storage, its cookies or the address. */
export async function masked(page, what) {
  const storage = await page.evaluate(() => JSON.stringify([{ ...localStorage }, { ...sessionStorage }]));
  const cookies = JSON.stringify(await page.context().cookies());
  const places = { source: await page.content(), storage, cookies, address: decodeURIComponent(page.url()) };
  for (const [place, text] of Object.entries(places)) {
    const found = text.match(/(?<![0-9A-Za-z])[1-9]\d{5}(?:19|20)\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx](?![0-9A-Za-z])/);
    assert.equal(found, null, `${what}: no identity number in the ${place}`);
  }
}

/** The code of an answer to a request that the page's own browser sends: with its cookies, without a page. */
export async function status(page, path, options = {}) {
  const answer = await page.context().request.fetch(`${url}${path}`, { maxRedirects: 0, ...options });
  return answer.status();
}
