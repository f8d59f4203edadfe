// SPDX-License-Identifier: Apache-2.0
// Intervals and tests for shares. Exact counts of one share: Wilson 1927. All else: the chance of
// what is seen, or more, is found for the sum of sampling and noise (tail.ts), and an interval is
// of all that would not be refused at 1 in 40 on either side. Many tests at once: Benjamini and
// Hochberg 1995. What one account asks is alike, so its conversations are one draw together
// (perDraw).
import type { Law } from './tail';
import { Sum, above, aboveBoth, laplace, normal } from './tail';

const Z = 1.959964; // 95 %
const SIDE = 0.025;
const NEAR = 150; // further above a floor it tells nothing that the count does not

// The noise on a count of an atlas, its variance, and what a count that is shown has at least been:
// a count with Laplace noise is shown only when the exact one holds the floor, too.
export interface CountNoise {
  law: Law | null;
  variance: number;
  floor: number;
}
export function noiseOf(run: Record<string, string>): CountNoise {
  const deviation = Number(run['noise_conversations'] ?? 0) || 0;
  const dp = run['privacy'] === 'dp';
  return {
    law: deviation > 0 ? (dp ? normal(deviation) : laplace(deviation)) : null,
    variance: deviation * deviation,
    floor: deviation > 0 && !dp ? Number(run['min_conversations'] ?? 0) : 0,
  };
}
let noise = noiseOf({});
export const setNoise = (run: Record<string, string>): void => void (noise = noiseOf(run));

// How many conversations count as one draw (the design effect of Kish 1965, 8.2): as if all that an
// account has there were of one kind. For m conversations an account that is the sum of m^2 by the
// sum of m; an atlas tells only their mean and the most, and with these it is at most as large as
// here. Where nothing bounds an account, that of a geometric m.
export function perDraw(n: number, accounts: number | null, most: number): number {
  if (!accounts || n <= accounts) return 1;
  const mean = n / accounts;
  return most > 0 ? Math.min(most, ((mean - 1) * (most + 1) + 1) / mean) : 2 * mean - 1;
}

export interface Interval {
  low: number;
  high: number;
}
// A test, with an interval that is only found when somebody looks at it.
abstract class Test implements Interval {
  private found: Interval | null = null;
  constructor(readonly p: number) {}
  protected abstract find(): Interval;
  get low(): number {
    return (this.found ??= this.find()).low;
  }
  get high(): number {
    return (this.found ??= this.find()).high;
  }
}

// Where `chance`, about a half at `from`, falls under 1 in 40 in the direction of `step`; `last`
// when it does not on the way there.
function edge(
  chance: (v: number) => number,
  from: number,
  step: number,
  last: number,
): number | null {
  const worth = (v: number): number => Math.log(Math.max(chance(v), 1e-300) / SIDE);
  let [a, b] = [from, from + step];
  let [fa, fb] = [worth(a), worth(b)];
  if (fa <= 0) return from;
  for (; fb > 0; step *= 1.6) {
    if (!(Math.abs(b - from) < Math.abs(last - from))) return null;
    [a, fa] = [b, fb];
    b += step;
    fb = worth(b);
  }
  // false position, the side that stays halved (Dowell and Jarratt 1971)
  for (let i = 0, stays = 0; i < 60 && Math.abs(b - a) > 1e-4 * Math.abs(step); i++) {
    const c = b - (fb * (b - a)) / (fb - fa);
    const fc = worth(c);
    if (fc > 0) {
      [a, fa] = [c, fc];
      if (stays === 1) fb /= 2;
      stays = 1;
    } else {
      [b, fb] = [c, fc];
      if (stays === -1) fa /= 2;
      stays = -1;
    }
    if (Math.abs(fc) < 1e-4) return c;
  }
  return (a + b) / 2;
}

function wilson(n: number, of: number): Interval {
  const p = n / of;
  const z2 = (Z * Z) / of;
  const middle = (p + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * p * (1 - p) + (z2 * z2) / 4) / (1 + z2);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}

