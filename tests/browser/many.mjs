// SPDX-License-Identifier: Apache-2.0
// Every view over an atlas of 10,000 base clusters: opens without an error, draws something, stays
// within its window. How fast is measured by bench/explorer.sh.
// Usage: node many.mjs REPORT_FILE
import { check, noFaults, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [file] = process.argv.slice(2);
const browser = await openBrowser();
const views = {
  '': '.bubbles circle',
  explore: '[role=treeitem]',
  'explore?by=is%3Acoherence&group=4000': '.legend',
  'explore?area=0.2,0.2;0.8,0.2;0.8,0.8;0.2,0.8': '.detail .bars tr',
  'facets?facet=language&value=Spanish': '.heat td',
  languages: '.plot circle',
  time: '.plot circle',
  compare: '.plot circle',
  about: '.facts',
};
const page = await openPage(browser);
page.setDefaultTimeout(30000);
const failed = await runTests(
  Object.fromEntries(
    Object.entries(views).map(([view, what]) => [
      `${view || 'overview'} with 10,000 groups`,
      async () => {
        await visit(page, 'file://' + file, view);
        await page.waitForSelector(what);
        const over = await page.evaluate(
          () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
        );
        check(over <= 0, `${over} px too wide`);
        const n = await page.evaluate(() => document.querySelectorAll('*').length);
        check(n < 6000, `${n} elements: not drawn lazily`);
        noFaults(page, view);
      },
    ]),
  ),
);
await browser.close();
process.exit(failed ? 1 : 0);
