// A reviewer without a mouse: in by the link, to the list, to the worst suspect, judged. Wherever the focus is, it is seen.

import { assert, given, person, shot, tell, url } from "./lib.mjs";

const [link] = JSON.parse(given("HUFU_LINKS"));
/** Far more than any page has on the way to what is looked for. */
const STEPS_MAX = 60;

/** What has the focus: in words, whether it is marked, and whether it stands in the window. */
const focus = (page) => page.evaluate(() => {
  const it = document.activeElement;
  const style = (of) => getComputedStyle(of);
  const outlined = (of) => of && style(of).outlineStyle !== "none" && parseFloat(style(of).outlineWidth) >= 2;
  // Some are marked by what stands for them: the label of a hidden radio button, the shape of a node, the row that j and k walk.
  const stands = it.matches(".finding input") && outlined(it.nextElementSibling);
  const shape = it.matches(".node-link") && parseFloat(style(it.querySelector(".shape")).strokeWidth) >= 4;
  const box = (it.matches(".finding input") ? it.nextElementSibling : it).getBoundingClientRect();
  const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth && box.width > 0;
  const words = `${it.tagName.toLowerCase()}#${it.id}.${it.className} ${(it.textContent || it.value || "").trim().slice(0, 24)}`;
  return { words, marked: outlined(it) || stands || shape || it.classList.contains("at"), inside };
});

async function seen(page) {
  const { words, marked, inside } = await focus(page);
  assert.ok(marked, `the focus is seen on ${words}`);
  assert.ok(inside, `the focus is in the window on ${words}`);
}

/** Tabs on until what is looked for has the focus, which is seen at each step. */
async function tab_to(page, selector, key = "Tab") {
  for (let step = 0; step < STEPS_MAX; step += 1) {
    await page.keyboard.press(key);
    if (await page.evaluate((wanted) => document.activeElement === document.body, selector)) continue;
    await seen(page);
    if (await page.evaluate((wanted) => document.activeElement.matches(wanted), selector)) return;
  }
  throw new Error(`${selector} is not reached by ${STEPS_MAX} times ${key}`);
}

async function press(page, key) {
  await Promise.all([page.waitForNavigation(), page.keyboard.press(key)]);
}

await tell(async (browser) => {
  const { page, end } = await person(browser);
  // Nothing is clicked: a mouse that moves would be noticed.
  for (const name of ["click", "check", "tap", "hover"]) page[name] = () => { throw new Error("there is no mouse"); };
  await page.goto(link);
  await tab_to(page, "button.primary");
  await press(page, "Enter");
  assert.match(page.url(), /\/console\/today$/);

  // Past the navigation, by the link that is only there for the keyboard.
  await page.keyboard.press("Tab");
  assert.ok(await page.evaluate(() => document.activeElement.matches("a.skip")));
  await seen(page);
  await page.keyboard.press("Enter");
  await tab_to(page, "main a");

  // To the list by two keys; its search by one, left by Escape; a filter by the arrows.
  await page.keyboard.press("g");
  await press(page, "s");
  assert.match(page.url(), /\/console\/suspects$/);
  await page.keyboard.press("/");
  await seen(page);
  assert.equal(await page.evaluate(() => document.activeElement.id), "text");
  await page.keyboard.press("Escape");

  // The worst suspect stands first.
  const [worst] = await page.locator("tr[data-href]").evaluateAll((all) => all.map((it) => it.dataset.href));
  for (const key of ["j", "j", "k"]) {
    await page.keyboard.press(key);
    await seen(page);
  }
  await shot(page, "keyboard-list", { fullPage: false });
  await press(page, "Enter");
  assert.equal(new URL(page.url()).pathname, worst);

  // Judged: the finding by the arrows, the words typed, the button by Enter.
  await tab_to(page, ".finding input");
  await page.keyboard.press("Space");
  assert.equal(await page.evaluate(() => document.activeElement.value), "confirm");
  await page.keyboard.press("ArrowRight");
  await seen(page);
  await tab_to(page, "#judge-reason");
  await page.keyboard.press("ArrowDown");
  assert.notEqual(await page.inputValue("#judge-reason"), "");
  await tab_to(page, "#judge-words");
  await page.keyboard.type("已与登记机构核对");
  await shot(page, "keyboard-judge", { fullPage: false });
  await tab_to(page, ".act-judge button[type=submit]");
  await press(page, "Enter");
  assert.match(await page.textContent(".note"), /不属实/);

  // All the way through the page and out at its end, seen at every step; and out of the console.
  await tab_to(page, "form.language button");
  await tab_to(page, ".who button", "Shift+Tab");
  await press(page, "Enter");
  assert.equal(page.url(), `${url}/console/login`);
  await end();
});