// aboveBoth of a count that comes `per` at a time: all of it in draws.
function drawsAbove(
  { of, share, least }: { of: number; share: number; least: number },
  y: number,
  b: number,
  normal: number,
  per: number,
): number {
  const draws = { of: Math.round(of / per), share, least: Math.floor(least / per) };
  return aboveBoth(draws, y / per, b / per, normal / per);
}

// The share n / of; `cells` is of how many noisy counts n is the sum, `per` conversations are one
// draw.
export function shareInterval(n: number, of: number, cells = 1, per = 1): Interval {
  if (of <= 0) return { low: 0, high: 1 };
  if (!noise.law) return wilson(n / per, of / per);
  const odds = (v: number): number => 1 / (1 + Math.exp(-v));
  const sum = (v: number): Sum =>
    new Sum().count(of / per, odds(v), per).noise(noise.law, cells, 1);
  const inside = Math.min(of - 0.5, Math.max(0.5, n));
  const from = Math.log(inside / (of - inside));
  const step = Z * Math.sqrt((per * inside + cells * noise.variance) / (inside * inside));
  const low = edge((v) => sum(v).upper(inside), from, -step, -40);
  const high = edge((v) => 1 - sum(v).upper(inside), from, step, 40);
  const least = noise.floor && cells === 1 ? Math.min(of, noise.floor) : 0;
  const shown = (v: number): number =>
    drawsAbove({ of, share: odds(v), least }, inside, 1 / noise.law!.reach, 0, per);
  const floored = least && inside < least + NEAR ? edge(shown, from, -step, -40) : null;
  return {
    low: Math.max(low === null ? 0 : odds(low), floored === null ? 0 : odds(floored)),
    high: high === null ? 1 : odds(high),
  };
}
export const halfWidth = (n: number, of: number, cells = 1, per = 1): number => {
  const { low, high } = shareInterval(n, of, cells, per);
  return (high - low) / 2;
};

export const twoSided = (z: number): number => Math.min(1, 2 * above(Math.abs(z)));

// Two shares, n of `of` and m of `rest`, side by side: the sum that is their difference when the
// first is `r` times the second, with the noise as the counts have it: `draws` of `law` with n, and
// what `quiet` adds for all else.
interface Sides {
  n: number;
  of: number;
  m: number;
  rest: number;
  per: [n: number, m: number]; // conversations that are one draw
  quiet: (sum: Sum, r: number, share: number) => void; // the same without that of n
  law: Law | null;
  draws: number;
  weight: (r: number) => number; // of the noise of n
  variance: [n: number, m: number]; // of the noise
  least: number; // n is shown, so it was at least this; 0: not known
}

// How likely it is that the sum comes out as high, and as low, as it does. That n is shown tells
// that it was no less than the floor, whatever its noise: both have come true together.
function chances(sides: Sides, r: number): [number, number] {
  const { n, of, m, rest, per, quiet, least } = sides;
  const second = Math.min((n + m) / (r * of + rest), 1 / Math.max(1, r));
  const first = r * second;
  const found = n / of - (r * m) / rest;
  const others = new Sum().count(rest / per[1], second, (-r * per[1]) / rest);
  quiet(others, r, first);
  const spread = of * others.deviation();
  const up = others
    .count(of / per[0], first, per[0] / of)
    .noise(sides.law, sides.draws, sides.weight(r))
    .upper(found);
  if (!least || n > least + NEAR || up < 1e-9 || up > 0.75) return [up, 1 - up];
  const count = { of, share: Math.min(1 - 1e-9, Math.max(1e-9, first)), least };
  const b = (of * sides.weight(r)) / sides.law!.reach;
  return [Math.min(up, drawsAbove(count, of * (found + first), b, spread, per[0])), 1 - up];
}

