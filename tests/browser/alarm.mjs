// One worker, two provinces, both pay. Each province finds nothing: that is an alarm, on the first page and on the list. One of them looks
// again, finds it true, and claims the money back: drafted by one person, refused to that person, approved by another. The alarm ends.

import { assert, enter, given, look, looked, person, sent, tell, url } from "./lib.mjs";

const [judges, drafts, approves] = JSON.parse(given("HUFU_LINKS"));
const away = given("HUFU_AWAY");
const list = "/console/suspects";

const addresses = (page) => page.locator("tr[data-href]").evaluateAll((all) => all.map((it) => it.dataset.href));

/** Whether the first page and the list both tell of the alarm; they never say different things. */
async function rings(page) {
  const seen = [];
  for (const address of ["/console/today", list]) {
    await page.goto(`${url}${address}`);
    seen.push(await page.locator("section.alarm[role=alert]").count());
  }
  assert.equal(seen[0], seen[1], "the first page and the list agree");
  return seen[0] > 0;
}

async function judge(page, finding, words, reason) {
  await page.check(`input[value=${finding}]`, { force: true });
  if (reason) await page.selectOption("#judge-reason", reason);
  await page.fill("#judge-words", words);
  const answer = await sent(page, page.locator(".act-judge button[type=submit]"));
  assert.equal(answer.status(), 200);
}

await tell(async (browser) => {
  // Shandong: the worst stands first. It finds nothing.
  const home = await person(browser);
  await enter(home.page, judges);
  assert.ok(!(await rings(home.page)));
  await home.page.goto(`${url}${list}`);
  const [worst, lesser] = await addresses(home.page);
  assert.ok(worst && lesser, "there are two");
  const [first] = await home.page.locator("tr[data-href]").allTextContents();
  assert.match(first, /可拦截/, "what can still be stopped stands first");
  assert.doesNotMatch(first, /500\.00/, "the money of a claim elsewhere is Henan's to see");
  await sent(home.page, home.page.locator(`tr[data-href="${worst}"] a`).first());
  assert.match(await home.page.textContent("h1"), /派遣职工/);
  await judge(home.page, "dismiss", "与派遣协议核对，未见异常", "registry-error");
  assert.ok(!(await rings(home.page)), "Henan still looks into it");

  // Henan relies on Shandong, and finds nothing either.
  const there = await person(browser);
  await enter(there.page, away);
  await there.page.goto(`${url}${list}`);
  assert.deepEqual(await addresses(there.page), [worst], "it sees this one alone");
  await there.page.goto(`${url}${worst}`);
  assert.doesNotMatch(await there.page.textContent("main"), /茌平派遣公司/, "of the claim elsewhere only province and day");
  await judge(there.page, "dismiss", "山东已核实", "policy-allows");
  assert.ok(await rings(there.page), "both have closed, and both pay");
  assert.ok(await rings(home.page));
  await look(home.page, "/console/today", "alarm-today");
  await look(home.page, list, "alarm-list");

  // From the alarm to the suspect: looked at again, found true.
  await home.page.goto(`${url}/console/today`);
  await sent(home.page, home.page.locator(".alarm a").first());
  assert.equal(new URL(home.page.url()).pathname, worst);
  await home.page.click(".act-more summary >> text=有新情况");
  await home.page.selectOption("#fact", "other-province");
  await home.page.fill("#reopen-words", "河南来函：用工单位同样申领");
  await sent(home.page, home.page.locator("form:has(#fact) button"));
  assert.ok(!(await rings(home.page)), "somebody looks into it");
  await home.page.goto(`${url}${worst}`);
  await judge(home.page, "confirm", "用工单位实际缴费，派遣单位重复计入");
  assert.ok(await rings(home.page), "until the money is claimed back");

  // Drafted on the suspect's page.
  const drafter = await person(browser);
  await enter(drafter.page, drafts);
  await drafter.page.goto(`${url}${worst}`);
  await sent(drafter.page, drafter.page.locator("a.primary", { hasText: "起草追回" }));
  assert.equal(await drafter.page.locator("input[name=claim]:checked").count(), 1, "the claim is chosen already");
  await looked(drafter.page, "clawback-draft");
  await drafter.page.evaluate(() => { document.querySelector("#facts").form.noValidate = true; });
  assert.equal((await sent(drafter.page, drafter.page.locator("main button.primary"))).status(), 422);
  assert.match(await drafter.page.textContent(".field-error"), /请写明事实/);
  await drafter.page.fill("#facts", "派遣职工由用工单位实际缴费，派遣单位重复计入并已领取补助。");
  await sent(drafter.page, drafter.page.locator("main button.primary"));
  const path = new URL(drafter.page.url()).pathname;
  assert.match(path, /^\/console\/clawback\/[0-9a-f-]{36}$/);
  assert.match(await drafter.page.textContent("main"), /9,500\.00 元/);
  assert.ok(!(await rings(drafter.page)), "what is claimed back is no alarm");

  // Who drafted is refused, and so is who confirmed: by the page, and by the node whatever is sent.
  const approver = await person(browser);
  await enter(approver.page, approves);
  await approver.page.goto(`${url}${path}`);
  const version = await approver.page.inputValue("input[name=version]");
  for (const [its, words] of [[drafter.page, /您起草了本案，须由另一人办理/], [home.page, /您核实了该疑点，须由另一人办理/]]) {
    await its.goto(`${url}${path}`);
    assert.match(await its.textContent("main"), words);
    assert.equal(await its.locator("input[value=approve]:not([disabled])").count(), 0);
    const csrf = await its.getAttribute("input[name=csrf]", "value");
    const form = { csrf, request_id: crypto.randomUUID(), version, step: "approve", text: "" };
    const forged = await its.context().request.post(`${url}${path}/steps`, { form, headers: { "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
    assert.equal(forged.status(), 409);
    assert.match(await forged.text(), /同一人不能既经办又审批/);
  }

  // Another approves.
  await approver.page.goto(`${url}${path}`);
  await approver.page.check("input[value=approve]");
  await sent(approver.page, approver.page.locator("form.steps button.primary"));
  assert.match(await approver.page.textContent(".note"), /批准并发出告知书/);
  assert.match(await approver.page.textContent("main"), /已告知，待陈述申辩/);
  assert.ok(!(await rings(approver.page)));
  assert.ok(!(await rings(there.page)), "nor in Henan");
  for (const each of [home, there, drafter, approver]) await each.end();
});
