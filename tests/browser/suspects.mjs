// A reviewer finds the worst suspect, judges it, looks at one person with a reason and without, judges alike ones alike, exports the list;
// a colleague who may only read does none of it.

import { accessible, assert, enter, given, masked, person, sent, shot, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));
const folder = given("HUFU_FOLDER");
const list = `${url}/console/suspects`;

const addresses = (page) => page.locator("tr[data-href]").evaluateAll((all) => all.map((it) => it.dataset.href));

await tell(async (browser) => {
  const { page, end } = await person(browser);
  let alerts = 0;
  page.on("dialog", (dialog) => { alerts += 1; dialog.dismiss(); });
  await enter(page, link);
  assert.match(await page.textContent("main"), /可拦截/);
  await accessible(page, "the day");
  await masked(page, "the day");
  await shot(page, "today-full");

  // The list: by risk, harmless with any name, by the keyboard.
  await page.goto(list);
  assert.equal((await addresses(page)).length, 5);
  await accessible(page, "the list");
  await masked(page, "the list");
  assert.match(await page.textContent("table.suspects"), /<script>alert\(1\)<\/script>公司/);
  assert.equal(await page.locator("main script").count(), 0);
  await shot(page, "suspects");
  await page.keyboard.press("j");
  await page.keyboard.press("j");
  const [, second] = await addresses(page);
  await Promise.all([page.waitForURL(`**${second}`), page.keyboard.press("Enter")]);

  // Filters stand in the address; an unknown one shows nothing.
  await page.goto(list);
  await Promise.all([page.waitForURL(/rule=person_two_provinces/), page.selectOption("#rule", "person_two_provinces")]);
  assert.equal((await addresses(page)).length, 1);
  const unknown = await page.goto(`${list}?rule=no_such_rule`);
  assert.equal(unknown.status(), 400);
  await accessible(page, "an unknown filter");
  await page.goto(`${list}?text=${encodeURIComponent("没有这样的企业")}`);
  assert.match(await page.textContent(".empty"), /没有符合条件/);
  await shot(page, "suspects-empty");

  // A view is kept and forgotten.
  await page.goto(`${list}?band=stoppable`);
  await page.click(".saved summary");
  await page.fill("#view-name", "可拦截的");
  await sent(page, page.locator(".saved form.row-form button"));
  await page.click(".saved summary");
  await sent(page, page.locator(".saved a", { hasText: "可拦截的" }));
  assert.match(page.url(), /band=stoppable/);
  await page.click(".saved summary");
  await sent(page, page.locator(".saved li form button"));
  assert.equal(await page.locator(".saved li").count(), 0);

  // The worst suspect, blind: no weight until it is judged.
  await page.goto(list);
  const [worst] = await addresses(page);
  await sent(page, page.locator(".blind-switch button"));
  assert.equal(await page.locator("table.suspects .share").count(), 0, "blind: no weight in the list");
  await page.goto(`${list}?rule=person_two_provinces`);
  const [cross] = await addresses(page);
  await page.goto(`${url}${cross}`);
  assert.equal(await page.locator("table.waterfall").count(), 0, "blind: no weight on the page");
  await accessible(page, "a suspect, blind");
  await masked(page, "a suspect");
  await shot(page, "suspect-blind");

  // Without words it is not judged, and what was chosen is kept.
  await page.check("input[value=dismiss]", { force: true });
  await page.fill("#judge-words", "已核对");
  await page.locator("#judge-words").evaluate((it) => it.form.noValidate = true);
  await sent(page, page.locator(".act-judge button[type=submit]"));
  assert.match(await page.textContent("#judge-reason-fault"), /请选择/);
  assert.equal(await page.inputValue("#judge-words"), "已核对");
  assert.ok(await page.isChecked("input[value=dismiss]"));
  await accessible(page, "a form with a fault");
  await shot(page, "suspect-fault");
  await page.check("input[value=confirm]", { force: true });
  await page.fill("#judge-words", "与银行流水和社保记录核对，属实");
  await sent(page, page.locator(".act-judge button[type=submit]"));
  assert.match(await page.textContent(".note"), /属实/);
  assert.ok((await page.locator("table.waterfall").count()) === 1, "judged: the weight is shown");
  await accessible(page, "a judged suspect");
  await shot(page, "suspect-judged");

  // A page that is old: what changed meanwhile is shown, nothing is done.
  const stale = await page.context().newPage();
  await stale.goto(`${url}${worst === cross ? (await (async () => { await page.goto(list); return (await addresses(page))[0]; })()) : worst}`);
  const open = new URL(stale.url()).pathname;
  await page.goto(`${url}${open}`);
  await page.click(".act-more summary >> text=记录进展");
  await page.fill("#comment-words", "已去函");
  await sent(page, page.locator("#comment-words ~ button, form:has(#comment-words) button"));
  await stale.fill("#judge-words", "核对");
  await stale.check("input[value=confirm]", { force: true });
  const [answer] = await Promise.all([stale.waitForNavigation(), stale.click(".act-judge button[type=submit]")]);
  assert.equal(answer.status(), 409);
  assert.match(await stale.textContent(".alert"), /已有变化/);
  await shot(stale, "suspect-changed");
  await stale.close();

  // One person in the open: not without a reason; with one, once, and nowhere in the address.
  await page.goto(`${url}${open}`);
  await page.click(".act-more summary >> text=查看姓名");
  await sent(page, page.locator("form[action$='/unmask'] button").first());
  assert.match(await page.textContent("h1"), /理由/);
  await masked(page, "the unmasking without a reason");
  await page.selectOption("select[name=reason]", "compare-document");
  await page.fill("input[name=words]", "与毕业证原件核对");
  await sent(page, page.locator("form[action$='/unmask'] button").first());
  assert.match(await page.textContent(".in-the-open"), /李小红/);
  assert.match(await page.textContent(".in-the-open"), /\d{17}[\dX]/);
  assert.doesNotMatch(page.url(), /\d{17}/);
  await accessible(page, "a person in the open");
  await page.goto(`${url}${open}`);
  await masked(page, "the suspect after a look");

  // Alike suspects are judged alike.
  await page.goto(`${list}?rule=person_two_enterprises`);
  const boxes = page.locator("input[name=suspect]:enabled");
  await boxes.nth(0).check();
  await boxes.nth(1).check();
  await shot(page, "suspects-select");
  await sent(page, page.locator(".bulk-bar button"));
  await accessible(page, "the confirmation");
  await page.check("input[value=dismiss]", { force: true });
  await page.selectOption("#reason", "put-right");
  await page.fill("#words", "企业已自行撤回重复申领");
  await shot(page, "suspects-bulk");
  await sent(page, page.locator("button.primary"));
  assert.equal(await page.locator(".badge.good").count(), 2);
  await accessible(page, "the outcomes");
  await shot(page, "suspects-outcomes");

  // The list as files.
  for (const format of ["xlsx", "csv"]) {
    await page.goto(`${list}?state=any`);
    assert.equal((await addresses(page)).length, 5, "the view that is exported");
    const [download] = await Promise.all([page.waitForEvent("download"), page.click(`.exports a:has-text("${format.toUpperCase()}")`)]);
    await download.saveAs(`${folder}/suspects.${format}`);
  }

  // In English, and on a phone.
  await page.goto(`${url}${cross}`);
  await sent(page, page.locator("form.language button"));
  assert.match(await page.textContent("h1"), /two provinces/);
  await shot(page, "suspect-en");
  await sent(page, page.locator("form.language button"));
  await page.setViewportSize({ width: 390, height: 844 });
  for (const [name, path] of [["suspects-phone", "/console/suspects?state=any"], ["suspect-phone", open]]) {
    await page.goto(`${url}${path}`);
    await accessible(page, name);
    await shot(page, name);
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${name}: nothing runs out at the side`);
  }
  assert.equal(alerts, 0, "no name runs");
  await end();

  // Who may only read sees no forms, and is refused what a form would do.
  const reader = await person(browser);
  await enter(reader.page, given("HUFU_READER"));
  await reader.page.goto(`${url}${open}`);
  assert.equal(await reader.page.locator("form.act").count(), 0);
  assert.match(await reader.page.textContent(".work-card"), /只能查看/);
  const csrf = await reader.page.getAttribute("input[name=csrf]", "value");
  const form = { csrf, act: "judge", request_id: "reader-0001", finding: "confirm", words: "属实" };
  const refused = await reader.context.request.post(`${url}${open}`, { form, headers: { "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
  assert.equal(refused.status(), 403);
  await reader.end();
});
