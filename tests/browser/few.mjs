// SPDX-License-Identifier: Apache-2.0
// Atlases of one group and of none: every view opens and says how many there are in words that fit;
// one without groups says what is missing, what to do, and keeps its label.
// Usage: node few.mjs ONE.html NONE.html
import { check, noFaults, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [one, none] = process.argv.slice(2).map((path) => 'file://' + path);
const views = ['', 'explore', 'facets', 'languages', 'time', 'compare', 'about'];
const browser = await openBrowser();
async function textOf(page, base, view) {
  await visit(page, base, view);
  noFaults(page, view || 'overview');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, `${view || 'overview'} is ${wide} px too wide`);
  return (await page.locator('main').innerText()).replace(/\s+/g, ' ');
}
const failed = await runTests({
  'one group is one in every view': async () => {
    const page = await openPage(browser);
    for (const view of views) {
      const text = await textOf(page, one, view);
      check(!/\b1 (kinds|groups|main groups|smallest groups)\b/.test(text), `${view}: ${text}`);
    }
    await page.context().close();
  },
  'without groups each view says what is missing and what to do': async () => {
    const page = await openPage(browser);
    for (const view of views) {
      const text = await textOf(page, none, view);
      const missing = /15 conversations from 5 people.*--privacy local/;
      const wanted = view === 'about' ? /Privacy label: guarded/ : missing;
      check(wanted.test(text), `${view || 'overview'}: ${text}`);
    }
    await page.context().close();
  },
});
await browser.close();
process.exit(failed ? 1 : 0);
