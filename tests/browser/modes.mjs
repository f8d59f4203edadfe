// SPDX-License-Identifier: Apache-2.0
// The explorer names the mode of its atlas on every view, and the label has every item.
// Usage: node modes.mjs MODE URL_OR_FILE [MODE_OF_THE_OTHER]
import { check, noFaults, openBrowser, openPage, runTests, visit } from './lib.mjs';

const [mode, base, other] = process.argv.slice(2);
const browser = await openBrowser();
const views = ['', 'explore', 'facets', 'languages', 'time', 'compare', 'about'];
const items = {
  unit: /counted by account/,
  'floors': /at least 15 conversations from 5 people/,
  gates: mode === 'dp' ? /Words are chosen by noisy counts/ : /Auditor: title and summary/,
  'number audited': /\d+ texts were judged/,
  'leak bound': /95\s%\sconfidence no more than [\d.]+\s%/,
  'models': /Embedder\s+\S+/,
  retention: /Conversations are kept\s+until/,
  ...(mode === 'dp' && {
    epsilon: /epsilon \d[\d.]* at\s+delta \d/,
    budget: /spent over 1 release, [\d.]+ left/,
    'doubt of floors': /from 5 people, as far as noisy numbers tell/,
  }),
};
const tests = {
  [`${mode}: named on every view`]: async () => {
    const page = await openPage(browser);
    for (const view of views) {
      await visit(page, base, view);
      const text = await page.locator('header.bar').allInnerTexts();
      check(text.join(' ').includes(`privacy: ${mode}`), `${view || 'overview'} has no mode`);
      noFaults(page, view || 'overview');
    }
    await page.context().close();
  },
  [`${mode}: the overview names it and claims no floor or number that is not so`]: async () => {
    const page = await openPage(browser);
    await visit(page, base, '');
    const text = await page.locator('main').innerText();
    check(text.includes(`Privacy: ${mode}`), 'the overview does not name the mode');
    check(/people, as far as noisy numbers tell/.test(text) === (mode === 'dp'), 'floors: ' + text);
    const exact = mode !== 'dp' && mode !== 'guarded';
    check(/What [\d,]+ conversations are/.test(text) === exact, 'how many: ' + text);
    check(/about [\d,]+\s+conversations/.test(text) !== exact, 'how many: ' + text);
    check(/at most about [\d,]+\s+people/.test(text) === (mode === 'dp'), 'people: ' + text);
    await page.context().close();
  },
  [`${mode}: the label has every item`]: async () => {
    const page = await openPage(browser);
    await visit(page, base, 'about');
    const text = await page.locator('main').innerText();
    check(text.includes(`Privacy label: ${mode}`), 'the label does not name the mode');
    for (const [name, words] of Object.entries(items))
      check(words.test(text), `the label has no ${name}: ${text.slice(0, 3000)}`);
    await page.context().close();
  },
  ...(other && {
    [`${mode} beside ${other}: both are named`]: async () => {
      const page = await openPage(browser);
      await visit(page, base, 'compare');
      const text = await page.locator('main').innerText();
      check(
        text.includes(`Privacy: ${mode} in this atlas, ${other} in the other.`),
        text.slice(0, 500),
      );
      await page.context().close();
    },
  }),
};
const failed = await runTests(tests);
await browser.close();
process.exit(failed ? 1 : 0);
