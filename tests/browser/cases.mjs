// What two persons do with cases and payments: one refers a case and proposes to waive the rest, which is refused to the same person and
// approved by another; a case is repaid to the last fen; a payment that came back is reviewed by one and approved by another.

import { assert, enter, given, look, looked, person, sent, tell, url } from "./lib.mjs";

const [handles, approves] = JSON.parse(given("HUFU_LINKS"));
const [waived, settled] = JSON.parse(given("HUFU_CASES")).map((id) => `/console/clawback/${id}`);
const batch = `/console/pooling/${given("HUFU_BATCH")}`;

/** Takes a step of a case in its form; gives the answer. */
async function step(page, path, code, words = "") {
  await page.goto(`${url}${path}`);
  await page.check(`input[value=${code}]`);
  await page.fill("#text", words);
  return sent(page, page.locator("form.steps button.primary"));
}

/** Sends what no page of the person's offers; gives the answer. */
async function forge(page, path, form) {
  const csrf = await page.getAttribute("input[name=csrf]", "value");
  const headers = { "sec-fetch-site": "same-origin" };
  return page.context().request.post(`${url}${path}`, { form: { csrf, request_id: crypto.randomUUID(), ...form }, headers, maxRedirects: 0 });
}

async function repay(page, path, amount, reference) {
  await page.goto(`${url}${path}`);
  await page.fill("#amount", amount);
  await page.fill("#bank_reference", reference);
  return sent(page, page.locator("form[action$='/repayments'] button"));
}

/** Reads a figure of the case's money, such as 尚欠. */
const figure = (page, name) => page.locator("dl.facts > div", { has: page.locator("dt", { hasText: name }) }).locator("dd").textContent();

await tell(async (browser) => {
  const { page, end } = await person(browser);
  await enter(page, handles);

  // Some of it came back; the rest is referred, which takes words.
  assert.equal((await repay(page, waived, "500", "R-2022-0101")).status(), 200);
  assert.match(await page.textContent(".note"), /已登记退回500\.00元/);
  assert.match(await figure(page, "尚欠"), /1,000\.00/);
  assert.equal((await repay(page, waived, "1000.01", "R-2022-0102")).status(), 409, "no more than is outstanding");
  assert.equal((await step(page, waived, "refer")).status(), 422, "referring takes words");
  assert.match(await page.textContent(".field-error"), /须写明内容或理由/);
  assert.ok(await page.isChecked("input[value=refer]"), "what was chosen is kept");
  await step(page, waived, "refer", "逾期未退回，移送人力资源社会保障行政部门");
  assert.match(await page.textContent("main"), /已移送追责/);

  // A waiver is proposed by one and approved by another.
  await step(page, waived, "propose-waiver", "企业已注销，无可供执行财产");
  assert.match(await page.textContent("main"), /拟核销，待审批/);
  assert.match(await page.textContent("main"), /您提出了核销，须由另一人办理/);
  assert.equal(await page.locator("input[value=approve-waiver]:not([disabled])").count(), 0);
  await looked(page, "waiver-proposed");
  const other = await person(browser);
  await enter(other.page, approves);
  await other.page.goto(`${url}${waived}`);
  const version = await other.page.inputValue("input[name=version]");
  const refused = await forge(page, `${waived}/steps`, { version, step: "approve-waiver", text: "同意" });
  assert.equal(refused.status(), 409);
  assert.match(await refused.text(), /同一人不能既经办又审批/);

  assert.equal((await step(other.page, waived, "approve-waiver")).status(), 422, "a waiver takes words");
  await step(other.page, waived, "approve-waiver", "符合核销条件，同意");
  assert.match(await other.page.textContent("main"), /已核销/);
  assert.match(await figure(other.page, "已核销"), /1,000\.00/);
  assert.match(await figure(other.page, "尚欠"), /^\s*0\.00/);
  assert.equal(await other.page.locator("form.steps").count(), 0, "nothing is left to do");
  await looked(other.page, "waived");

  // Repaid to the last fen.
  await repay(page, settled, "1499.99", "R-2022-0201");
  assert.match(await figure(page, "尚欠"), /0\.01/);
  await repay(page, settled, "0.01", "R-2022-0202");
  assert.match(await page.textContent("main"), /已全额追回/);
  await look(page, settled, "settled");

  // A payment that came back: two persons.
  await look(page, `${batch}?state=owed`, "payments-owed");
  const payment = await page.locator("form.inline").first().getAttribute("action");
  assert.match(await page.textContent("main"), /销户/);
  await sent(page, page.locator("form.inline button", { hasText: "复核" }));
  assert.match(await page.textContent(".note"), /已复核/);
  assert.match(await page.textContent("main"), /您已复核，须由另一人审批/);
  assert.equal(await page.locator("form.inline button", { hasText: "审批" }).count(), 0);
  await other.page.goto(`${url}${batch}?state=reviewed`);
  const seen = await other.page.getAttribute("form.inline input[name=version]", "value");
  const again = await forge(page, payment, { version: seen, batch: batch.split("/").pop(), act: "approve" });
  assert.equal(again.status(), 409);
  assert.match(await again.text(), /同一人不能既经办又审批/);
  await sent(other.page, other.page.locator("form.inline button", { hasText: "审批" }));
  assert.match(await other.page.textContent(".note"), /已审批/);
  assert.match(await other.page.textContent("main"), /已审批待支付/);
  await other.end();
  await end();
});
