// SPDX-License-Identifier: Apache-2.0
// Views of a choice over an atlas of 10,000 base clusters: they open without an error, draw
// something, stay within their window (views.mjs has the plain ones). How fast is measured by
// bench/explorer.sh.
// Usage: node many.mjs REPORT_FILE
import { check, noFaults, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [file] = process.argv.slice(2);
const browser = await openBrowser();
const views = {
  'explore?by=is%3Acoherence&group=4000': '.legend',
  'explore?area=0.2,0.2;0.8,0.2;0.8,0.8;0.2,0.8': '.detail .bars tr',
  'facets?facet=language&value=Spanish': '.heat td',
  'facets?facet=language&against=turns&value=Spanish': '.plot circle',
  'time?over=line&level=3': '.plot circle',
  'compare?a=language%3ASpanish&b=language%3AGerman': '.plot circle',
};
const page = await openPage(browser);
page.setDefaultTimeout(30000);
const failed = await runTests({
  'a title that is withheld is told by what withheld it': async () => {
    await visit(page, 'file://' + file, 'explore?group=194');
    const text = await page.locator('.detail').innerText();
    check(text.includes('Withheld: the title did not pass the audit'), text);
    check(text.includes('Its words did not pass the audit, so they are not shown.'), text);
  },
  ...Object.fromEntries(
    Object.entries(views).map(([view, what]) => [
      `${view} with 10,000 groups`,
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
});
await browser.close();
process.exit(failed ? 1 : 0);
