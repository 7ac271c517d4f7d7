// A session in which nothing is asked ends; the page that is asked next leads to the login, and the form that is sent next is not taken.

import { assert, enter, given, person, status, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));
const idle = Number(given("HUFU_IDLE_S")) * 1000;

await tell(async (browser) => {
  const { page, end } = await person(browser);
  await enter(page, link);
  const csrf = await page.getAttribute("input[name=csrf]", "value");
  // Whoever goes on stays in.
  for (let step = 0; step < 3; step += 1) {
    await page.waitForTimeout(idle / 2);
    assert.equal(await status(page, "/console/help"), 200, "an active session goes on");
  }
  await page.waitForTimeout(idle + 500);
  const headers = { "sec-fetch-site": "same-origin" };
  assert.equal(await status(page, "/console/logout", { method: "POST", headers, form: { csrf } }), 303);
  await page.goto(`${url}/console/help`);
  assert.match(page.url(), /\/console\/login\?next=%2Fconsole%2Fhelp$/);
  await end();
});
