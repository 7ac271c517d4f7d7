// A person comes in by a certificate that names them; the session is good for nobody without it. A system's certificate opens nothing.

import { assert, given, person, shot, status, tell, url } from "./lib.mjs";

const certificate = (prefix) => ({ clientCertificates: [{ origin: url, certPath: given(`${prefix}_CERT`), keyPath: given(`${prefix}_KEY`) }] });

await tell(async (browser) => {
  const { page, context, end } = await person(browser, certificate("HUFU_PERSON"));
  await page.goto(`${url}/console/help`);
  assert.match(await page.textContent("dl.facts"), /li\.na/);
  await shot(page, "login-certificate");
  await Promise.all([page.waitForURL("**/console/help"), page.click("button.primary")]);
  assert.match(await page.textContent(".who"), /li\.na/);
  const cookie = (await context.cookies()).find((it) => it.name === "__Host-hufu");

  const thief = await person(browser);
  await thief.context.addCookies([cookie]);
  assert.equal(await status(thief.page, "/console/help"), 303, "the cookie alone opens nothing");
  await thief.end();

  const system = await person(browser, certificate("HUFU_SYSTEM"));
  await system.page.goto(`${url}/console/login`);
  assert.equal(await system.page.locator("button.primary").count(), 0, "a system is nobody");
  await system.end();
  await end();
});
