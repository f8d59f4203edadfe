// SPDX-License-Identifier: Apache-2.0
// What tools/make-world planted is found where a reader would look for it: trends, the launch and
// the peaks on the page of time, over-representations on the page of languages, what people take to
// one of two models on the page that compares.
// Usage: node planted.mjs REPORT_FILE TRUTH_TSV LEAST [CELLS_TSV]   (tools/make-world --truth)
// CELLS_TSV: title, model, its conversations in the group and in all, as the atlas has them; each
// line of the comparison is held to them.
// Floors hide what few people did, so not every effect can show in a small world; at least LEAST of
// them must be found.
import { readFile } from 'node:fs/promises';
import { check, openBrowser, openPage, runTests, same, visit } from './lib.mjs';

const [file, truthFile, least, cellsFile] = process.argv.slice(2);
const report = 'file://' + file;
const truth = (await readFile(truthFile, 'utf8'))
  .trim()
  .split('\n')
  .slice(1)
  .map((line) => {
    const [kind, subject, detail, factor] = line.split('\t');
    return { kind, subject, detail, factor: Number(factor) };
  });
check(truth.length > 8, 'the table of what is planted is short');
// title → model → share of the model's conversations; of titles that stand once.
const cells = new Map();
for (const line of cellsFile ? (await readFile(cellsFile, 'utf8')).trim().split('\n') : []) {
  const [title, model, n, of] = line.split('\t');
  cells.set(title, { ...cells.get(title), [model]: Number(n) / Number(of) });
}

// Words by which a title tells its subject.
const words = {
  recipes: /recipe|cooking|oat flour|garlic/i,
  sql: /sql|quer(y|ies)|databases/i,
  travel: /travel|trip/i,
  resume: /resume|cover letter/i,
  story: /stor(y|ies)|hidden garden|rainbow/i,
  python: /python|raises/i,
  web: /\bweb\b|front-end|navigation bar|dark mode|photo gallery/i,
  video: /video|slow motion|subtitles/i,
  homework: /homework|chapter/i,
  maths: /math|algebra|geometry|calculus|probability|solve this/i,
  music: /song|music|hip hop|lullaby|ballad/i,
  translation: /translat|sentence about/i,
};
const browser = await openBrowser();
const levels = async (page) =>
  page.locator('[aria-label="Size of groups"] button').evaluateAll((list) => list.length);

async function table(page, figure) {
  const button = figure.locator('.foot button', { hasText: 'Table' });
  await button.click();
  return figure
    .locator('.sheet tbody tr')
    .evaluateAll((rows) => rows.map((r) => [...r.cells].map((c) => c.textContent)));
}
async function withPage(look) {
  const page = await openPage(browser);
  await look(page);
  check(page.faults.length === 0, page.faults.join(' | '));
  await page.context().close();
}

// At some size of groups: the first that holds up is about the subject.
const first = (address, { subject, detail, factor }) =>
  withPage(async (page) => {
    const seen = [];
    await visit(page, report, address);
    for (let level = 0, n = await levels(page); level < n; level++) {
      await visit(page, report, `${address}&level=${level}`);
      const figure = page.locator('.figure', { has: page.locator('.plot') });
      if (!(await figure.count())) continue;
      const rows = await table(page, figure.last());
      const best = rows.find((r) => r[6] === 'yes' && Number(r[3]) > 1);
      if (best) seen.push(`${best[0]} ${best[3]}`);
      if (best && words[subject].test(best[0])) {
        const [low, high] = [Number(best[4]), Number(best[5])];
        check(high > 1.2 && low < factor * 1.25, `${best[0]}: ${low} to ${high}, not ${factor}`);
        return;
      }
    }
    check(false, `first ${detail}: ${seen.join('; ') || 'nothing that holds up'}`);
  });
const over = (row) => first(`languages?language=${row.detail}`, row);
const flags = (row) => first('facets?facet=classifier&value=flagged', row);

// Among the combinations of language and length, the first that holds up.
const pair = ({ subject, detail, factor }) =>
  withPage(async (page) => {
    await visit(page, report, `facets?facet=language&against=turns&value=${detail}`);
    const rows = await table(page, page.locator('.page > .figure').first());
    const best = rows.find((r) => r[6] === 'yes' && Number(r[3]) > 1);
    check(best, `nothing holds up ${detail}`);
    same(best[0], `${subject} messages`, 'first');
    const [low, high] = [Number(best[4]), Number(best[5])];
    check(high > 1.2 && low < factor * 1.25, `${low} to ${high}, not ${factor}`);
  });

