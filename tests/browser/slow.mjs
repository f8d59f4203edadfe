// SPDX-License-Identifier: Apache-2.0
// On a slow connection a load shows how much of it is here; on a fast one nothing flashes.
// Usage: node slow.mjs SERVER_URL   of an atlas of 15,000 base clusters, so that its index is
// longer than the script
import { check, noFaults, openBrowser, openPage, runTests, same } from './lib.mjs';

const [server] = process.argv.slice(2);
const browser = await openBrowser();

// Bytes a second.
async function slowDown(page, speed) {
  const devices = await page.context().newCDPSession(page);
  await devices.send('Network.enable');
  await devices.send('Network.emulateNetworkConditions', {
    offline: false,
    latency: 20,
    downloadThroughput: speed,
    uploadThroughput: -1,
  });
}
// Notes all that the bar says until the content is there: [share, text] by turns.
async function watchBar(page, content) {
  const seen = [];
  for (let i = 0; i < 600; i++) {
    const now = await page.evaluate(
      ([content]) => {
        const bar = document.querySelector('.skeleton progress');
        if (bar) return { value: bar.value, of: bar.max, text: bar.nextSibling.textContent };
        return document.querySelector(content) ? 'there' : 'nothing';
      },
      [content],
    );
    if (now === 'there') return seen;
    if (now !== 'nothing' && now.text !== seen.at(-1)?.text) seen.push(now);
    await page.waitForTimeout(50);
  }
  check(false, `${content} never comes; seen: ${JSON.stringify(seen)}`);
}
// It rises from little to nearly all, in steps, and the words say the same as the bar.
async function looks(seen, path, first) {
  const answer = await (await fetch(server + path)).text();
  const size = (Buffer.byteLength(answer) / 1e6).toFixed(1) + ' MB';
  check(seen.length >= 3, `${path}: the bar stood ${seen.length} times: ${JSON.stringify(seen)}`);
  seen.forEach(({ value, of, text }, i) => {
    check(value >= (seen[i - 1]?.value ?? 0) && value <= of, `${path}: ${value} of ${of}`);
    same(text, `${Math.floor((100 * value) / of)} % of ${size}`, path);
  });
  check(seen[0].value < first && seen.at(-1).value > 0.7, `${path}: ${JSON.stringify(seen)}`);
}
// A new page; `speed` 0: as fast as it goes.
const fresh = async (speed) => {
  const page = await openPage(browser);
  page.setDefaultTimeout(60000);
  if (speed) await slowDown(page, speed);
  return page;
};

const tests = {
  'the atlas comes slowly: how much of it is here': async () => {
    const page = await fresh(25000);
    await page.goto(server, { waitUntil: 'commit' });
    // while the script comes the index comes, too
    await looks(await watchBar(page, '#main h1'), 'explore.json', 0.85);
    noFaults(page, 'slow atlas');
    await page.context().close();
  },

  'a part of it comes slowly: the same in its place': async () => {
    const page = await fresh(0);
    await page.goto(server + 'about');
    await page.waitForSelector('#main h1, #main h2');
    await slowDown(page, 100000);
    await page.locator('.bar nav a', { hasText: 'Languages' }).click();
    check(await page.locator('.bar nav').isVisible(), 'the page around it is gone');
    await looks(await watchBar(page, '.columns .plot'), 'facets.json', 0.5);
    noFaults(page, 'slow cells');
    await page.context().close();
  },

  'before the script is here the outline of a page is': async () => {
    const page = await fresh(20000);
    await page.goto(server, { waitUntil: 'commit' });
    await page.waitForSelector('.skeleton span');
    const sizes = await page
      .locator('.skeleton span')
      .evaluateAll((list) => list.map((s) => [s.offsetHeight, s.offsetWidth > 200]));
    check(sizes.length > 4 && sizes.every(([h, wide]) => h === 12 && wide), `lines ${sizes}`);
    const come = await page.evaluate(() =>
      performance.getEntriesByType('resource').some((part) => /explorer\.js/.test(part.name)),
    );
    check(!come, 'the script was here before');
    await page.context().close();
  },

  'what comes at once shows no bar': async () => {
    const page = await fresh(0);
    await page.addInitScript(() => {
      window.bars = 0;
      new MutationObserver(() => {
        window.bars += document.querySelectorAll('.skeleton progress').length;
      }).observe(document, { childList: true, subtree: true });
    });
    await page.goto(server);
    await page.waitForSelector('#main h1');
    same(await page.evaluate(() => window.bars), 0, 'bars');
    await page.context().close();
  },
};

const failed = await runTests(tests);
await browser.close();
process.exit(failed ? 1 : 0);
