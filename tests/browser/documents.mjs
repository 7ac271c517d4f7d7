// What is printed: the notice and the demand of a case, the funding application of a batch, one suspect, the trial balance. On paper stands
// the paper alone: no navigation, no button, nothing cut off at the side, no empty block. Each is kept as a PDF for whoever reads on.

import { writeFileSync } from "node:fs";
import { assert, enter, given, person, shot, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));
const demanded = `/console/clawback/${given("HUFU_CASE")}`;
const batch = `/console/pooling/${given("HUFU_BATCH")}`;
const folder = given("HUFU_FOLDER");
/** What an A4 sheet leaves between the margins, in CSS pixels. */
const sheet = { width: 688, height: 1000 };

/** What a printed page has that it should not have. */
const faults = () => {
  const seen = (it) => it.checkVisibility();
  const all = (selector) => Array.from(document.querySelectorAll(selector)).filter(seen);
  const name = (it) => `${it.tagName.toLowerCase()}.${it.className?.baseVal ?? it.className}`;
  const found = all("header.top, footer.bottom, nav, button, input, select, textarea, .button, .paper-tools, .tabs, .skip, dialog, summary, .act-more, .note").map((it) => `not for paper: ${name(it)}`);
  // A table that is wider than its frame loses its last columns; a cell that is wider than itself loses letters.
  for (const it of all(".table-frame, table, td, th, figure, svg, p, dd")) {
    const box = it.getBoundingClientRect();
    if (it.closest(".unseen") || it.matches(".unseen")) continue;
    if (box.right > document.documentElement.clientWidth + 1 || box.left < -1) found.push(`beyond the sheet: ${name(it)} ${it.textContent.trim().slice(0, 30)}`);
    if (it.matches(".table-frame") && it.scrollWidth > it.clientWidth + 1) found.push(`cut: ${name(it)}`);
  }
  // A table's head stands over its columns, as at the desk.
  for (const it of all("table")) if (it.tHead && !it.tHead.matches(".unseen") && getComputedStyle(it.tHead).display !== "table-header-group") found.push("a table without its head");
  for (const it of all(".card, section, article, aside")) if (it.innerText.trim() === "") found.push(`empty: ${name(it)}`);
  return found;
};

async function print(page, name, words) {
  await page.emulateMedia({ media: "print" });
  await page.setViewportSize(sheet);
  assert.deepEqual(await page.evaluate(faults), [], name);
  const text = await page.evaluate(() => document.body.innerText);
  for (const it of words) assert.ok(text.includes(it), `${name} says ${it}: ${text}`);
  await shot(page, `print-${name}`);
  await page.pdf({ path: `${given("HUFU_SHOTS")}/print-${name}.pdf`, format: "A4", preferCSSPageSize: true, printBackground: false });
  await page.emulateMedia({ media: null });
  await page.setViewportSize({ width: 1280, height: 800 });
}

await tell(async (browser) => {
  const { page, end } = await person(browser);
  await enter(page, link);
  await page.goto(`${url}${demanded}/papers/notice`);
  await print(page, "notice", ["追回补助资金告知书", "陈述申辩", "1,500.00元"]);
  await page.goto(`${url}${demanded}/papers/demand`);
  await print(page, "demand", ["限期退回", "1,500.00元"]);
  await page.goto(`${url}/console/ledger`);
  await print(page, "trial-balance", ["试算平衡", "借方", "贷方", "平衡"]);
  await page.goto(`${url}/console/suspects?state=any`);
  const [one] = await page.locator("tr[data-href]").evaluateAll((all) => all.map((it) => it.dataset.href));
  await page.goto(`${url}${one}`);
  await print(page, "suspect", ["申领对照", "证据分量", "登记机构答复", "经过", "申领甲", "申领乙"]);

  // The application is a file of its own, opened as whoever got it by mail would.
  const file = await page.context().request.get(`${url}${batch}/application/html`);
  writeFileSync(`${folder}/application.html`, await file.body());
  const reader = await person(browser);
  await reader.page.goto(`file://${folder}/application.html`);
  await print(reader.page, "application", ["聊城市", "东昌府区", "1,500.00"]);
  await reader.end();
  await end();
});
