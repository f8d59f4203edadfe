// SPDX-License-Identifier: Apache-2.0
// web/src/stats.ts and tail.ts against brute force: tails against the convolution summed term by
// term; intervals, tests and the rate of false discoveries against draws of binomial counts with
// discrete Laplace noise, shown as the release shows them: exact and noisy count at the floor.
// Usage: node stats.mjs
import { check, runTests } from './lib.mjs';
import { DEVIATION, FLOOR, P, guarded, drawsOf, stats } from './stats_draws.mjs';

const { Sum, laplace, setNoise, discoveries } = stats;
const { difference, perDraw, ratioOf, ratioToAll, shareInterval, slopeOf } = stats;
const { binomial, noise: drawNoise, uniform } = drawsOf(7);
// What is shown of a count, or null.
function show(n) {
  const noisy = n + drawNoise();
  return n >= FLOOR && noisy >= FLOOR ? noisy : null;
}
const rateOf = (trials, one) => {
  let hits = 0;
  for (let i = 0; i < trials; i++) hits += one();
  return hits / trials;
};
const atMost = (rate, most, what) =>
  check(rate <= most, `${what}: ${rate.toFixed(4)}, more than ${most}`);
const atLeast = (rate, least, what) =>
  check(rate >= least, `${what}: ${rate.toFixed(4)}, less than ${least}`);

function binomialPmf(of, share) {
  const list = [];
  let log = of * Math.log1p(-share);
  for (let x = 0; x <= of; x++) {
    list.push(Math.exp(log));
    log += Math.log((of - x) / (x + 1)) + Math.log(share / (1 - share));
  }
  return list;
}
// The chance of y or more (y half) when so many draws of noise are added.
function convolved(of, share, draws, y) {
  const REACH = 90;
  let list = [...Array(REACH).fill(0), ...binomialPmf(of, share), ...Array(REACH).fill(0)];
  for (let k = 0; k < draws; k++)
    list = list.map((_, i) => {
      let sum = 0;
      for (let j = 0; j < list.length; j++) sum += list[j] * P ** Math.abs(i - j);
      return (sum * (1 - P)) / (1 + P);
    });
  return list.reduce((sum, p, i) => sum + (i - REACH > y ? p : i - REACH === y ? p / 2 : 0), 0);
}

