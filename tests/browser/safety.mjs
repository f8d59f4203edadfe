// SPDX-License-Identifier: Apache-2.0
// The pages for those who sign in, in a real Chromium: from signing in over a reason to a
// transcript, the plots, and that a viewer finds nothing. Usage: safety.mjs URL PASSWORD [PICTURES]
import { check, noFaults, openBrowser, openPage, runTests, same, axePath } from './lib.mjs';

const [url, password, pictures] = process.argv.slice(2);
const base = url.replace(/\/$/, '');
const browser = await openBrowser();

async function signIn(page, name) {
  await page.goto(base + '/safety');
  same(new URL(page.url()).pathname, '/sign-in', 'signed out, an address leads to');
  await page.fill('[name=name]', name);
  await page.fill('[name=password]', password);
  await page.click('main button');
  await page.waitForLoadState();
}
async function picture(page, name) {
  if (pictures) await page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true });
}
async function accessible(page, where) {
  await page.evaluate(await (await import('node:fs/promises')).readFile(axePath, 'utf8'));
  const found = await page.evaluate(() => axe.run());
  same(found.violations.map((v) => v.id + ': ' + v.nodes[0].html), '', where + ', axe');
}
async function sound(page, where) {
  noFaults(page, where);
  const foreign = page.locator('script, img, iframe, [style], [onerror]');
  same(await foreign.count(), 0, where + ', markup');
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  check(wide <= 0, `${where} is ${wide} px too wide`);
}

// Dots between axes that say days and accounts, in letters that can be read, and a table of them.
async function timePlot(page, kind) {
  check((await page.locator('circle').count()) > 3, 'conversations are drawn over time');
  const ticks = await page.locator('.plot .tick:visible').evaluateAll((list) =>
    list.map((text) => ({
      text: text.textContent,
      size: text.getBoundingClientRect().height,
      left: text.getBoundingClientRect().left,
      right: text.getBoundingClientRect().right,
    })),
  );
  const days = ticks.filter(({ text }) => /^\d{4}-\d\d-\d\d/.test(text));
  check(days.length >= 2, `${days.length} days at the axis`);
  for (let i = 1; i < days.length; i++)
    check(days[i].left > days[i - 1].right + 4, `days overlap, ${kind}`);
  check(ticks.some(({ text }) => text === '10'), 'accounts are not numbered');
  for (const { text, size } of ticks) check(size > 9, `${text} is ${size} px high, ${kind}`);
  const words = await page.textContent('main');
  check(words.includes('They send it again and again'), 'parts of a score in plain words');
  await page.click('summary');
  check((await page.locator('details tbody tr').count()) > 3, 'no table of accounts');
}

// What a watch asks, in words; one that cannot be read stands as it was kept.
async function questions(page, kind) {
  const cells = page.locator('h2:text("Questions") + table tbody tr td:nth-child(2)');
  const told = (await cells.allInnerTexts()).map((text) => text.replace(/\s+/g, ' '));
  const usual = (factor) => `Told when their share of a day is ${factor} times that of the 28 days`;
  const wanted = [
    `Conversations in cluster 1. ${usual(2)} before and the chance of such a day is at most ` +
      '0.0001.',
    'Conversations with “cheap pills” or “<script>',
    `how to vote” (cosine of at least 0.6). ${usual(1.5)} before the event and the chance ` +
      'of such a day is at most 0.0001. Only from 2026-11-03 to 2026-11-07.',
    'Conversations of concern 3 or more.',
    'Conversations that fit their own cluster less than 0.4 (cosine), in the tree of task.',
    'Conversations of which the model says yes to “Is it about <script>alert("x")</script>',
    '{"unknown": "<script>',
  ];
  same(told.length, wanted.length, 'questions');
  wanted.forEach((text, i) => check(told[i].includes(text), `${kind}: ${told[i]} lacks ${text}`));
  check(told[1].includes('Told when they are over 2 % of a day and'), told[1]);
  same(await page.locator('main code').count(), 1, 'questions as they were kept');
}

