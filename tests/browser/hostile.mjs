// SPDX-License-Identifier: Apache-2.0
// Texts that try to be markup or script, as titles, summaries, phrases, facet values and addresses:
// none may come alive, in the page of the server nor in the one-file report.
// Usage: node hostile.mjs SERVER_URL REPORT_FILE
// Every fifth group of the report is opened, with EVERY=1 in the environment every one.
import { readFile } from 'node:fs/promises';
import { check, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [server, file] = process.argv.slice(2);
const step = process.env.EVERY ? 1 : 5;
const browser = await openBrowser();

// What a payload that came alive leaves behind.
const alive = (page) =>
  page.evaluate(() => {
    const found = [];
    if (window.live !== undefined || document.title.includes('live')) found.push('ran');
    const strange =
      'img, iframe, object, video, audio, marquee, embed, form, base, details[ontoggle]';
    for (const node of document.body.querySelectorAll(strange)) found.push(node.outerHTML);
    for (const node of document.querySelectorAll('*'))
      for (const { name } of node.attributes)
        if (name.startsWith('on')) found.push(`${node.tagName} ${name}`);
    if (document.querySelectorAll('script').length > 2) found.push('a script more');
    return found.slice(0, 3);
  });
async function expectDead(page, where) {
  const found = await alive(page);
  check(found.length === 0, `${where}: ${found.join(' | ').slice(0, 300)}`);
  check(page.faults.length === 0, `${where}: ${page.faults[0]?.slice(0, 300)}`);
}

// Opens each group in turn through the address, as the back button does, with its own title as
// search and colour.
async function walk(page, step) {
  return page.evaluate(async (every) => {
    const atlas = document.getElementById('atlas');
    const index = atlas
      ? JSON.parse(atlas.textContent).index
      : await (await fetch('/explore.json')).json();
    let n = 0;
    for (let i = 0; i < index.clusters.title.length; i += every) {
      const title = index.clusters.title[i];
      const query = new URLSearchParams({ group: i + 1, q: title, by: title });
      const address = atlas ? `#explore?${query}` : `/explore?${query}`;
      history.pushState(null, '', address);
      window.dispatchEvent(new PopStateEvent('popstate'));
      await new Promise((done) => setTimeout(done, atlas ? 8 : 30));
      n++;
    }
    return n;
  }, step);
}

async function everything(base, step) {
  const page = await openPage(browser);
  page.setDefaultTimeout(300000);
  for (const view of [
    '',
    'facets',
    'facets?facet=facet+a',
    'facets?facet=facet+a&against=language',
    'facets?facet=language&against=facet+a&value=English',
    'languages',
    'time',
    'compare',
    'about',
  ]) {
    await visit(page, base, view);
    await expectDead(page, view || 'overview');
  }
  await visit(page, base, 'explore');
  for (let i = 0; i < 12; i++) {
    const twist = page.locator('[role=treeitem][aria-expanded=false] .twist').nth(i);
    if (await twist.count()) await twist.click();
  }
  await page.locator('#search').fill('alert');
  await page.waitForTimeout(400);
  await expectDead(page, 'tree and search');
  const n = await walk(page, step);
  check(n > 50, `only ${n} groups were opened`);
  await expectDead(page, `${n} groups`);
  await page.context().close();
}

// No cell of a CSV may be a formula to a spreadsheet: none begins, after blanks and what is not
// seen, with a sign that starts one.
// The browser lets a page save ten files in a row, so there is a new one for every eight.
async function formulas() {
  let dangerous = 0;
  let page = null;
  for (let i = 0; ; i++) {
    if (i % 8 === 0) {
      await page?.context().close();
      page = await openPage(browser);
      page.setDefaultTimeout(60000);
      await visit(page, 'file://' + file, 'facets');
    }
    const figures = page.locator('.smalls .figure');
    if (i >= (await figures.count())) break;
    const figure = figures.nth(i);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      figure.locator('.taking button', { hasText: 'CSV' }).click(),
    ]);
    const text = await readFile(await download.path(), 'utf8');
    const cells = text.match(/"(?:[^"]|"")*"|[^,"\r\n]+/g) ?? [];
    for (const cell of cells) {
      const inner = cell.replace(/^"|"$/g, '');
      dangerous += inner.startsWith("'");
      check(!/^[\s\p{Cf}]*[=+\-@|%＝＋－＠]/u.test(inner), `a formula: ${inner.slice(0, 60)}`);
    }
  }
  check(dangerous >= 8, `only ${dangerous} of the planted formulas are in the files`);
  await page.context().close();
}

const failed = await runTests({
  'no cell of a CSV is a formula': formulas,
  'nothing comes alive in the one-file report': () => everything('file://' + file, step),
  'nothing comes alive in the page of the server': () => everything(server, 10),
});
await browser.close();
process.exit(failed ? 1 : 0);