export class Ratio extends Test {
  readonly ratio: number;
  constructor(
    private readonly sides: Sides,
    private readonly stretch = 1, // of the ratio that is told: beside all, not beside the rest
  ) {
    super(Math.min(1, 2 * Math.min(...chances(sides, 1))));
    this.ratio = this.plain() * stretch;
  }
  private plain(): number {
    const { n, of, m, rest } = this.sides;
    return Math.max(0.5, n) / of / (Math.max(0.5, m) / rest);
  }
  protected find(): Interval {
    const { n, of, m, rest, per, variance } = this.sides;
    const [a, b] = [Math.max(0.5, n), Math.max(0.5, m)];
    const step =
      Z *
      Math.sqrt(
        Math.max(1e-6, per[0] * (1 / a - 1 / of) + per[1] * (1 / b - 1 / rest)) +
          variance[0] / (a * a) +
          variance[1] / (b * b),
      );
    const from = Math.log(this.plain());
    const low = edge((v) => chances(this.sides, Math.exp(v))[0], from, -step, from - 12);
    const high = edge((v) => chances(this.sides, Math.exp(v))[1], from, step, from + 12);
    return {
      low: low === null ? 0 : this.stretch * Math.exp(low),
      high: high === null ? Infinity : this.stretch * Math.exp(high),
    };
  }
}

// Both counted from different conversations, of so many noisy counts each.
function apart(
  [n, of, m, rest]: [number, number, number, number],
  cells: [number, number],
  per: [number, number],
  [a, b]: [CountNoise, CountNoise] = [noise, noise],
): Sides {
  return {
    ...{ n, of, m, rest, per, law: a.law, draws: cells[0] },
    quiet: (sum, r) => void sum.noise(b.law, cells[1], r / rest),
    weight: () => 1 / of,
    least: cells[0] === 1 ? Math.min(of, a.floor) : 0, // a sum of several has no use for it
    variance: [a.variance * cells[0], b.variance * cells[1]],
  };
}
export const ratioOf = (
  n: number,
  of: number,
  m: number,
  rest: number,
  cells: [n: number, m: number] = [1, 1],
  per: [n: number, m: number] = [1, 1],
): Ratio => new Ratio(apart([n, of, m, rest], cells, per));

// How common a thing is in one part of the corpus: n of `of`, where `all` of `total` have it.
export interface Part {
  n: number;
  of: number;
  all: number;
  total: number;
  draws: number; // of how many noisy counts `of` is the sum
  per: [part: number, rest: number]; // conversations that are one draw
}
// The ratio of the share in the part to that of all, tested against the rest of the corpus. What
// the rest has is what is left of all, so the noise of n is in both.
export function ratioToAll({ n, of, all, total, draws, per }: Part): Ratio {
  const rest = Math.max(1, total - of);
  const m = Math.max(0, Math.min(rest, all - n));
  const sides: Sides = {
    ...{ n, of, m, rest, per, law: noise.law, draws: 1 },
    least: Math.min(of, noise.floor),
    quiet: (sum, r, share) =>
      void sum
        .noise(noise.law, 1, r / rest)
        .noise(noise.law, draws, share * (1 / of + 1 / rest)),
    weight: (r) => 1 / of + r / rest,
    variance: [noise.variance, noise.variance],
  };
  const beside = Math.max(0.5, n) / of / (Math.max(0.5, m) / rest);
  return new Ratio(sides, n / of / (all / total) / beside);
}

