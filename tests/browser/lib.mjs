// SPDX-License-Identifier: Apache-2.0
// For tests in a real Chromium: opens pages with a fresh profile, notes every error of a page and
// every request that would leave this machine, and stops at the first thing that does not hold.
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const web = fileURLToPath(new URL('../../web/', import.meta.url));
const require = createRequire(web + 'package.json');
const { chromium } = require('playwright-core');
export const axePath = require.resolve('axe-core/axe.min.js');

export const browserPath = ['/usr/bin/chromium', '/usr/bin/chromium-browser'].find(existsSync);

export async function openBrowser() {
  return chromium.launch({
    executablePath: browserPath,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

export function check(holds, text) {
  if (!holds) throw new Error('FAIL: ' + text);
}
export function same(found, wanted, text) {
  check(String(found) === String(wanted), `${text}: ${found}, wanted ${wanted}`);
}

// A page that reports: faults are errors of scripts, messages of the console, outside requests.
export async function openPage(browser, options = {}) {
  const context = await browser.newContext({
    viewport: { width: options.width ?? 1440, height: options.height ?? 900 },
    colorScheme: options.dark ? 'dark' : 'light',
    reducedMotion: 'reduce',
    hasTouch: !!options.touch,
  });
  const page = await context.newPage();
  page.faults = [];
  page.setDefaultTimeout(10000);
  page.on('pageerror', (error) => page.faults.push('error: ' + error.message));
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) page.faults.push(message.text());
  });
  page.on('dialog', (dialog) => {
    page.faults.push('dialog: ' + dialog.message());
    void dialog.dismiss();
  });
  await context.route('**/*', (route) => {
    const url = route.request().url();
    if (/^(file|data|blob):/.test(url) || /^http:\/\/127\.0\.0\.1[:/]/.test(url)) {
      void route.continue();
    } else {
      page.faults.push('outside request: ' + url);
      void route.abort();
    }
  });
  return page;
}

// The address of a view in either form: a server (http://…/) or a file (file://….html).
export function addressOf(base, view) {
  return base.startsWith('file:') ? `${base}#${view}` : base + view;
}
export async function visit(page, base, view) {
  await page.goto('about:blank');
  await page.goto(addressOf(base, view));
  await page.waitForSelector('#main');
  await page.waitForFunction(() => !document.querySelector('.skeleton'));
  await page.waitForTimeout(250);
}
export function noFaults(page, where) {
  check(page.faults.length === 0, `${where}: ${page.faults.slice(0, 3).join(' | ')}`);
}

export async function runTests(tests) {
  const wanted = process.env.ONLY;
  let failed = 0;
  for (const [name, test] of Object.entries(tests)) {
    if (wanted && !name.includes(wanted)) continue;
    const start = Date.now();
    try {
      await test();
      console.log(`ok    ${name} (${Date.now() - start} ms)`);
    } catch (error) {
      failed++;
      console.log(`FAIL  ${name}: ${error.message}`);
    }
  }
  return failed;
}
