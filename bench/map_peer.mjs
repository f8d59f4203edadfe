// SPDX-License-Identifier: Apache-2.0
// Our map beside a DataMapPlot page of the same points, in one headless Chromium on a machine
// without a GPU, each with the flags it needs there (theirs needs WebGL, drawn by the CPU): until
// the points stand, frames a second while panning, kB on the wire when all is packed by gzip.
// Prints "side name value unit" lines, medians of three rounds.
// Usage: node map_peer.mjs SERVER_URL PEER.html DIR_OF_NPM_PACKAGES
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { browserPath } from '../tests/browser/lib.mjs';

const [server, peer, packages] = process.argv.slice(2);
const web = fileURLToPath(new URL('../web/', import.meta.url));
const { chromium } = createRequire(web + 'package.json')('playwright-core');
const ROUNDS = 3;
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
// What the peer's page fetches from unpkg.com comes from these files instead.
const libraries = {
  'deck.gl': `${packages}/deck.gl/dist.min.js`,
  'apache-arrow': `${packages}/apache-arrow/Arrow.es2015.min.js`,
};

async function round(url, canvas, ready, flags) {
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
  page.setDefaultTimeout(60000);
  await page.goto(url);
  const first = await (
    await page.waitForFunction(ready, null, { polling: 20, timeout: 60000 })
  ).jsonValue();
  await page.waitForTimeout(1500);
  const box = await page.locator(canvas).first().boundingBox();
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  await page.mouse.move(x, y);
  if (url.startsWith('http')) {
    await page.locator(canvas).first().focus();
    for (let i = 0; i < 4; i++) await page.keyboard.press('+');
  } else for (let i = 0; i < 4; i++) await page.mouse.wheel(0, -120);
  await page.waitForTimeout(1500);
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
    return ((at.length - 1) * 1000) / (at[at.length - 1] - at[0]);
  });
  await browser.close();
  return { first, frames };
}

async function side(name, url, canvas, ready, weight, flags) {
  const rounds = [];
  for (let i = 0; i < ROUNDS; i++) rounds.push(await round(url, canvas, ready, flags));
  console.log(`${name} points-stand ${median(rounds.map((r) => r.first)).toFixed(0)} ms`);
  console.log(`${name} frames ${median(rounds.map((r) => r.frames)).toFixed(0)} frames/s`);
  console.log(`${name} weight ${Math.round(weight / 1000)} kB`);
}

const packed = async (path) => gzipSync(await readFile(path), { level: 9 }).length;
let ours = 0;
for (const path of ['explore', 'explorer.js', 'explorer.css', 'explore.json']) {
  const answer = await fetch(server + path);
  ours += gzipSync(Buffer.from(await answer.arrayBuffer()), { level: 9 }).length;
}
await side(
  'ours',
  server + 'explore',
  'canvas',
  () => {
    const canvas = document.querySelector('canvas');
    if (!canvas?.width) return 0;
    const { data } = canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1);
    return data.some((v) => v > 0) ? performance.now() : 0;
  },
  ours,
  ['--disable-gpu'],
);
await side(
  'datamapplot',
  'file://' + peer,
  'canvas',
  () => {
    const loading = document.getElementById('loading');
    const gone = !loading || getComputedStyle(loading).display === 'none';
    return gone && document.querySelector('canvas')?.width ? performance.now() : 0;
  },
  (await packed(peer)) +
    (await packed(libraries['deck.gl'])) +
    (await packed(libraries['apache-arrow'])),
  ['--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist'],
);