// What the two models differ in most, and holds up, is the subject; what is shown are the cells.
const model = ({ subject, detail, factor }) =>
  withPage(async (page) => {
    const other = truth.find((row) => row.kind === 'model' && row.detail !== detail).detail;
    const address = `compare?a=model:${detail}&b=model:${other}`;
    const seen = [];
    let held = 0;
    let found = false;
    await visit(page, report, address);
    for (let level = 0, n = await levels(page); level < n; level++) {
      await visit(page, report, `${address}&level=${level}`);
      const figure = page.locator('.figure', { has: page.locator('.plot') });
      if (!(await figure.count())) continue;
      const title = await figure.locator('h2').innerText();
      const rows = await table(page, figure);
      for (const [name, a, b, difference] of rows) {
        const cell = cells.get(name.replaceAll('\u00a0', ' '));
        if (!cell) continue;
        held++;
        same(a, Number(cell[detail].toFixed(4)), `${name} with ${detail}`);
        same(b, Number(cell[other].toFixed(4)), `${name} with ${other}`);
        check(Math.abs(a - b - difference) < 2e-4, `${name}: ${a} − ${b} is not ${difference}`);
      }
      const best = rows.find((r) => r[6] === 'yes' && Number(r[3]) > 0);
      if (!best) continue;
      const ratio = best[1] / best[2];
      seen.push(`${best[0]} ${ratio.toFixed(2)}`);
      if (!words[subject].test(best[0]) || ratio < factor / 1.6 || ratio > factor * 1.6) continue;
      const top = rows.find((r) => r[6] === 'yes');
      check(title.includes(top[0]), `"${title}" does not name ${top[0]}`);
      for (const name of [detail, other]) check(title.includes(name), `"${title}" lacks ${name}`);
      found = true;
    }
    if (cellsFile) check(held > 10, `${held} lines are held to cells of the atlas`);
    check(found, `most with ${detail}: ${seen.join('; ') || 'nothing that holds up'}`);
  });

const trend = ({ subject, factor }) =>
  withPage(async (page) => {
    const seen = [];
    await visit(page, report, 'time');
    const spans = ['half', 'line'];
    for (let i = 0, n = spans.length * (await levels(page)); i < n; i++) {
      await visit(page, report, `time?over=${spans[i % 2]}&level=${Math.floor(i / 2)}`);
      const list = page.locator('.thirds .pane').nth(factor > 1 ? 0 : 1);
      const titles = await list.locator('li a').allInnerTexts();
      seen.push(...titles);
      if (titles.some((t) => words[subject].test(t))) return;
    }
    check(false, `${factor > 1 ? 'rising' : 'falling'} are ${seen.join('; ') || 'none'}`);
  });

const launch = ({ subject }) =>
  withPage(async (page) => {
    const seen = [];
    await visit(page, report, 'time');
    for (let level = 0, n = await levels(page); level < n; level++) {
      await visit(page, report, `time?level=${level}`);
      const titles = await page.locator('.thirds .pane').nth(2).locator('li a').allInnerTexts();
      seen.push(...titles);
      if (titles.some((t) => words[subject].test(t))) return;
    }
    check(false, `new are ${seen.join('; ') || 'none'}`);
  });

// The line of a group about the subject has its highest place within the planted weeks.
const peak = ({ subject, detail }) =>
  withPage(async (page) => {
    const [from, to] = detail.match(/\d+/g).map(Number);
    const day = (week) => new Date(1736121600000 + week * 604800000).toISOString().slice(0, 10);
    const seen = [];
    await visit(page, report, 'explore');
    const groups = await page.evaluate(() => {
      const { clusters } = JSON.parse(document.getElementById('atlas').textContent).index;
      return clusters.title.map((title, i) => ({ id: i + 1, title: title ?? '' }));
    });
    for (const { id } of groups.filter((g) => words[subject].test(g.title))) {
      await visit(page, report, `time?pick=${id}`);
      const rows = await table(page, page.locator('.figure').first());
      if (rows.length < 4) continue;
      const best = rows.reduce((a, b) => (Number(b[3]) > Number(a[3]) ? b : a));
      seen.push(`${best[0]} on ${best[1]}`);
      // a month that holds the weeks counts too
      if (best[1] >= day(from - 5) && best[1] <= day(to)) return;
    }
    check(false, `highest: ${seen.slice(0, 8).join('; ') || 'no line'}`);
  });

const kinds = { over, flags, pair, model, trend, launch, peak };
const missed = await runTests(
  Object.fromEntries(
    truth.map((row) => [
      `${row.kind}: ${row.subject}, ${row.detail} ${row.factor || ''}`,
      () => kinds[row.kind](row),
    ]),
  ),
);
await browser.close();
const found = truth.length - missed;
console.log(`${found} of ${truth.length} planted effects are found, wanted ${least}`);
process.exit(found >= Number(least) ? 0 : 1);
