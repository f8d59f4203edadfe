// SPDX-License-Identifier: Apache-2.0
// Our map beside a DataMapPlot page of the same points, in one headless Chromium on a machine
// without a GPU, each with the flags it needs there (theirs needs WebGL, drawn by the CPU): until
// the points stand, frames a second while the whole map is dragged, delay of what is typed into the
// search, kB on the wire when all is packed by gzip. The sides take turns. Prints "side name value
// unit" lines, medians of ROUNDS (3) rounds.
// Usage: node map_peer.mjs SERVER_URL PEER.html DIR_OF_NPM_PACKAGES
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { browserPath } from '../tests/browser/lib.mjs';

const [server, peer, packages] = process.argv.slice(2);
const web = fileURLToPath(new URL('../web/', import.meta.url));
const { chromium } = createRequire(web + 'package.json')('playwright-core');
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
// What the peer's page fetches from unpkg.com comes from these files instead.
const libraries = {
  'deck.gl': `${packages}/deck.gl/dist.min.js`,
  'apache-arrow': `${packages}/apache-arrow/Arrow.es2015.min.js`,
};

const p95 = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length * 0.95)] ?? 0;

async function round({ url, search, ready, flags }) {
  const browser = await chromium.launch({
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
      ...flags,
    ],
  });
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  await page.route('**/*', async (route) => {
    const address = route.request().url();
    if (/^(file:|data:|blob:|http:\/\/127\.0\.0\.1)/.test(address)) return route.continue();
    const name = Object.keys(libraries).find((key) => address.includes(`/${key}@`));
    if (!name) return route.abort();
    return route.fulfill({
      contentType: 'text/javascript',
      headers: { 'access-control-allow-origin': '*' },
      body: await readFile(libraries[name]),
    });
  });
  page.setDefaultTimeout(240000); // theirs takes long where it has no GPU
  await page.addInitScript(() => {
    window.delays = [];
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) window.delays.push(e.processingStart - e.startTime);
    }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  });
  await page.goto(url);
  const first = await (
    await page.waitForFunction(ready, null, { polling: 20 })
  ).jsonValue();
  await page.waitForTimeout(1500);
  const box = await page.locator('canvas').first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  await page.evaluate(() => {
    window.frames_at = [];
    const tick = (now) => {
      window.frames_at.push(now);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await page.mouse.down();
  const end = Date.now() + 2500;
  for (let i = 0; Date.now() < end; i++)
    await page.mouse.move(x + 160 * Math.cos(i / 6), y + 120 * Math.sin(i / 6));
  await page.mouse.up();
  const frames = await page.evaluate(() => {
    const at = window.frames_at;
    return at.length ? (at.length * 1000) / (performance.now() - at[0]) : 0;
  });
  await page.evaluate(() => void (window.delays.length = 0));
  await page.locator(search).first().focus();
  await page.keyboard.type('travel python', { delay: 60 });
  await page.waitForTimeout(600);
  const delay = p95(await page.evaluate(() => window.delays));
  await browser.close();
  return { first, frames, delay };
}

const packed = async (path) => gzipSync(await readFile(path), { level: 9 }).length;
let weight = 0;
for (const path of ['explore', 'explorer.js', 'explorer.css', 'explore.json']) {
  const answer = await fetch(server + path);
  weight += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
}
const sides = [
  {
    name: 'ours',
    url: server + 'explore',
    search: '#search',
    ready: () => {
      const canvas = document.querySelector('canvas');
      if (!canvas?.width) return 0;
      const { data } = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1);
      return data.some((v) => v > 0) ? performance.now() : 0;
    },
    weight,
    flags: ['--disable-gpu'],
    rounds: [],
  },
  {
    name: 'datamapplot',
    url: 'file://' + peer,
    search: '#text-search',
    ready: () => {
      const loading = document.getElementById('loading');
      const gone = !loading || getComputedStyle(loading).display === 'none';
      return gone && document.querySelector('canvas')?.width ? performance.now() : 0;
    },
    weight:
      (await packed(peer)) +
      (await packed(libraries['deck.gl'])) +
      (await packed(libraries['apache-arrow'])),
    flags: ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
    rounds: [],
  },
];
for (let i = 0; i < ROUNDS; i++) for (const side of sides) side.rounds.push(await round(side));
for (const { name, rounds, weight: bytes } of sides) {
  const of = (key) => median(rounds.map((r) => r[key])).toFixed(0);
  console.log(`${name} points-stand ${of('first')} ms`);
  console.log(`${name} frames ${of('frames')} frames/s`);
  console.log(`${name} typing-delay-p95 ${of('delay')} ms`);
  console.log(`${name} weight ${Math.round(bytes / 1000)} kB`);
}
