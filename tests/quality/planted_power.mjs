// SPDX-License-Identifier: Apache-2.0
// How often the explorer's test (web/src/stats.ts) finds a planted over-representation, were the
// grouping perfect: counts drawn as the made-up world draws its conversations, with the noise and
// the floor of mode guarded. Found: above the rest at the level that the first of LOOKED groups
// needs when one in twenty may be false; that accounts have several conversations is reckoned with
// as the explorer does. Reads "subject language share-of-the-language
// share-of-the-subject-there share-of-the-subject-elsewhere" lines, prints "subject language
// conversations-expected power low high".
// Usage: node planted_power.mjs CONVERSATIONS LOOKED DRAWS <LINES
import { readFileSync } from 'node:fs';
import { FLOOR, drawsOf, stats } from '../browser/stats_draws.mjs';

const [total, looked, draws] = process.argv.slice(2).map(Number);
const { noise, binomial } = drawsOf(11);
// Conversations an account in a group of the made-up world (level 1 of demo-world), and in all.
const per = [1.07, 4.3].map((mean) => stats.perDraw(mean, 1, 5));
function found([, , language, there, elsewhere]) {
  const inside = binomial(total, language);
  const n = binomial(inside, there);
  const of = n + binomial(total - inside, elsewhere) + noise();
  const shown = n + noise();
  if (n < FLOOR || shown < FLOOR) return false;
  const test = stats.ratioToAll({ n: shown, of, all: inside + noise(), total, draws: 1, per });
  return test.ratio > 1 && test.p <= 0.05 / looked;
}
for (const line of readFileSync(0, 'utf8').trim().split('\n')) {
  const [subject, language, ...shares] = line.split(' ');
  const effect = [subject, language, ...shares.map(Number)];
  let hits = 0;
  for (let i = 0; i < draws; i++) hits += found(effect);
  const [p, z] = [hits / draws, 1.96]; // Wilson
  const [mid, room] = [p + (z * z) / (2 * draws), (p * (1 - p)) / draws + (z / (2 * draws)) ** 2];
  const ends = [-1, 1].map((side) => (mid + side * z * Math.sqrt(room)) / (1 + (z * z) / draws));
  const [low, high] = ends.map((v) => Math.min(1, Math.max(0, v)).toFixed(3));
  const expected = Math.round(total * effect[2] * effect[3]);
  console.log(subject, language, expected, p.toFixed(3), low, high);
}
