// SPDX-License-Identifier: Apache-2.0
// What holds for every view over any atlas: it opens, fits its window, is right for a reader of the
// page by program (axe), works by keyboard alone, is brought back by its address and the back
// button, needs no network, and keeps its content on paper.
// Usage: node views.mjs BASE REPORT_FILE   (BASE: the address of a server, or the report again)
import { readFile } from 'node:fs/promises';
import { axePath, check, noFaults, openBrowser, openPage, runTests, same, visit } from './lib.mjs';

const [base, file] = process.argv.slice(2);
const report = 'file://' + file;
const browser = await openBrowser();
const axe = await readFile(axePath, 'utf8');
const views = ['', 'explore', 'facets', 'languages', 'time', 'compare', 'about'];
// What must be there: the view itself, or the sentence that says why it has nothing to show.
const parts = {
  '': '.bubbles circle',
  explore: '[role=treeitem]',
  facets: '.heat td',
  languages: '.plot circle, .empty p',
  time: '.plot circle, .empty p',
  compare: '.plot circle, .empty p',
  about: '.facts',
};
const MOST_ELEMENTS = 6000; // of a page that draws lazily

const overflow = (page) =>
  page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
// What the view says when all of it has come: the same for a quarter of a second.
async function mainText(page) {
  for (let text = '', n = 0; ; ) {
    const now = await page.locator('main').innerText();
    n = now === text && !(await page.locator('.skeleton').count()) ? n + 1 : 0;
    if (n === 2) return now;
    text = now;
    await page.waitForTimeout(125);
  }
}
function sameText(found, wanted, text) {
  const [a, b] = [found.split('\n'), wanted.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  check(found === wanted, `${text}: line ${at + 1} is ${a[at]}, wanted ${b[at]}`);
}
const focused = (page, what) =>
  page.evaluate((name) => {
    const at = document.activeElement;
    return name === 'text' ? at.textContent.trim() : at.getAttribute(name);
  }, what);

async function fits(page, view) {
  check((await overflow(page)) <= 0, `${view} is ${await overflow(page)} px too wide`);
  const n = await page.evaluate(() => document.querySelectorAll('*').length);
  check(n < MOST_ELEMENTS, `${view} has ${n} elements: not drawn lazily`);
}
async function noAxeFindings(page, view) {
  await page.evaluate(axe);
  const found = await page.evaluate(async () =>
    (await window.axe.run({ resultTypes: ['violations'] })).violations
      .filter((v) => ['serious', 'critical'].includes(v.impact))
      .map((v) => `${v.id}: ${v.nodes[0].html.slice(0, 160)}`),
  );
  check(found.length === 0, `${view}: ${found.join(' | ')}`);
}
async function everyView(where, options, look) {
  const page = await openPage(browser, options);
  page.setDefaultTimeout(30000);
  for (const view of views) {
    await visit(page, where, view);
    await page.waitForSelector(parts[view]);
    await look(page, view || 'overview');
    noFaults(page, view || 'overview');
  }
  await page.context().close();
}
const chooseFirst = async (page) => {
  await page.locator('[role=treeitem]').first().click();
  await page.waitForSelector('.cluster h2.big');
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
};
// Tab until the focus is on what is looked for.
async function tabTo(page, holds, text) {
  for (let i = 0; i < 160; i++) {
    await page.keyboard.press('Tab');
    if (await page.evaluate(holds, text)) return;
  }
  check(false, `Tab never reaches ${text}`);
}

const tests = {
  'each view opens, fits, and has no serious finding of axe': () =>
    everyView(base, {}, async (page, view) => {
      if (view === 'explore') await chooseFirst(page);
      await fits(page, view);
      check((await page.locator('h1, h2').count()) > 0, `${view} has no heading`);
      const text = await page.locator('body').innerText();
      check(!/\bn ?= ?\d|undefined|NaN|\[object/.test(text), `${view} shows raw values`);
      await noAxeFindings(page, view);
    }),

  'dark: really dark, and no serious finding of axe': () =>
    everyView(base, { dark: true }, async (page, view) => {
      if (view === 'explore') await chooseFirst(page);
      const colour = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [r] = colour.match(/\d+/g).map(Number);
      check(r < 60, `${view} has the background ${colour}`);
      await noAxeFindings(page, view);
    }),

  'the first page is one screen: uses, groups, languages and growth stand on it': async () => {
    for (const [width, height] of [[1280, 800], [1366, 768], [1440, 900]]) {
      const page = await openPage(browser, { width, height });
      await visit(page, base, '');
      const ends = await page.locator('.areas > *').evaluateAll((list) =>
        list.map((part) => [
          part.querySelector('h2').textContent.slice(0, 40),
          part.querySelectorAll('a').length,
          Math.round(part.getBoundingClientRect().bottom),
        ]),
      );
      check(ends.length >= 3, `${ends.length} parts`);
      for (const [title, , end] of ends)
        check(end <= height, `${width} x ${height}: “${title}” ends at ${end}`);
      const tall = await page.evaluate(() => document.documentElement.scrollHeight);
      check(tall <= height, `${width} x ${height}: the page is ${tall} px tall, it scrolls`);
      const letters = await page.locator('.bubbles text').evaluateAll((list) =>
        list.map((t) => (t.getCTM?.().a ?? 1) * Number(t.getAttribute('font-size'))),
      );
      check(Math.min(...letters) >= 9, `letters of ${Math.min(...letters).toFixed(1)} px`);
      await page.context().close();
    }
  },

  'the privacy mode is named in windows of every width, and on paper': async () => {
    for (const width of [1440, 1180, 1024, 700, 390]) {
      const page = await openPage(browser, { width, height: 800 });
      await visit(page, base, '');
      const mode = page.locator('.bar .guarded');
      const said = await mode.innerText();
      check(/guarded|local|dp|not told/.test(said), `${width} px: no mode in the header`);
      await page.emulateMedia({ media: 'print' });
      check(await mode.isVisible(), `${width} px: no mode on paper`);
      await page.context().close();
    }
  },

  'letters of the first page are letters in two columns and in low windows, too': async () => {
    for (const [width, height] of [[1024, 768], [1100, 620], [901, 700], [820, 600]]) {
      const page = await openPage(browser, { width, height });
      await visit(page, base, '');
      const letters = await page.locator('.bubbles text').evaluateAll((list) =>
        list.map((t) => (t.getCTM?.().a ?? 1) * Number(t.getAttribute('font-size'))),
      );
      const least = Math.min(...letters).toFixed(1);
      check(least >= 9, `${width} x ${height}: letters of ${least} px`);
      const bar = await page.locator('.bar').evaluate((bar) => bar.getBoundingClientRect().height);
      check(width < 901 || bar < 60, `${width} x ${height}: the bar has two lines, ${bar} px`);
      const nav = page.locator('.bar nav');
      const cut = await nav.evaluate((line) => line.scrollWidth - line.clientWidth);
      check(width < 901 || cut <= 1, `${width} x ${height}: ${cut} px of the pages are cut off`);
      await page.context().close();
    }
  },

  '360 px: nothing sticks out': () =>
    everyView(base, { width: 360, height: 740, touch: true }, fits),

  'the map far out shows all of its shading: nothing touches its edge': async () => {
    for (const size of [{}, { width: 2200, height: 800 }, { width: 700, height: 900 }]) {
      const page = await openPage(browser, size);
      await visit(page, base, 'explore');
      if (size.width === 700) await page.getByRole('button', { name: 'Map', exact: true }).click();
      await page.waitForTimeout(400);
      const edges = await page.evaluate(() => {
        const canvas = document.querySelector('canvas');
        const { width: w, height: h } = canvas;
        const pen = canvas.getContext('2d');
        const strips = { top: [0, 0, w, 1], left: [0, 0, 1, h] };
        Object.assign(strips, { bottom: [0, h - 1, w, 1], right: [w - 1, 0, 1, h] });
        const painted = (box) => pen.getImageData(...box).data.some((v, i) => i % 4 === 3 && v > 0);
        return Object.keys(strips).filter((name) => painted(strips[name]));
      });
      same(edges, '', `cut at ${size.width ?? 1440} px`);
      await page.context().close();
    }
  },

  'the network blocked: the report shows every view': async () => {
    const page = await openPage(browser);
    await page.context().setOffline(true);
    for (const view of views) {
      await visit(page, report, view);
      await page.waitForSelector(parts[view]);
      noFaults(page, view);
    }
    await page.context().close();
  },

  'keyboard alone: from page to page, a group, a table, a choice': async () => {
    const page = await openPage(browser);
    await visit(page, base, '');
    await page.keyboard.press('Tab');
    same(await focused(page, 'text'), 'To the content', 'first stop of Tab');
    await page.keyboard.press('Enter');
    same(await focused(page, 'id'), 'main', 'focus after going to the content');
    check(!page.url().includes('#main'), 'going to the content changes the address');
    for (const name of ['Explore', 'Facets', 'Time', 'Explore']) {
      const here = (text) =>
        document.activeElement.closest('nav') !== null &&
        document.activeElement.textContent === text;
      await tabTo(page, here, name);
      await page.keyboard.press('Enter');
      await page.waitForSelector(parts[name.toLowerCase()]);
      await page.evaluate(() => document.activeElement.blur());
    }
    await tabTo(page, () => document.activeElement.getAttribute('role') === 'treeitem', 'tree');
    await page.keyboard.press('ArrowDown');
    const wanted = await focused(page, 'aria-label');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.cluster h2.big');
    const title = await page.locator('.cluster h2.big').innerText();
    const plain = (text) => text.replaceAll('\u00a0', ' ');
    check(plain(wanted).startsWith(plain(title)), `${title} chosen, ${wanted} wanted`);
    await tabTo(page, () => document.activeElement.tagName === 'CANVAS', 'the map');
    await page.keyboard.press('+');
    await page.waitForFunction(() => location.href.includes('at='));
    await tabTo(page, () => !!document.activeElement.closest('.gates'), 'the gates');
    await page.keyboard.press('Enter');
    check(await page.locator('.gates li').first().isVisible(), 'the gates stay shut');
    for (let i = 0; i < 5; i++) await page.keyboard.press('Escape'); // out of every level
    await page.waitForFunction(() => !location.href.includes('group='));

    await visit(page, base, 'facets');
    await tabTo(page, () => document.activeElement.textContent === 'Table', 'a table');
    await page.keyboard.press('Enter');
    check(await page.locator('.figure .sheet:not(.heat)').first().isVisible(), 'no table');
    await tabTo(page, () => document.activeElement.tagName === 'SELECT', 'a choice');
    const before = await page.locator('.select select').first().inputValue();
    const [first, last] = await page
      .locator('.select select')
      .first()
      .locator('option')
      .evaluateAll((list) => [list[0].value, list.at(-1).value]);
    await page.keyboard.press(before === last ? 'ArrowUp' : 'ArrowDown');
    if (first !== last)
      check(
        (await page.locator('.select select').first().inputValue()) !== before,
        'the choice stays as it was',
      );
    noFaults(page, 'by keyboard');
    await page.context().close();
  },

  'the address of each view brings it back, and so does the back button': async () => {
    const page = await openPage(browser);
    await visit(page, base, 'explore');
    await chooseFirst(page);
    const stops = [];
    const stop = async () => stops.push([page.url(), await mainText(page)]);
    await stop();
    for (const name of ['Facets', 'Languages', 'Time', 'Compare', 'About']) {
      await page.locator('.bar nav a', { hasText: name }).click();
      await page.waitForSelector(parts[name.toLowerCase()]);
      const value = page.locator('.smalls a').first();
      if (name === 'Facets') {
        await value.click();
        await page.waitForFunction(() => location.href.includes('value='));
      }
      await stop();
    }
    for (const [address, text] of [...stops].reverse()) {
      same(page.url(), address, 'address after going back');
      sameText(await mainText(page), text, `${address} after going back`);
      const other = await openPage(browser);
      other.setDefaultTimeout(30000);
      await other.goto(address);
      await other.waitForSelector('main h1, main h2');
      sameText(await mainText(other), text, `${address} opened anew`);
      await other.context().close();
      await page.goBack();
      await page.waitForTimeout(250);
      // a view of two steps: the facets before a value was chosen
      if (address.includes('value=')) {
        await page.goBack();
        await page.waitForTimeout(250);
      }
    }
    noFaults(page, 'going back');
    await page.context().close();
  },

  'on paper: each view keeps its content and leaves the menu out': async () => {
    const page = await openPage(browser);
    await page.emulateMedia({ media: 'print' });
    for (const view of views) {
      await visit(page, base, view);
      await page.waitForSelector(parts[view]);
      check(await page.locator(parts[view]).first().isVisible(), `${view} is empty on paper`);
      check(!(await page.locator('.bar nav').isVisible()), `${view}: the menu is printed`);
      const pdf = await page.pdf({ format: 'A4' });
      check(pdf.length > 15000, `${view} prints ${pdf.length} bytes`);
    }
    await page.context().close();
  },
};

const failed = await runTests(tests);
await browser.close();
process.exit(failed ? 1 : 0);
