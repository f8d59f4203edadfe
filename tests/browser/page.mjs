// SPDX-License-Identifier: Apache-2.0
// The explorer in a real browser, over a server and over the one-file report of the same atlas of a
// made-up world. What holds for every view over any atlas: views.mjs.
// Usage: node page.mjs SERVER_URL REPORT_FILE REPORT_OF_MANY_SCRIPTS REPORT_THAT_GREW
import { readFile } from 'node:fs/promises';
import { axePath, check, noFaults, openBrowser, openPage, runTests, same, visit } from './lib.mjs';

const [server, file, scripts, grown] = process.argv.slice(2);
const report = 'file://' + file;
const browser = await openBrowser();
const views = ['', 'explore', 'facets', 'languages', 'time', 'compare', 'about'];

const slopes = 'compare?a=language%3ASpanish&b=language%3AGerman&level=3';

const overflow = (page) =>
  page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
// Words of charts that begin or end outside of their drawing.
const cutOff = () =>
  [...document.querySelectorAll('svg.plot, svg.lives')].flatMap((svg) => {
    const { left, right } = svg.getBoundingClientRect();
    return [...svg.querySelectorAll('text')]
      .filter((text) => {
        const box = text.getBoundingClientRect();
        return box.width && (box.left < left - 1 || box.right > right + 1);
      })
      .map((text) => text.textContent);
  });
const rows = (page) => page.locator('[role=treeitem]');
const chosen = (page) => page.locator('[role=treeitem][aria-selected=true]');
// How much of the map is painted, as the share of its pixels that are not empty.
const painted = (page) =>
  page.evaluate(() => {
    const canvas = document.querySelector('canvas');
    const { width, height } = canvas;
    const data = canvas.getContext('2d').getImageData(0, 0, width, height).data;
    let n = 0;
    for (let i = 3; i < data.length; i += 4) n += data[i] > 0;
    return n / (width * height);
  });

async function everyView(base, options, look) {
  const page = await openPage(browser, options);
  for (const view of views) {
    await visit(page, base, view);
    await look(page, view || 'overview');
    noFaults(page, view || 'overview');
  }
  await page.context().close();
}

// What a panel says when all that it fetches has come: the same for a second.
async function settledText(panel) {
  let text = '';
  for (let n = 0; n < 4; ) {
    const now = await panel.innerText();
    n = now === text ? n + 1 : 0;
    text = now;
    await panel.page().waitForTimeout(250);
  }
  return text;
}

