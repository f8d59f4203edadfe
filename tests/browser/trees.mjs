// SPDX-License-Identifier: Apache-2.0
// An atlas with two trees in a real browser, served and as a one-file report: the switch, its
// address, the keyboard, and what is said of both.
// Usage: node trees.mjs SERVER_URL REPORT_FILE REPORT_OF_ONE_TREE EXPORT_OF_TASK.json
import { readFile } from 'node:fs/promises';
import { axePath, check, noFaults, openBrowser, openPage, runTests, same, visit } from './lib.mjs';

const [server, file, single, exported] = process.argv.slice(2);
const report = 'file://' + file;
const browser = await openBrowser();
const axe = await readFile(axePath, 'utf8');
const task = JSON.parse(await readFile(exported, 'utf8'));
const tops = task.clusters.filter((c) => c.parent === null && c.title).map((c) => c.title);
const plain = (text) => text.replaceAll('\u00a0', ' ');
const choose = (page) => page.locator('header .select select');
const titles = async (page) =>
  (await page.locator('[role=treeitem] .name').allInnerTexts()).map(plain);
const isTask = async (page) => {
  const shown = await titles(page);
  return tops.every((title) => shown.includes(title));
};
const until = async (what, holds) => {
  for (let i = 0; i < 100; i++) {
    if (await holds()) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  check(false, what);
};

const tests = {};
for (const [kind, base] of [['server', server], ['report', report]]) {
  tests[`${kind}: the switch shows the other tree, and its address brings it back`] = async () => {
    const page = await openPage(browser);
    await visit(page, base, 'explore');
    check(!(await isTask(page)), 'the first tree is that of the task');
    await choose(page).selectOption('task');
    await until('the tree of the task is not shown', () => isTask(page));
    check(/tree=task/.test(page.url()), `the address is ${page.url()}`);
    await page.locator('[role=treeitem]').first().click();
    await page.waitForSelector('.cluster h2.big');
    const first = plain(await page.locator('.cluster h2.big').innerText());
    check(task.clusters.some((c) => c.title === first), 'the panel is of another tree');
    check(/tree=task/.test(page.url()) && /group=/.test(page.url()), `it is ${page.url()}`);
    const again = await openPage(browser);
    await again.goto(page.url());
    await again.waitForSelector('.cluster h2.big');
    same(plain(await again.locator('.cluster h2.big').innerText()), first, 'from its address');
    await again.getByRole('link', { name: 'About' }).first().click(); // it stays from page to page
    await until('About knows of one tree', async () =>
      (await again.locator('main').innerText()).includes('2 trees of the same people'));
    same(await choose(again).inputValue(), 'task', 'the tree on another page');
    await again.goBack();
    await until('back leads out of the tree', () => isTask(again));
    await choose(again).selectOption('request');
    await until('the first tree does not come back', async () => !(await isTask(again)));
    check(!/tree=|group=/.test(again.url()), `the address keeps ${again.url()}`);
    noFaults(page, kind);
    noFaults(again, kind);
    await page.context().close();
    await again.context().close();
  };

  tests[`${kind}: by keyboard, in both themes, without a fault of axe`] = async () => {
    for (const dark of [false, true])
      for (const [width, height] of [
        [1600, 900],
        [390, 800],
      ]) {
        const page = await openPage(browser, { dark, width, height });
        await visit(page, base, '');
        await choose(page).focus();
        await page.keyboard.press('t'); // a select goes to what begins with the letter
        await until('a key does not choose', async () => /tree=task/.test(page.url()));
        await until('the switch does not follow', async () =>
          (await choose(page).inputValue()) === 'task');
        await page.evaluate(axe);
        const found = await page.evaluate(() => window.axe.run());
        same(found.violations.map((v) => `${v.id}: ${v.nodes[0].html}`).join('\n'), '', 'axe');
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        check(over <= 0, `the page is ${over} px too wide at ${width}`);
        noFaults(page, kind);
        await page.context().close();
      }
  };
}

tests['one tree has no switch'] = async () => {
  const page = await openPage(browser);
  await visit(page, 'file://' + single, 'explore');
  same(await choose(page).count(), 0, 'switches');
  await page.context().close();
};

if (process.env.PICTURES) {
  const page = await openPage(browser, { width: 1600 });
  for (const view of ['explore?tree=task', 'about?tree=task', '?tree=task']) {
    await page.goto(server + view);
    await page.waitForTimeout(2500);
    await page.screenshot({ path: `${process.env.PICTURES}/${view.split('?')[0] || 'first'}.png` });
  }
  await page.setViewportSize({ width: 390, height: 800 });
  await page.waitForTimeout(1000);
  await page.screenshot({ path: `${process.env.PICTURES}/narrow.png` });
}
const failed = await runTests(tests);
await browser.close();
process.exit(failed ? 1 : 0);