// Difference of two shares.
export class Difference extends Test {
  readonly d: number;
  constructor(private readonly sides: Sides) {
    super(Math.min(1, 2 * Math.min(...chances(sides, 1))));
    this.d = sides.n / sides.of - sides.m / sides.rest;
  }
  protected find(): Interval {
    const { n, of, m, rest, per, law, draws, variance, quiet, weight } = this.sides;
    const up = (d: number): number => {
      const second = Math.min(1, Math.max(0, (n + m - d * of) / (of + rest)));
      const first = Math.min(1, Math.max(0, second + d));
      const sum = new Sum()
        .count(of / per[0], first, per[0] / of)
        .count(rest / per[1], second, -per[1] / rest);
      quiet(sum.noise(law, draws, weight(1)), 1, first);
      return sum.upper(this.d);
    };
    const half = (x: number, size: number, side: 0 | 1): number =>
      (per[side] * Math.max(1, x * (1 - x / size)) + variance[side]) / (size * size);
    const step = Z * Math.sqrt(half(n, of, 0) + half(m, rest, 1));
    return {
      low: edge(up, this.d, -step, -1) ?? -1,
      high: edge((d) => 1 - up(d), this.d, step, 1) ?? 1,
    };
  }
}
export const difference = (
  n: number,
  of: number,
  m: number,
  rest: number,
  cells: [n: number, m: number] = [1, 1],
  per: [n: number, m: number] = [1, 1],
  noises?: [CountNoise, CountNoise], // of two atlases
): Difference => new Difference(apart([n, of, m, rest], cells, per, noises));

export interface Slope extends Interval {
  ratio: number;
  p: number;
}
// Shares n / of at times 0 … 1, fitted by a logistic line: how many times its end is its start (as
// odds; shares here are small). Newton's steps, each count weighed by its sampling and its noise;
// the error grows with what the line leaves over, as in quasi-likelihood (McCullagh and Nelder
// 1989, 4.5 and 9.2).
export function slopeOf(points: { n: number; of: number; at: number }[]): Slope | null {
  let [a, b] = [0, 0];
  const sum = { n: 0, of: 0 };
  for (const p of points) {
    sum.n += p.n;
    sum.of += p.of;
  }
  if (points.length < 3 || sum.n <= 0 || sum.n >= sum.of) return null;
  a = Math.log(sum.n / (sum.of - sum.n));
  const fit = ({ of, at }: { of: number; at: number }) => {
    const share = 1 / (1 + Math.exp(-a - b * at));
    const slope = of * share * (1 - share); // also the variance of sampling
    return { mean: of * share, slope, variance: slope + noise.variance };
  };
  let variance = 0;
  for (let step = 0; step < 30; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (const p of points) {
      const f = fit(p);
      const pull = (f.slope * (p.n - f.mean)) / f.variance;
      const w = (f.slope * f.slope) / f.variance;
      g0 += pull;
      g1 += pull * p.at;
      h00 += w;
      h01 += w * p.at;
      h11 += w * p.at * p.at;
    }
    const det = h00 * h11 - h01 * h01;
    if (!(det > 0)) return null;
    const [da, db] = [(h11 * g0 - h01 * g1) / det, (h00 * g1 - h01 * g0) / det];
    a += da;
    b += db;
    variance = h00 / det;
    if (Math.abs(da) + Math.abs(db) < 1e-9) break;
  }
  let left = 0;
  for (const p of points) {
    const f = fit(p);
    left += (p.n - f.mean) ** 2 / f.variance;
  }
  const error = Math.sqrt(variance * Math.max(1, left / (points.length - 2)));
  const ratio = Math.exp(b);
  return {
    ratio,
    low: Math.exp(b - Z * error),
    high: Math.exp(b + Z * error),
    p: twoSided(b / error),
  };
}

// Which of the p values stand when at most `rate` of those that stand may be false. `looked` is how
// many there are with those that are not shown because few people share them: these cannot stand,
// but that others were left standing by a floor is no accident, so they count.
export function discoveries(ps: number[], looked = ps.length, rate = 0.05): boolean[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
  let last = -1;
  order.forEach((i, rank) => {
    if ((ps[i] ?? 1) <= (rate * (rank + 1)) / Math.max(looked, ps.length)) last = rank;
  });
  const stands = ps.map(() => false);
  order.slice(0, last + 1).forEach((i) => (stands[i] = true));
  return stands;
}
