// SPDX-License-Identifier: Apache-2.0
// The charts as SVG, beside those kept in tests/browser/snapshots: same marks, same places to a
// pixel, same words. Over the made-up atlas of make_atlas.py, which is the same on every machine.
// Usage: node charts.mjs REPORT_FILE; with UPDATE=1 the kept ones are written anew.
import { readFile, writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { check, noFaults, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [file] = process.argv.slice(2);
const browser = await openBrowser();
const charts = {
  bubbles: ['', '.bubbles'],
  icicle: ['explore', '.icicle'],
  over: ['languages?language=Spanish&level=3', '.columns .figure svg.plot'],
  pair: ['facets?facet=language&against=turns&value=Spanish', '.figure svg.plot'],
  lines: ['time?pick=1.2', '.figure svg.plot'],
  slopes: ['compare?a=language%3ASpanish&b=language%3AGerman&level=3', '.figure svg.plot'],
  spark: ['explore?group=1', '.spark'],
};

const MOST_LINES = 250;

// Whole pixels, one element a line, no ids that Plot counts up.
const plain = (svg) =>
  svg
    .replace(/-?\d+\.\d+/g, (n) => String(Math.round(Number(n)) + 0))
    .replace(/(id|clip-path)="[^"]*"/g, '')
    .replace(/></g, '>\n<')
    .split('\n')
    .slice(0, MOST_LINES)
    .join('\n') + '\n';

async function compare(name, view, selector) {
  const kept = fileURLToPath(new URL(`./snapshots/${name}.svg`, import.meta.url));
  const page = await openPage(browser);
  await visit(page, 'file://' + file, view);
  await page.waitForSelector(selector);
  await page.waitForTimeout(200);
  const found = plain(await page.locator(selector).last().evaluate((svg) => svg.outerHTML));
  noFaults(page, name);
  await page.context().close();
  check(found.split('\n').length > 4, `${name} is empty`);
  if (process.env.UPDATE) return writeFile(kept, found);
  const [a, b] = [(await readFile(kept, 'utf8')).split('\n'), found.split('\n')];
  const at = a.findIndex((line, i) => line !== b[i]);
  check(
    at < 0 && a.length === b.length,
    `${name} differs in line ${at + 1}: ${b[at]}, kept: ${a[at]} (UPDATE=1 keeps the new one)`,
  );
}

const failed = await runTests(
  Object.fromEntries(
    Object.entries(charts).map(([name, [view, selector]]) => [
      `the chart ${name} is drawn as before`,
      () => compare(name, view, selector),
    ]),
  ),
);
await browser.close();
process.exit(failed ? 1 : 0);
