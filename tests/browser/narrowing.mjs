// What htmx does: parts of the first page come by themselves, the list changes in its place; address, history and focus are as they should be.

import { assert, enter, given, person, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));
const list = `${url}/console/suspects`;

const addresses = (page) => page.locator("tr[data-href]").evaluateAll((all) => all.map((it) => it.dataset.href));

await tell(async (browser) => {
  const { page, end } = await person(browser);
  await enter(page, link);
  await page.waitForSelector("section.wide#flow");
  assert.equal(await page.locator(".loading").count(), 0);
  await Promise.all([page.waitForResponse(/today\/upstreams/), page.click("#upstreams .refresh a")]);
  await page.waitForSelector("#upstreams .refresh a");
  assert.equal(await page.locator("#upstreams").count(), 1, "it took the place of the former");
  assert.equal(new URL(page.url()).pathname, "/console/today");

  // To the next page by a key, and narrowed: the document stays, and so does the focus.
  await page.goto(`${list}?size=1`);
  await page.evaluate(() => { window.stays = true; });
  const [first] = await addresses(page);
  await Promise.all([page.waitForURL(/after=/), page.keyboard.press("n")]);
  await page.waitForFunction((first) => document.querySelector("tr[data-href]")?.dataset.href !== first, first);
  const [second] = await addresses(page);
  await page.focus("#rule");
  await Promise.all([page.waitForURL(/rule=person_two_enterprises/), page.selectOption("#rule", "person_two_enterprises")]);
  await page.waitForSelector("input[data-all]");
  assert.equal(await page.evaluate(() => document.activeElement.id), "rule", "the focus stays");
  assert.deepEqual(await addresses(page), [first], "another list begins at its first page");
  assert.ok(await page.evaluate(() => window.stays), "the document stays");

  // One box for all; the keys in a dialog.
  await page.check("input[data-all]");
  assert.ok(await page.isChecked("input[name=suspect]"));
  await page.click("[data-keys]");
  assert.ok(await page.isVisible("dialog#keys"));
  await page.keyboard.press("Escape");

  // Back is back, read anew; nothing of it was kept by the browser.
  await page.goBack();
  await page.waitForFunction(() => !window.stays);
  assert.match(page.url(), /after=/);
  await page.waitForSelector("tr[data-href]");
  assert.deepEqual(await addresses(page), [second]);
  const kept = await page.evaluate(() => Object.entries({ ...localStorage, ...sessionStorage }));
  assert.ok(kept.every(([name, value]) => name === "htmx-current-path-for-history" && value.startsWith("/console/suspects?")), JSON.stringify(kept));

  // A filter that is not known is refused on the page, whole.
  await page.goto(`${list}?size=1`);
  await page.evaluate(() => document.querySelector("#rule").append(new Option("?", "no_such_rule")));
  await page.selectOption("#rule", "no_such_rule");
  await page.waitForSelector("text=筛选条件无法识别");
  assert.equal(await page.locator("header.top").count(), 1);
  await end();
});
