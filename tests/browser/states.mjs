// Every page in its states, at a desk's width and on a phone: with records, with none, without the right to it, without the page, asked for
// something unknown. Nothing serious for axe anywhere, and nothing runs out at the side.

import { assert, enter, given, look, looked, person, sent, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));

const pages = ["today", "suspects", "clawback", "pooling", "ledger", "ledger/accounts", "ledger/entries", "ledger/flow", "ledger/check", "policy", "audit", "help"];

await tell(async (browser) => {
  // With records.
  const { page, end } = await person(browser);
  await enter(page, link);
  await look(page, "/console/today", "today");
  await look(page, "/console/suspects?state=any", "suspects-any");
  const all = await page.locator("tr[data-href]").evaluateAll((rows) => rows.map((it) => it.dataset.href));
  await look(page, all[0], "suspect");
  // On a phone both values of a field are in the window, each with its claim's letter.
  await page.setViewportSize({ width: 390, height: 844 });
  const cut = await page.evaluate(() => Array.from(document.querySelectorAll(".sides td, .sides th, .answers td")).filter((it) => it.checkVisibility() && it.getBoundingClientRect().right > innerWidth).length);
  assert.equal(cut, 0, "both claims are seen on a phone");
  const letters = await page.locator(".sides tbody tr").first().locator("td").evaluateAll((cells) => cells.map((it) => getComputedStyle(it, "::before").content));
  assert.deepEqual(letters, ['"甲"', '"乙"']);
  await page.setViewportSize({ width: 1280, height: 800 });
  await look(page, "/console/suspects?rule=person_two_enterprises", "suspects-selectable");
  const boxes = page.locator("input[name=suspect]:enabled");
  await boxes.first().check();
  await sent(page, page.locator(".bulk-bar button"));
  await looked(page, "suspects-bulk");
  await page.goto(`${url}/console/suspects`);
  await page.click(".find-person summary");
  await page.fill("#person-text", "没有此人");
  await sent(page, page.locator(".find-person button"));
  await looked(page, "person-not-found");
  await look(page, "/console/suspects?text=" + encodeURIComponent("没有这样的企业"), "suspects-none-fits");
  await look(page, "/console/audit", "audit-desk-of-suspects");
  await look(page, "/console/audit?day=2020-01-01", "audit-none");

  // Asked for something unknown, or for what is not there.
  await look(page, "/console/suspects?rule=no_such_rule", "unknown-filter", 400);
  await look(page, "/console/suspects/00000000-0000-7000-8000-000000000000", "no-such-suspect", 404);
  await look(page, "/console/nowhere", "no-such-page", 404);
  await look(page, "/console/audit?day=tomorrow", "unreadable-day", 422);
  await end();

  // Where there is nothing yet.
  const nothing = await person(browser);
  await enter(nothing.page, given("HUFU_EMPTY"));
  for (const name of pages) await look(nothing.page, `/console/${name}`, `empty-${name.replace("/", "-")}`);
  await nothing.end();

  // Without any right but to be there.
  const bare = await person(browser);
  await enter(bare.page, given("HUFU_BARE"));
  await look(bare.page, "/console/today", "bare-today");
  assert.match(await bare.page.textContent("main"), /权限/);
  assert.equal(await bare.page.locator("nav.menu a").count(), 3, "the first page, policy and help alone");
  for (const name of ["suspects", "clawback", "pooling", "ledger", "audit"]) {
    await look(bare.page, `/console/${name}`, `denied-${name}`, 403);
    assert.match(await bare.page.textContent("h1, main"), /您没有此项权限/);
  }
  await bare.end();
});
