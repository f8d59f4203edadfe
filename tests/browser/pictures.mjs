// SPDX-License-Identifier: Apache-2.0
// The pictures of docs/images, from an atlas of real conversations, from the made-up world and from
// one that grew by `clio append`; packed by pngquant (Debian), where it is there, to 256 colours.
// Fonts for Korean and the like: fonts-noto-cjk.
// Usage: node pictures.mjs REAL_REPORT WORLD_REPORT GROWN_REPORT OUT_DIRECTORY
import { execFileSync } from 'node:child_process';
import { noFaults, openBrowser, openPage, visit } from './lib.mjs';

const [real, world, grown, out] = process.argv.slice(2);
const browser = await openBrowser();
const size = { width: 1280, height: 800 };

// Goes to the largest group by its place in the tree, so that the picture does not hang on numbers.
async function chooseFirst(page) {
  await page.locator('[role=treeitem]').first().click();
  await page.waitForSelector('.cluster h2.big');
  await page.waitForTimeout(400);
}
async function take(name, file, view, options = {}, prepare = null) {
  const page = await openPage(browser, { ...size, ...options });
  await visit(page, 'file://' + file, view);
  if (prepare) await prepare(page);
  noFaults(page, name);
  const path = `${out}/${name}.png`;
  await page.screenshot({ path });
  try {
    execFileSync('pngquant', ['--force', '--strip', '--speed', '1', '--output', path, path]);
  } catch (error) {
    if (error.code !== 'ENOENT') throw error; // not installed: they are larger
  }
  await page.context().close();
}

await take('overview', real, '');
await take('explore', real, 'explore', {}, chooseFirst);
await take('explore-dark', real, 'explore', { dark: true });
await take('phone', real, 'explore', { width: 360, height: 720 });
await take('phone-overview', real, '', { width: 360, height: 720 });
await take('about', real, 'about', { height: 900 });
await take('facets', real, 'facets');
await take('pair', world, 'facets?facet=language&against=turns&value=Japanese', { height: 1000 });
await take('languages', world, 'languages?language=Spanish');
await take('time', world, 'time?over=half', { height: 1000 });
await take('compare', world, 'compare');
await take('area', real, 'explore?by=is%3Acoherence&area=0.45,0.02;0.97,0.02;0.97,0.4;0.45,0.4');
await take('classifier', world, 'explore?by=classifier:flagged');
await take('lineage', grown, 'lineage');
await browser.close();
