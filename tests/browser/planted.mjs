// What the other stories look for is found where it is planted: a check that finds nothing would pass forever.

import { accessible, assert, masked, person, tell, url } from "./lib.mjs";

await tell(async (browser) => {
  const { page, context, complaints } = await person(browser);
  await page.goto(`${url}/console/login`);
  await masked(page, "the login");
  assert.deepEqual(complaints, []);

  // A script and a style within the page are refused, and said to be.
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "window.planted = true";
    document.body.append(script);
    document.body.setAttribute("style", "color: red");
    document.body.innerHTML += '<img src="https://elsewhere.example/x.png" alt="">';
  });
  await page.waitForTimeout(200);
  assert.equal(await page.evaluate(() => window.planted), undefined, "a planted script does not run");
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(255, 0, 0)", "nor does a style apply");
  assert.ok(complaints.length >= 3, `three refusals are said: ${complaints.join("; ")}`);

  await page.evaluate(() => document.querySelector("main").insertAdjacentHTML("beforeend", "<button></button>"));
  await assert.rejects(accessible(page, "the planted page"), /button-name/);

  const number = ["110105", "19491231", "002X"].join("");
  await page.evaluate((number) => localStorage.setItem("planted", number), number);
  await assert.rejects(masked(page, "the planted page"), /storage/);
  await page.goto(`${url}/console/login?next=${number}`);
  await assert.rejects(masked(page, "the planted page"), /no identity number/);
  await context.close();
});