const failed = await runTests({
  'from signing in to a transcript': async () => {
    const page = await openPage(browser);
    await signIn(page, 'safety');
    same(new URL(page.url()).pathname, '/safety', 'safety begins at');
    check((await page.locator('tbody tr').count()) > 3, 'clusters are listed');
    check((await page.textContent('main')).includes('<script>alert("x")'), 'text stays text');
    await sound(page, 'overview');
    await picture(page, 'overview');
    await page.click('tbody tr:first-child a');
    await page.waitForSelector('textarea');
    await picture(page, 'reason');
    await page.fill('textarea', 'Several accounts seem to share one template');
    await page.click('.reason button');
    await page.waitForSelector('text=Your permit');
    await page.click('text=Show accounts');
    await page.waitForSelector('text=Facets');
    await sound(page, 'accounts');
    await picture(page, 'accounts');
    await page.locator('button', { hasText: 'Facets' }).first().click();
    await page.waitForSelector('dl');
    await picture(page, 'facets');
    await page.click('text=Redacted transcript');
    await page.waitForSelector('.turn');
    await sound(page, 'redacted');
    await picture(page, 'redacted');
    await page.click('text=Transcript as it is');
    await page.waitForSelector('h1:text("Transcript")');
    await sound(page, 'transcript');
    await page.goto(base + '/safety/permits');
    await sound(page, 'permits');
    await picture(page, 'permits');
    await page.click('text=Sign out');
    same(new URL(page.url()).pathname, '/sign-in', 'signing out leads to');
    await page.goto(base + '/safety');
    same(new URL(page.url()).pathname, '/sign-in', 'signed out again');
  },
  'the other pages, light, dark and on a phone': async () => {
    for (const options of [{}, { dark: true }, { width: 390, height: 800, touch: true }]) {
      const kind = options.dark ? 'dark' : options.width ? 'phone' : 'light';
      const page = await openPage(browser, options);
      await signIn(page, 'safety');
      for (const at of ['classifier', 'coordinated', 'group/1', 'watches', 'cluster/1']) {
        await page.goto(`${base}/safety/${at}`);
        await sound(page, `${at}, ${kind}`);
        await picture(page, `${at.replace('/', '-')}-${kind}`);
        if (at === 'classifier') {
          check((await page.locator('circle.dot').count()) > 3, 'dots are drawn');
          check((await page.locator('circle.missed').count()) > 0, 'missed ones are told apart');
        }
        if (kind === 'phone' && at === 'coordinated') {
          const rows = await page.locator('tbody tr').evaluateAll((list) =>
            list.map((row) => row.getBoundingClientRect().height),
          );
          check(rows.length > 3, 'groups are listed');
          // the first is the longest text that tests have
          check(Math.max(...rows.slice(1)) < 100, `rows are ${rows.map(Math.round)} px high`);
        }
        if (at === 'group/1') await timePlot(page, kind);
        if (at === 'watches') await questions(page, kind);
      }
      await page.goto(base + '/explore');
      await page.waitForSelector('#main');
      noFaults(page, 'the atlas, signed in');
      await page.context().close();
    }
  },
  'pages can be used by everybody': async () => {
    // The policy lets no script run, so the checker needs a context that ignores it.
    const context = await browser.newContext({ bypassCSP: true });
    const page = await context.newPage();
    await page.goto(base + '/sign-in');
    await accessible(page, 'sign-in');
    await signIn(page, 'safety');
    const pages = ['/classifier', '/coordinated', '/group/1', '/cluster/2', '/watches', '/permits'];
    for (const at of ['', ...pages]) {
      await page.goto(`${base}/safety${at}`);
      await accessible(page, '/safety' + at);
    }
    await context.close();
  },
  'a viewer finds nothing': async () => {
    const page = await openPage(browser);
    await signIn(page, 'viewer');
    same(new URL(page.url()).pathname, '/', 'a viewer begins at');
    const texts = new Set();
    for (const at of ['/safety', '/safety/log', '/safety/cluster/1', '/nothing']) {
      const answer = await page.goto(base + at);
      same(answer.status(), 404, at);
      texts.add(await answer.text());
    }
    same(texts.size, 1, 'different answers');
  },
});
await browser.close();
process.exit(failed ? 1 : 0);
