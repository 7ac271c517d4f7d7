// Two persons and a clawback case: who drafted it is refused, the other approves, the notice is printed. Then the pages on money, policy
// and audit: figures that add up, nothing serious for axe, at a desk's width and on a phone.

import { accessible, assert, enter, given, look, person, shot, tell, url } from "./lib.mjs";

const [drafts, approves] = JSON.parse(given("HUFU_LINKS"));
const path = `/console/clawback/${given("HUFU_CASE")}`;

await tell(async (browser) => {
  // Who drafted the case sees that somebody else must approve, and has no button for it.
  const first = await person(browser);
  await enter(first.page, drafts);
  await look(first.page, "/console/clawback", "clawback-board");
  await first.page.goto(`${url}${path}`);
  assert.match(await first.page.textContent("main"), /您起草了本案，须由另一人办理/);
  assert.equal(await first.page.locator("input[value=approve]:not([disabled])").count(), 0);
  await look(first.page, path, "clawback-case-drafter");
  await first.end();

  // The other approves: the notice is there to print.
  const { page, end } = await person(browser);
  await enter(page, approves);
  await look(page, path, "clawback-case");
  await page.check("input[value=approve]");
  await Promise.all([page.waitForNavigation(), page.click("form.steps button.primary")]);
  assert.match(await page.textContent(".note"), /已办理：批准并发出告知书/);
  assert.match(await page.textContent("main"), /已告知，待陈述申辩/);
  assert.match(await page.locator("label.choice", { hasText: "期满未申辩" }).textContent(), /陈述申辩期限至/);
  await page.click("ul.papers a");
  await look(page, `${path}/papers/notice`, "notice");
  const paper = await page.textContent("article.paper");
  for (const words of ["追回补助资金告知书", "ZH-371502-2022-", "王小明科技公司", "陈述申辩", "1,500.00元", "东昌府区失业保险经办机构"]) {
    assert.ok(paper.includes(words), `the notice says ${words}: ${paper}`);
  }
  // On paper nothing stands but the paper.
  await page.emulateMedia({ media: "print" });
  const seen = await page.evaluate(() => ["header.top", "footer.bottom", "main > h1", ".paper-tools"].filter((it) => document.querySelector(it)?.checkVisibility()));
  assert.deepEqual(seen, [], "nothing but the paper is printed");
  await shot(page, "notice-print", { fullPage: true });
  await page.emulateMedia({ media: null });

  // A form that lacks its words is shown again, with what was typed.
  await page.goto(`${url}${path}`);
  await page.check("input[value=record-reply]");
  const [again] = await Promise.all([page.waitForNavigation(), page.click("form.steps button.primary")]);
  assert.equal(again.status(), 422);
  assert.match(await page.textContent(".field-error"), /须写明内容或理由/);
  await accessible(page, "a form that was not taken");
  await shot(page, "clawback-form-again");
  await page.fill("#text", "企业书面说明：系人员重名误报。");
  await Promise.all([page.waitForNavigation(), page.click("form.steps button.primary")]);
  assert.match(await page.textContent("main"), /已听取陈述申辩/);

  await look(page, "/console/clawback?state=repaying", "clawback-list");
  await look(page, "/console/pooling", "pooling");
  const batch = await page.locator("main table a[href^='/console/pooling/']").first().getAttribute("href");
  await look(page, batch, "batch");
  assert.doesNotMatch(await page.textContent("main"), /差 /, "the hops agree");
  for (const format of ["html", "xlsx"]) {
    const file = await page.context().request.get(`${url}${batch}/application/${format}`);
    assert.equal(file.status(), 200);
    assert.match(file.headers()["content-disposition"], /^attachment/);
    assert.ok((await file.body()).length > 1000);
  }

  await look(page, "/console/ledger", "ledger-trial");
  assert.match(await page.textContent("#difference"), /差额\s*0\.00 元\s*平衡/);
  for (const query of ["?region=371502", "?subsidy=job-expansion", "?month=2022-10", `?batch=${batch.split("/").pop()}`]) {
    await page.goto(`${url}/console/ledger${query}`);
    assert.match(await page.textContent("#difference"), /差额\s*0\.00 元\s*平衡/, query);
  }
  await look(page, "/console/ledger/accounts", "ledger-accounts");
  await look(page, "/console/ledger/entries", "ledger-entries");
  await look(page, "/console/ledger/check", "ledger-check");
  assert.match(await page.textContent("main"), /全部一致/);

  // The picture: what is at the ends is what was drawn, and each place gets what it gives; to the fen.
  await look(page, "/console/ledger/flow", "ledger-flow");
  const drawn = await page.evaluate(() => {
    const fen = (it) => Number(it.dataset.fen);
    const sum = (all) => Array.from(all).map(fen).reduce((a, b) => a + b, 0);
    const at = (name) => document.querySelectorAll(`rect.flow-${name}`);
    return { fund: sum(at("fund")), city: sum(at("city")), ends: ["kept", "held", "clawed", "returned"].map((it) => sum(at(it))) };
  });
  assert.equal(drawn.fund, drawn.city);
  assert.equal(drawn.ends.reduce((a, b) => a + b, 0), drawn.fund);
  assert.equal(drawn.ends[2], 200_000, "clawed back");
  assert.equal(drawn.fund, 4 * 150_000 + 37 * 50_000);

  await look(page, "/console/policy", "policy");
  await look(page, "/console/policy/sheets/job-expansion-2022", "policy-sheet");
  await look(page, "/console/policy/compare?left=job-expansion-2022&right=retention-training-2022", "policy-compare");
  assert.match(await page.textContent("main"), /1,500\.00元[\s\S]*500\.00元/);
  await look(page, "/console/audit", "audit");
  const actions = await page.locator("td[data-label='动作'], td[data-label='对象']").allTextContents();
  assert.ok(actions.length > 20);
  actions.forEach((it) => assert.match(it, /[\u4e00-\u9fff]/, "the log speaks Chinese to officials"));
  await look(page, "/console/help", "help");

  // The same in English.
  await Promise.all([page.waitForNavigation(), page.click("form.language button")]);
  await look(page, "/console/clawback", "clawback-board-en");
  await look(page, "/console/ledger/flow", "ledger-flow-en");
  await end();
});
