// A person comes in by a link, which is good once; switches the language; logs out. Around it: forms without a token, pages that are not
// there, the keyboard, accessibility, a phone.

import { accessible, assert, enter, given, masked, person, shot, status, tell, url } from "./lib.mjs";

const [link, other] = JSON.parse(given("HUFU_LINKS"));

await tell(async (browser) => {
  const { page, context, end } = await person(browser);

  // Who is not logged in is sent to the login, and back again afterwards.
  await page.goto(`${url}/console/audit`);
  assert.match(page.url(), /\/console\/login\?next=%2Fconsole%2Faudit$/);
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await accessible(page, "the login");
  await shot(page, "login-zh");
  await Promise.all([page.waitForNavigation(), page.click("form.language button")]);
  assert.equal(await page.locator("html").getAttribute("lang"), "en");
  await accessible(page, "the login in English");
  await shot(page, "login-en");
  await Promise.all([page.waitForNavigation(), page.click("form.language button")]);

  // The link shows whom it lets in, any number of times; it lets in once.
  await page.goto(link);
  assert.match(await page.textContent("dl.facts"), /wang\.min/);
  await accessible(page, "the link's page");
  await shot(page, "enter-zh");
  await enter(page, link);
  const cookie = (await context.cookies()).find((it) => it.name === "__Host-hufu");
  assert.ok(cookie.secure && cookie.httpOnly && cookie.sameSite === "Strict" && cookie.path === "/", "the cookie is bound");
  const stranger = await person(browser);
  const used = await stranger.page.goto(link);
  assert.equal(used.status(), 410, "a link is good once");
  assert.match(await stranger.page.textContent("h1"), /链接已失效/);
  await shot(stranger.page, "link-used");

  // Every page: the policy, nothing kept, nothing inline.
  const today = await page.goto(`${url}/console/today`);
  assert.match(today.headers()["content-security-policy"], /default-src 'none'/);
  assert.equal(today.headers()["cache-control"], "no-store");
  assert.equal(await page.locator("[style], style, script:not([src])").count(), 0, "nothing inline");
  await accessible(page, "the first page");
  await masked(page, "the first page");
  await shot(page, "today-zh");

  // The language stays on the next pages.
  await Promise.all([page.waitForNavigation(), page.click("form.language button")]);
  assert.match(page.url(), /\/console\/today$/);
  assert.match(await page.textContent("nav.menu"), /Clawback/);
  await page.goto(`${url}/console/help`);
  assert.match(await page.textContent("h1"), /Help/);
  await shot(page, "help-en");
  await Promise.all([page.waitForNavigation(), page.click("form.language button")]);

  // What is not there, and what is not allowed.
  const nowhere = await page.goto(`${url}/console/nowhere`);
  assert.equal(nowhere.status(), 404);
  await accessible(page, "the page of what is not there");
  await shot(page, "not-found");

  // A form without its token, with another's, from elsewhere: refused, and the session goes on.
  const post = (headers, form) => status(page, "/console/logout", { method: "POST", headers, form });
  assert.equal(await post({ "sec-fetch-site": "same-origin" }, {}), 403, "no token");
  assert.equal(await post({ "sec-fetch-site": "same-origin" }, { csrf: "x".repeat(43) }), 403, "another token");
  const csrf = await page.getAttribute("input[name=csrf]", "value");
  assert.equal(await post({ "sec-fetch-site": "cross-site" }, { csrf }), 403, "from elsewhere");
  assert.equal(await status(page, "/console/today"), 200);

  // By the keyboard alone.
  await page.goto(`${url}/console/today`);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "skip");
  await page.keyboard.press("g");
  await Promise.all([page.waitForURL("**/console/help"), page.keyboard.press("h")]);
  await page.keyboard.press("?");
  assert.ok(await page.locator("dialog#keys").evaluate((it) => it.open), "? shows the keys");
  await shot(page, "keys", { fullPage: false });
  await page.keyboard.press("Escape");
  assert.ok(!(await page.locator("dialog#keys").evaluate((it) => it.open)), "Escape hides them");

  // On a phone the sections are folded away.
  await page.setViewportSize({ width: 390, height: 844 });
  await page.goto(`${url}/console/today`);
  assert.ok(!(await page.locator("nav.menu").isVisible()));
  await page.click("details.folded summary");
  assert.ok(await page.locator("details.folded nav").isVisible());
  await accessible(page, "the phone");
  await shot(page, "today-phone", { fullPage: false });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), "nothing runs out at the side");
  await page.setViewportSize({ width: 1280, height: 800 });

  // Who logs out is out, here and with what the cookie was.
  await Promise.all([page.waitForURL("**/console/login"), page.click(".who button")]);
  await context.addCookies([cookie]);
  assert.equal(await status(page, "/console/today"), 303, "the session is over");

  // Another person's session ends by itself.
  await enter(stranger.page, other);
  await stranger.end();
  await end();
});