const tests = {
  'each view opens from disk and says the same': async () => {
    const here = await openPage(browser);
    const there = await openPage(browser);
    for (const view of views) {
      await visit(here, server, view);
      await visit(there, report, view);
      const [a, b] = await Promise.all([here, there].map((p) => p.locator('main').innerText()));
      same(b, a, `${view || 'overview'} differs between report and server`);
      noFaults(there, view);
    }
    await here.context().close();
    await there.context().close();
  },

  'a choice in the tree shows in map, panel and address; back takes it away': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    check((await painted(page)) > 0.05, 'the map is empty');
    const row = rows(page).nth(1);
    const name = await row.locator('.name').innerText();
    await row.click();
    await page.waitForSelector('.cluster h2.big');
    same(await page.locator('.cluster h2.big').innerText(), name, 'panel');
    check(/group=\d+/.test(page.url()), 'the address does not name the group');
    await page.goBack();
    same(await chosen(page).count(), 0, 'chosen after going back');
    noFaults(page, 'explore');
    await page.context().close();
  },

  'a click on a circle chooses it, its branch opens in the tree': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    const box = await page.locator('canvas').boundingBox();
    let found = false;
    for (let y = 60; y < box.height && !found; y += 18)
      for (let x = 40; x < box.width - 60 && !found; x += 18) {
        await page.mouse.move(box.x + x, box.y + y);
        found = (await page.locator('.card').count()) > 0;
      }
    check(found, 'no circle shows a card');
    const name = await page.locator('.card b').innerText();
    await page.mouse.down();
    await page.mouse.up();
    await page.waitForSelector('.cluster h2.big');
    same(await page.locator('.cluster h2.big').innerText(), name, 'panel');
    same(await chosen(page).count(), 1, 'chosen lines of the tree');
    await page.context().close();
  },

  'the tree works by keyboard alone; Escape steps back out': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    await rows(page).first().focus();
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.cluster h2.big');
    same(await chosen(page).count(), 1, 'chosen');
    const level = await chosen(page).getAttribute('aria-level');
    check(Number(level) >= 2, 'no level to step out of');
    await page.evaluate((times) => {
      for (let i = 0; i < times; i++)
        document.dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }));
    }, Number(level)); // faster than the page is drawn
    await page.waitForFunction(() => !document.querySelector('[aria-selected="true"]'));
    await page.keyboard.press('End');
    await page.keyboard.press('Home');
    const first = await page.evaluate(() => document.activeElement.getAttribute('aria-label'));
    same(first, await rows(page).first().getAttribute('aria-label'), 'focus after Home');
    await page.context().close();
  },

  'the map moves and zooms by keyboard, and the address follows': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    await page.locator('canvas').focus();
    for (const key of ['+', '+', '+', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
    await page.waitForFunction(
      () => Number(new URLSearchParams(location.search).get('at')?.split(',')[0]) > 2,
    ); // a slow machine writes the address key by key
    await page.keyboard.press('Enter');
    await page.waitForSelector('text=Selected area');
    const [, part] = /(\d+) groups? of the map/.exec(await page.locator('.detail').innerText());
    check(Number(part) > 0 && Number(part) < 200, `${part} groups in what the map shows`);
    await page.keyboard.press('Escape');
    await page.waitForFunction(() => !location.search.includes('area='));
    await page.locator('canvas').focus();
    await page.keyboard.press('0');
    await page.waitForFunction(() => !location.search.includes('at='));
    await page.context().close();
  },

  'a permalink brings back group, colour and place': async () => {
    for (const base of [server, report]) {
      const page = await openPage(browser);
      await visit(page, base, 'explore');
      await rows(page).first().click();
      await page.selectOption('.select select', { index: 1 }).catch(() => {});
      const colours = page.locator('.select select option:not([disabled])');
      const by = await colours.last().getAttribute('value');
      await page.selectOption('.select select', by);
      await page.getByLabel('Closer').click();
      await page.waitForFunction(() => location.href.includes('at='));
      const address = page.url();
      const [title, map] = [
        await page.locator('.cluster h2.big').innerText(),
        await painted(page),
      ];
      const other = await openPage(browser);
      await other.goto(address);
      await other.waitForSelector('.cluster h2.big');
      await other.waitForTimeout(400);
      same(await other.locator('.cluster h2.big').innerText(), title, 'group');
      same(await other.locator('.select select').inputValue(), by, 'colour');
      same((await painted(other)).toFixed(2), map.toFixed(2), 'map');
      await page.context().close();
      await other.context().close();
    }
  },

  'search finds as you type, by keyboard, and offers near titles': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    const title = (await rows(page).first().locator('.name').innerText()).split(/\W+/)[0];
    await page.keyboard.press('/');
    same(await page.evaluate(() => document.activeElement.id), 'search', 'focus after /');
    await page.keyboard.type(title);
    await page.waitForSelector('#search-list [role=option]');
    const lines = await page.locator('#search-list .part').evaluateAll((list) =>
      list.map((part) => {
        const range = document.createRange();
        range.selectNodeContents(part);
        return range.getClientRects().length;
      }),
    );
    same(Math.max(...lines), 1, 'lines of a share');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.cluster h2.big');
    await page.keyboard.press('/');
    await page.keyboard.type('qqzzxx');
    await page.waitForSelector('.hits [role=status]');
    same(await page.locator('#search-list [role=option]').count(), 0, 'found for nonsense');
    await page.locator('#search').fill('');
    await page.locator('#search').type(title.slice(0, -1) + 'q');
    await page.waitForTimeout(200);
    noFaults(page, 'search');
    await page.context().close();
  },

  'search keeps every letter at the speed of a hand; the address and back follow': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    await page.keyboard.press('/');
    const text = 'find a job interview';
    for (let i = 0; i < text.length; i++) {
      await page.keyboard.type(text[i]);
      await page.waitForTimeout(60 + ((i * 37) % 70));
    }
    await page.waitForFunction(() => location.search.endsWith('interview'));
    same(await page.locator('#search').inputValue(), text, 'typed');
    await page.locator('.filter button').click();
    same(await page.locator('#search').inputValue(), '', 'cleared');
    await page.context().close();
  },

  'an area drawn on the map is summed up; its address brings it back': async () => {
    for (const name of ['Select an area', 'Select a rectangle']) {
      const page = await openPage(browser);
      await visit(page, server, 'explore');
      const box = await page.locator('canvas').boundingBox();
      await page.getByLabel(name).click();
      await page.mouse.move(box.x + 5, box.y + 5);
      await page.mouse.down();
      const corners =
        name === 'Select an area'
          ? [
              [0.95, 0.02],
              [0.95, 0.97],
              [0.02, 0.97],
            ]
          : [[0.6, 0.6]];
      for (const [x, y] of corners)
        await page.mouse.move(box.x + x * box.width, box.y + y * box.height, { steps: 4 });
      await page.mouse.up();
      await page.waitForSelector('text=Selected area');
      const text = await settledText(page.locator('.detail'));
      check(/[\d,]+ groups? of the map/.test(text), `summary: ${text.slice(0, 90)}`);
      check(/Main groups in it/.test(text), 'no main groups in the summary');
      const other = await openPage(browser);
      await other.goto(page.url());
      await other.waitForSelector('text=Selected area');
      same(await settledText(other.locator('.detail')), text, 'area from its address');
      await page.goBack();
      same(await page.locator('text=Selected area').count(), 0, 'area after going back');
      await page.context().close();
      await other.context().close();
    }
  },

  'search by meaning: words that no title has lead to groups alike in meaning': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    for (let i = 0; i < 100; i++) {
      const { ready } = await page.evaluate(async () => (await fetch('/search.json?q=x')).json());
      if (ready) break;
      await page.waitForTimeout(200);
    }
    await page.locator('#search').fill('cuisine');
    await page.waitForSelector('#search-list [role=option]');
    check(
      (await page.locator('.hits [role=status]').innerText()).includes('Alike in meaning'),
      'not said that these are alike in meaning only',
    );
    const found = await page.locator('#search-list').innerText();
    check(/recipe|cook|food|garlic/i.test(found), `found for cuisine: ${found.slice(0, 200)}`);
    const made = await page.evaluate(async () => (await fetch('/search.json?q=zzzzqqqq')).json());
    same(made.hits.length, 0, 'groups alike in meaning to zzzzqqqq');
    await page.keyboard.press('Enter');
    await page.waitForSelector('.cluster h2.big');
    noFaults(page, 'search by meaning');
    await page.context().close();
  },

  'colours: coherence and language where the release has them, others greyed': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore?by=is:coherence');
    await page.waitForSelector('.legend');
    check(
      /alike.*0\.\d\d/s.test(await page.locator('.legend').innerText()),
      'no legend of coherence',
    );
    await visit(page, server, 'explore?by=language:Spanish');
    check((await page.locator('.legend').innerText()).includes('Spanish'), 'no legend');
    await visit(page, server, 'explore?by=is:concern');
    const [low, high] = await page.locator('.legend span').first().locator('small').allInnerTexts();
    check(high - low >= 0.99, `grades from ${low} to ${high} fill the whole ramp`);
    await visit(page, server, 'explore?by=language:Japanese');
    const grey = page.locator('.legend .grey');
    check((await grey.innerText()).includes('too few people'), 'no word on grey circles');
    await visit(page, server, 'explore?by=classifier:flagged');
    check(
      /flagged by a classifier.*\d\s%/s.test(await page.locator('.legend').innerText()),
      'no legend of the classifier',
    );
    await visit(page, `file://${scripts}`, 'explore');
    const off = page.locator('.select option[disabled]', { hasText: 'classifier rate' });
    check((await off.innerText()).includes('no classifier in this release'), 'not greyed');
    noFaults(page, 'colours');
    await page.context().close();
  },

  'two atlases are compared on list, map and tree': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'compare');
    await page.waitForSelector('text=Only in this atlas');
    same(await page.locator('.select select').first().inputValue(), 'atlas:this', 'first side');
    check((await page.locator('.plot circle').count()) > 8, 'no groups beside each other');
    check((await page.locator('.page > .tree [role=treeitem]').count()) > 2, 'no tree');
    const words = await page.locator('.page > .tree').innerText();
    check(/[+−]\d+\.\d points/.test(words), `tree: ${words.slice(0, 120)}`);
    check((await painted(page)) > 0.05, 'the map is empty');
    const room = await page.locator('.select select').evaluateAll((list) =>
      list.map((box) => {
        const pen = document.createElement('canvas').getContext('2d');
        pen.font = getComputedStyle(box).font;
        return box.clientWidth - pen.measureText(box.selectedOptions[0].text).width;
      }),
    );
    check(Math.min(...room) > 24, `a choice is cut off: room ${room}`);
    await visit(page, `file://${grown}`, 'compare');
    const none = await page.locator('.empty').innerText();
    check(/in both atlases/.test(none) && !/people/.test(none), `nothing is alike: ${none}`);
    check(await page.getByRole('button', { name: 'main groups' }).isVisible(), 'no sizes');
    noFaults(page, 'compare');
    await page.context().close();
  },

  'lineage: what became of whom, as lines, words and a table; else no link': async () => {
    const page = await openPage(browser);
    await visit(page, report, '');
    same(await page.locator('nav a', { hasText: 'Lineage' }).count(), 0, 'a link to nothing');
    await visit(page, report, 'lineage');
    check((await page.locator('.empty').innerText()).includes('one release'), 'not said');
    await visit(page, `file://${grown}`, '');
    await page.locator('nav a', { hasText: 'Lineage' }).click();
    await page.waitForSelector('.lives');
    same(await page.locator('.lives .life').count(), 5, 'lines');
    same(await page.locator('.lives .life.gone').count(), 2, 'lines of those that are gone');
    same(await page.locator('.lives path').count(), 2, 'arcs of the split and the merger');
    const words = await page.locator('.releases').innerText();
    const wanted = [' is shown for the first time', ' split off from ', ' has a new title'];
    wanted.push('Model trains went into another group: ');
    wanted.push('A group that is gone is no longer shown');
    for (const part of wanted)
      check(words.includes(part), `not said: ${part}`);
    check(words.indexOf('Release 3') < words.indexOf('Release 1'), 'the newest is not first');
    await page.locator('summary', { hasText: 'As a table' }).click();
    same(await page.locator('.sheet tbody tr').count(), 5, 'rows of the table');
    await page.evaluate(await readFile(axePath, 'utf8'));
    const faults = await page.evaluate(async () => (await axe.run()).violations.map((v) => v.id));
    same(faults, '', 'axe');
    await page.locator('.releases li.split a').first().click();
    await page.waitForSelector('.cluster h2.big');
    check(page.url().includes('explore?group='), page.url());
    await page.setViewportSize({ width: 360, height: 740 });
    await visit(page, `file://${grown}`, 'lineage');
    check((await overflow(page)) <= 0, 'too wide at 360 px');
    const cut = await page.evaluate(() => {
      const outside = (inner, outer) => {
        const [a, b] = [inner.getBoundingClientRect(), outer.getBoundingClientRect()];
        return a.left < b.left - 1 || a.right > b.right + 1;
      };
      const chart = document.querySelector('.lives');
      return [
        outside(document.querySelector('nav [aria-current]'), document.querySelector('nav')) &&
          'the page that is shown, in the line of pages',
        ...[...chart.querySelectorAll('text')].map((t) => outside(t, chart) && t.textContent),
        outside(chart, document.documentElement) && 'the lines',
        chart.querySelector('.life text').getBoundingClientRect().height < 12 && 'small letters',
      ].filter(Boolean);
    });
    same(cut, '', 'cut off at 360 px');
    noFaults(page, 'lineage');
    await page.context().close();
  },

  'a window of another size: no stretched map in between, bubbles that fit': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    await page.evaluate(() => {
      const canvas = document.querySelector('canvas');
      const { width } = canvas;
      // Comes behind the page's own, before the frame is shown.
      new ResizeObserver(() => {
        const wanted = Math.round(canvas.clientWidth * Math.min(2, devicePixelRatio));
        if (wanted !== width) window.fits = canvas.width === wanted;
      }).observe(canvas);
    });
    await page.setViewportSize({ width: 1300, height: 700 });
    await page.waitForFunction(() => 'fits' in window);
    check(await page.evaluate(() => window.fits), 'a frame with the old picture, stretched');
    await visit(page, server, '');
    const box = () => page.locator('svg.bubbles').getAttribute('viewBox');
    const before = await box();
    await page.setViewportSize({ width: 1440, height: 900 });
    await page.waitForFunction(
      (old) => document.querySelector('svg.bubbles').getAttribute('viewBox') !== old,
      before,
    );
    noFaults(page, 'a window of another size');
    await page.context().close();
  },

  'a group that is not there is told in the words of one that is withheld': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore?group=987654');
    const text = await page.locator('.detail').innerText();
    check(text.includes('too few people to show'), text);
    await page.context().close();
  },

  'the first page speaks of the groups it shows, and Time lists what it calls new': async () => {
    const page = await openPage(browser);
    await visit(page, server, '');
    const title = await page.locator('.areas .figure h2').first().innerText();
    const largest = await page.locator('.bubbles a').first().getAttribute('aria-label');
    const [, name, share] = /^(.*), ([^,]*)$/.exec(largest);
    check(title.includes(`“${name}”`) && title.endsWith(share), `${title}, but ${largest}`);
    const fresh = await page.locator('.areas .note span a').allInnerTexts();
    await visit(page, server, 'time');
    const told = await page.locator('main').innerText();
    for (const one of fresh) check(told.includes(one), `${one} is new, but Time says ${told}`);
    await page.context().close();
  },

  'the label tells of titles that did not pass, replaced ones too': async () => {
    const page = await openPage(browser);
    const label = async (base) => {
      await visit(page, base, 'about');
      return page.locator('.label').innerText();
    };
    check((await label(server)).includes('All titles passed'), 'not said that all passed');
    const words = await label('file://' + scripts);
    check(words.includes('2 titles did not pass the audit'), words);
    check(words.includes('no more than 1.7\u00a0% of such'), `a bound of 1.62 % is: ${words}`);
    await page.context().close();
  },

  '360 px: the tree comes first, a circle can be reached': async () => {
    const page = await openPage(browser, { width: 360, height: 740, touch: true });
    await visit(page, server, 'explore');
    check(await page.locator('[role=tree]').isVisible(), 'the tree is hidden');
    await page.getByRole('button', { name: 'Map', exact: true }).click();
    await page.waitForTimeout(300);
    check((await painted(page)) > 0.02, 'the map is empty');
    await visit(page, server, 'explore?group=1');
    check(await page.locator('.cluster h2.big').isVisible(), 'a sent link hides its group');
    await page.context().close();
  },

  '360 px: every bubble of the top uses has its name, inside or in the key below': async () => {
    const page = await openPage(browser, { width: 360, height: 740, touch: true });
    await visit(page, server, '');
    const bubbles = await page.locator('.bubbles a').evaluateAll((list) =>
      list.map((a) => ({
        name: a.getAttribute('aria-label').replace(/, [^,]*$/, ''),
        words: [...a.querySelectorAll('tspan')].map((line) => line.textContent),
      })),
    );
    const key = await page.locator('.key li a').allInnerTexts();
    check(bubbles.length > 5 && key.length > 0, `${bubbles.length} bubbles, ${key.length} below`);
    for (const { name, words } of bubbles) {
      const number = key.indexOf(name) + 1;
      const inside = words.slice(0, -1).join('').replace(/\s/g, '');
      if (number) same(words[0], number, `number of ${name}`);
      else same(inside, name.replace(/\s/g, ''), 'name inside');
    }
    await page.context().close();
  },

  'two facets: each combination with ratio, interval and what may be chance': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'facets?facet=language&against=turns&value=Japanese');
    const figure = page.locator('.page > .figure').first();
    const title = await figure.locator('h2').innerText();
    check(/6–10 messages.* is [\d.]+ times as common in Japanese/.test(title), title);
    check((await figure.locator('.plot circle').count()) > 2, 'no dots');
    await figure.locator('.foot button', { hasText: 'Table' }).click();
    const cells = await figure.locator('.sheet tbody tr').first().locator('td').allInnerTexts();
    const [, , , ratio, low, high, stands] = cells;
    check(Number(low) < Number(ratio) && Number(ratio) < Number(high), `interval ${cells}`);
    same(stands, 'yes', 'holds up');
    check((await page.locator('.heat td.loose').count()) > 0, 'everything holds up');
    await page.selectOption('.select select >> nth=1', 'groups');
    check((await page.locator('.heat th[scope=row] a').count()) > 2, 'no main groups');
    noFaults(page, 'pairs');
    await page.context().close();
  },

  'two facets that the release does not count together are greyed with the reason': async () => {
    const page = await openPage(browser);
    await visit(page, 'file://' + scripts, 'facets?facet=turns');
    const off = page.locator('.select select >> nth=1').locator('option[disabled]');
    check((await off.count()) > 2, 'nothing is greyed');
    check(/no counts of the two together/.test(await off.first().innerText()), 'no reason');
    await visit(page, 'file://' + scripts, 'facets?facet=turns&against=concern');
    check(/not counted together/.test(await page.locator('main').innerText()), 'no sentence');
    await page.context().close();
  },

  'a group tells how many share its phrases, as bands, and which gates it passed': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore?group=1');
    await page.waitForSelector('.chips li');
    const phrases = await page.locator('.chips li small').allInnerTexts();
    check(phrases.length > 0, 'no bands');
    for (const text of phrases) check(/^\s?\d+–[\d,]+( people)?$/.test(text), `band ${text}`);
    await page.locator('.gates summary').click();
    const gates = await page.locator('.gates').innerText();
    for (const word of [/gates passed/, /Scanner/, /Floors/, /Auditor/, /Numbers/])
      check(word.test(gates), `gates: ${gates}`);
    await page.context().close();
  },

  'titles in Arabic, Japanese and of 90 characters: own direction, nothing sticks out':
    async () => {
      for (const width of [360, 1440]) {
        const page = await openPage(browser, { width, height: 800 });
        for (const view of [...views, 'languages?language=Spanish&level=3', slopes, 'lineage']) {
          await visit(page, 'file://' + scripts, view);
          check((await overflow(page)) <= 0, `${view} is ${await overflow(page)} px too wide`);
          const cut = await page.evaluate(cutOff);
          check(!cut.length, `${view} at ${width} px, cut off: ${cut}`);
          noFaults(page, view);
        }
        await visit(page, 'file://' + scripts, 'explore');
        const directions = await page.evaluate(() =>
          [...document.querySelectorAll('[role=treeitem] bdi')].map((node) => [
            /[\u0590-\u06ff]/.test(node.textContent[0]),
            getComputedStyle(node).direction,
          ]),
        );
        check(directions.length > 2, 'no titles');
        for (const [backwards, direction] of directions)
          same(direction, backwards ? 'rtl' : 'ltr', 'direction of a title');
        await page.context().close();
      }
    },

  'the server gone: what is here stays, and the page says so': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'explore');
    await page.context().setOffline(true);
    await page.context().unroute('**/*');
    await page.route('**/cluster/*', (route) => route.abort());
    await rows(page).first().click();
    await page.waitForSelector('[role=alert]');
    check((await rows(page).count()) > 0, 'the tree is gone');
    await page.context().close();
  },

  'what was planted is found: recipes in Spanish, lines over time': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'languages?language=Spanish');
    const over = await page.locator('.columns .figure h2').last().innerText();
    check(/recipe.*times as common in Spanish/i.test(over), over);
    await visit(page, server, 'time');
    check((await page.locator('.plot path').count()) > 3, 'no lines over time');
    await visit(page, server, 'explore?by=growth');
    check((await page.locator('.legend').innerText()).includes('growth'), 'no legend of growth');
    await page.context().close();
  },

  'every figure has its table, and CSV cells cannot be formulas': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'facets');
    await page.locator('.figure .foot button', { hasText: 'Table' }).first().click();
    check(await page.locator('.figure .sheet').first().isVisible(), 'no table');
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.locator('.taking button', { hasText: 'CSV' }).first().click(),
    ]);
    check(download.suggestedFilename().endsWith('.csv'), 'no CSV');
    await page.context().close();
  },

  'a drawing is saved as SVG and PNG': async () => {
    const page = await openPage(browser);
    await visit(page, server, 'time');
    for (const [kind, start] of [
      ['SVG', '<svg'],
      ['PNG', '\x89PNG'],
    ]) {
      const [download] = await Promise.all([
        page.waitForEvent('download'),
        page.locator('.taking button', { hasText: kind }).first().click(),
      ]);
      const bytes = await readFile(await download.path(), 'latin1');
      check(bytes.startsWith(start), `${kind} begins with ${bytes.slice(0, 8)}`);
      check(bytes.length > 2000, `${kind} has ${bytes.length} bytes`);
      check(!/var\(--/.test(bytes), `${kind} has colours of the page that it cannot find alone`);
    }
    const picked = await page.locator('.picked button').allInnerTexts();
    same(new Set(picked).size, picked.length, 'lines picked twice');
    noFaults(page, 'saving');
    await page.context().close();
  },

  '4K: nothing sticks out, the map takes the room': () =>
    everyView(server, { width: 3840, height: 2160 }, async (page, view) => {
      check((await overflow(page)) <= 0, `${view} is ${await overflow(page)} px too wide`);
      if (view !== 'explore') return;
      const box = await page.locator('canvas').boundingBox();
      check(box.width > 2000, `the map is ${box.width} px wide`);
    }),
};

const failed = await runTests(tests);
await browser.close();
process.exit(failed ? 1 : 0);