const tests = {
  'tails are those of the convolution': () => {
    for (const [of, share] of [[40, 0.1], [100, 0.2], [300, 0.02]])
      for (const draws of [1, 3])
        for (let y = -5; y < of * share + 60; y += 9) {
          const right = convolved(of, share, draws, y);
          if (right < 1e-5 || right > 1 - 1e-5) continue;
          const law = laplace(Number(guarded.noise_conversations));
          const found = new Sum().count(of, share, 1).noise(law, draws, 1).upper(y);
          const off = Math.abs(found - right) / Math.min(right, 1 - right);
          const what = `${of} × ${share}, ${draws} draws, ${y} or more`;
          check(off < 0.06, `${what}: ${found}, not ${right}`);
        }
  },
  'without noise they are those of the binomial': () => {
    for (const [of, share] of [[40, 0.1], [1000, 0.01], [300, 0.5]]) {
      const pmf = binomialPmf(of, share);
      for (let y = 0; y <= of; y++) {
        const right = pmf.reduce((sum, p, x) => sum + (x > y ? p : x === y ? p / 2 : 0), 0);
        if (right < 1e-5 || right > 1 - 1e-5) continue;
        const found = new Sum().count(of, share, 1).upper(y);
        const off = Math.abs(found - right) / Math.min(right, 1 - right);
        const far = Math.min(right, 1 - right) < 0.01 || Math.min(y, of - y) < 2;
        check(off < (far ? 0.3 : 0.1), `${y} of ${of}: ${found}, not ${right}`);
      }
    }
  },
  'intervals of a share hold it': () => {
    for (const [of, share] of [[60, 0.2], [100, 0.25], [200, 0.15], [2000, 0.01], [3000, 0.1]]) {
      let [above, below] = [0, 0];
      const trials = 3000;
      for (let i = 0; i < trials; i++) {
        const n = show(binomial(of, share));
        if (n === null) continue;
        const { low, high } = shareInterval(n, of);
        above += low > share;
        below += high < share;
      }
      atMost(above / trials, 0.034, `${of} × ${share}, under the interval`);
      atMost(below / trials, 0.034, `${of} × ${share}, over the interval`);
    }
  },
  'an interval of many noisy counts is as wide as it must be': () => {
    const misses = rateOf(2000, () => {
      const n = Array.from({ length: 20 }, () => binomial(100, 0.3) + drawNoise());
      const { low, high } = shareInterval(n.reduce((a, b) => a + b), 2000, 20);
      return low > 0.3 || high < 0.3;
    });
    atMost(misses, 0.066, 'misses');
    atLeast(misses, 0.03, 'misses');
  },
  'a value as common in a part as elsewhere is rarely told apart, one more common often': () => {
    const [total, share] = [14000, 0.03];
    for (const of of [150, 300, 600, 2000]) {
      const trial = (times, told) => () => {
        const n = show(binomial(of, share * times));
        const all = binomial(total - of, share) + binomial(of, share * times) + drawNoise();
        const part = { n, of: of + drawNoise(), all, total, ...single };
        return n !== null && told(ratioToAll(part), n);
      };
      const same = trial(1, (r) => r.p <= 0.05);
      atMost(rateOf(3000, same), 0.062, `of ${of} told apart`);
      const tiny = rateOf(10000, trial(1, (r) => r.p <= 0.005));
      atMost(tiny, 0.009, `of ${of} told apart at 1 in 200`);
      const held = trial(2.5, (r) => r.p <= 0.01 && r.ratio > 1);
      if (of >= 300) atLeast(rateOf(500, held), of === 300 ? 0.33 : 0.47, `of ${of} found`);
    }
  },
  'the interval of a ratio holds it': () => {
    const [total, share, times] = [14000, 0.03, 2.5];
    for (const of of [300, 800]) {
      const wrong = { low: 0, high: 0 };
      for (let i = 0; i < 800; i++) {
        const x = binomial(of, share * times);
        const n = show(x);
        if (n === null) continue;
        const all = binomial(total - of, share) + x + drawNoise();
        const r = ratioToAll({ n, of, all, total, ...single });
        const real = (share * times) / (share + ((times - 1) * share * of) / total);
        wrong.low += r.low > real;
        wrong.high += r.high < real;
        check(r.low <= r.ratio && r.ratio <= r.high, `${r.ratio} beside ${r.low} to ${r.high}`);
      }
      atMost(wrong.low / 800, 0.042, `of ${of}, under the interval`);
      atMost(wrong.high / 800, 0.042, `of ${of}, over the interval`);
    }
  },
  'differences and ratios of two windows': () => {
    const [of, rest] = [900, 1100];
    for (const [a, b] of [[0.06, 0.06], [0.08, 0.05]]) {
      let [told, out] = [0, 0];
      const sum = (size, share) =>
        [0, 1, 2, 3].reduce((n) => n + binomial(size / 4, share) + drawNoise(), 0);
      for (let i = 0; i < 1500; i++) {
        const [n, m] = [sum(of, a), sum(rest, b)];
        const d = difference(n, of, m, rest, [4, 4], [1, 1], [still, still]);
        const r = ratioOf(n, of, m, rest, [4, 4]);
        told += a === b && d.p <= 0.05;
        out += (d.low > a - b || d.high < a - b) && 0.5;
        out += (r.low > a / b || r.high < a / b) && 0.5;
      }
      atMost(told / 1500, 0.065, 'told apart though the same');
      atMost(out / 1500, 0.068, `${a} against ${b}: out of the interval`);
    }
  },
  'a flat line is rarely a slope': () => {
    const found = rateOf(1500, () => {
      const points = Array.from({ length: 30 }, (_, i) => {
        const of = 100 + 20 * i;
        return { n: binomial(of, 0.2) + drawNoise(), of, at: i / 29 };
      });
      return slopeOf(points).p <= 0.05;
    });
    atMost(found, 0.068, 'slopes');
  },
  'of what stands among many at most one in twenty is false': () => {
    let [falsely, found, planted, worlds] = [0, 0, 0, 60];
    for (let w = 0; w < worlds; w++) {
      const total = 14000;
      const rows = Array.from({ length: 120 }, (_, i) => {
        const [of, real] = [80 + 5 * i, i % 10 === 0];
        const share = 0.04 * (real ? 3 : 1);
        const n = show(binomial(of, share));
        const all = binomial(total, 0.045) + drawNoise();
        planted += real;
        return { n, real, part: { n, of: of + drawNoise(), all, total, ...single } };
      });
      const shown = rows.filter((r) => r.n !== null);
      const tested = shown.map((r) => ratioToAll(r.part));
      const stands = discoveries(tested.map((t) => t.p), rows.length);
      const kept = shown.filter((r, i) => stands[i] && tested[i].ratio > 1);
      falsely += kept.length ? kept.filter((r) => !r.real).length / kept.length : 0;
      found += kept.filter((r) => r.real).length;
    }
    atMost(falsely / worlds, 0.05, 'share of what stands that is false');
    atLeast(found / planted, 0.38, 'share of the planted that is found');
  },
  // Each of these is shown by a rare chance; that it is shown is no reason to believe it.
  'of many small groups few cross the floor by chance, and none of them stands': () => {
    const falsely = rateOf(30, () => {
      const shown = [];
      for (let i = 0; i < 1500; i++) {
        const n = show(binomial(175, 0.04));
        const all = binomial(14000, 0.04) + drawNoise();
        if (n !== null) shown.push(ratioToAll({ n, of: 175, all, total: 14000, ...single }).p);
      }
      return discoveries(shown, 1500).some(Boolean);
    });
    atMost(falsely, 0.14, 'worlds with something that stands');
  },
  // The worst that accounts can do: each has one subject and one language in all it asks.
  'accounts that keep to one group and one language make nothing stand': () => {
    const [groups, share, most] = [60, 0.06, 5];
    const worlds = 120;
    let listed = { together: 0, singly: 0 };
    for (let w = 0; w < worlds; w++) {
      const of = Array(groups).fill(0);
      const [people, n] = [[...of], [...of]];
      for (let a = 0; a < 3000; a++) {
        const [group, has] = [Math.floor(uniform() * groups), uniform() < share];
        const m = 1 + Math.floor(most * uniform() ** 2);
        people[group]++;
        of[group] += m;
        n[group] += has ? m : 0;
      }
      const sum = (list) => list.reduce((a, b) => a + b);
      const [total, all] = [sum(of), sum(n) + drawNoise()];
      const everyone = perDraw(total, sum(people), most);
      const rows = of.flatMap((size, g) => {
        const shown = show(n[g]);
        if (shown === null) return [];
        const shownOf = size + drawNoise();
        const per = [perDraw(shownOf, people[g] + drawNoise() / 2.5, most), everyone];
        return [{ n: shown, of: shownOf, all, total, draws: 1, per }];
      });
      const stands = (parts) =>
        discoveries(parts.map((p) => ratioToAll(p).p), groups).some(Boolean);
      listed.together += stands(rows);
      listed.singly += stands(rows.map((part) => ({ ...part, ...single })));
    }
    atMost(listed.together / worlds, 0.07, 'worlds with something that stands');
    atLeast(listed.singly / worlds, 0.3, 'the same, were conversations drawn one by one');
  },
  'conversations that are one draw: from none to all of an account alike': () => {
    const near = (a, b) => check(Math.abs(a - b) < 1e-9, `${a}, not ${b}`);
    near(perDraw(100, null, 5), 1);
    near(perDraw(100, 100, 5), 1);
    near(perDraw(90, 100, 5), 1); // noise
    near(perDraw(500, 100, 5), 5); // each has five
    near(perDraw(200, 100, 5), 3.5); // three in four have one, the others five: 700 of 200
    near(perDraw(200, 100, 0), 3); // geometric
  },
};
const single = { draws: 1, per: [1, 1] };
const still = { law: laplace(DEVIATION), variance: DEVIATION ** 2, floor: 0 };
process.exit((await runTests(tests)) ? 1 : 0);
