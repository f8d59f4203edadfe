// SPDX-License-Identifier: Apache-2.0
// Figures of the explorer in headless Chromium without a GPU: weight, first meaningful paint, delay
// of input, frames a second while the map is dragged. Prints "name value unit" lines, each the
// median of ROUNDS (5) rounds. Usage: node figures.mjs SERVER_URL
import { openBrowser } from './lib.mjs';

const [server] = process.argv.slice(2);
const ROUNDS = Number(process.env.ROUNDS ?? 5);
const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
const p95 = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length * 0.95)] ?? 0;

// `weighs`: counts what comes over the net, which takes time of its own.
async function round(weighs) {
  const browser = await openBrowser();
  const page = await (
    await browser.newContext({ viewport: { width: 1440, height: 900 } })
  ).newPage();
  const client = await page.context().newCDPSession(page);
  if (weighs) await client.send('Network.enable');
  const sizes = { page: 0, data: 0 };
  const kinds = new Map();
  client.on('Network.responseReceived', (e) => kinds.set(e.requestId, e.response.url));
  client.on('Network.loadingFinished', (e) => {
    const data = kinds.get(e.requestId)?.endsWith('.json');
    sizes[data ? 'data' : 'page'] += e.encodedDataLength;
  });
  // Watched from within the page: the driver's own code takes a tenth of a second to come in. Tree
  // and circles are painted when the frame after the one that has them begins.
  await page.addInitScript(() => {
    const look = () => {
      const canvas = document.querySelector('canvas');
      const there = canvas?.width && document.querySelector('[role=treeitem]');
      const line = there
        ? canvas.getContext('2d').getImageData(0, canvas.height / 2, canvas.width, 1).data
        : [];
      const done = () => (window.painted = performance.now());
      requestAnimationFrame(line.some((v) => v > 0) ? done : look);
    };
    requestAnimationFrame(look);
    window.delays = [];
    new PerformanceObserver((list) => {
      for (const e of list.getEntries()) window.delays.push(e.processingStart - e.startTime);
    }).observe({ type: 'event', durationThreshold: 16, buffered: true });
  });
  await page.goto(server + 'explore');
  await page.waitForFunction(() => window.painted);
  const first = await page.evaluate(() => window.painted);
  await page.waitForTimeout(600);

  const box = await page.locator('canvas').boundingBox();
  await page.locator('canvas').focus();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  for (let i = 0; i < 4; i++) await page.keyboard.press('+');
  await page.waitForTimeout(500);
  await page.evaluate(() => {
    window.delays.length = 0;
    window.frames_at = [];
    const tick = (now) => {
      window.frames_at.push(now);
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  });
  await page.mouse.down();
  const end = Date.now() + 2500;
  for (let i = 0; Date.now() < end; i++) {
    const angle = i / 6;
    await page.mouse.move(
      box.x + box.width / 2 + 160 * Math.cos(angle),
      box.y + box.height / 2 + 120 * Math.sin(angle),
    );
  }
  await page.mouse.up();
  const frames = await page.evaluate(() => {
    const at = window.frames_at;
    return ((at.length - 1) * 1000) / (at[at.length - 1] - at[0]);
  });
  for (const letter of 'travel python') {
    await page.keyboard.press('/');
    await page.keyboard.type(letter);
  }
  await page.waitForTimeout(400);
  const delay = p95(await page.evaluate(() => window.delays));
  await browser.close();
  return { first, frames, delay, page: sizes.page / 1000, data: sizes.data / 1000 };
}

const { page, data } = await round(true);
const rounds = [];
for (let i = 0; i < ROUNDS; i++) rounds.push(await round(false));
const of = (key) => median(rounds.map((r) => r[key]));
console.log(`first-paint ${of('first').toFixed(0)} ms`);
console.log(`frames-while-panning ${of('frames').toFixed(0)} frames/s`);
console.log(`input-delay-p95 ${of('delay').toFixed(0)} ms`);
console.log(`page-weight ${page.toFixed(0)} kB`);
console.log(`data-weight ${data.toFixed(0)} kB`);
