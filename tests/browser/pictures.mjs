// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/images, from an atlas of real conversations and from the made-up world.
// Usage: node pictures.mjs REAL_REPORT WORLD_REPORT OUT_DIRECTORY
import { noFaults, openBrowser, openPage, visit } from './lib.mjs';

const [real, world, out] = process.argv.slice(2);
const browser = await openBrowser();
const size = { width: 1280, height: 800 };

// Goes to a group by its name in the tree, so that the picture does not hang on numbers.
async function choose(page, nth) {
  await page.locator('[role=treeitem]').nth(nth).click();
  await page.waitForSelector('.cluster h2.big');
  await page.waitForTimeout(400);
}
async function take(name, file, view, options = {}, prepare = null) {
  const page = await openPage(browser, { ...size, ...options });
  await visit(page, 'file://' + file, view);
  if (prepare) await prepare(page);
  noFaults(page, name);
  await page.screenshot({ path: `${out}/${name}.png` });
  await page.context().close();
}

await take('overview', real, '');
await take('explore', real, 'explore', {}, (page) => choose(page, 1));
await take('explore-dark', real, 'explore', { dark: true });
await take('phone', real, 'explore', { width: 360, height: 720 });
await take('facets', real, 'facets');
await take('languages', world, 'languages?language=Spanish');
await take('time', world, 'time');
await take('compare', world, 'compare');
await browser.close();
