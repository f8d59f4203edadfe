// SPDX-License-Identifier: Apache-2.0
// Intervals and tests for shares. Wilson 1927 for a share; log normal for a ratio of two; Benjamini
// and Hochberg 1995 for many tests at once. Where the counts of a release carry noise, its variance
// is added to that of chance: `cells` is of how many noisy counts a number is the sum.

const Z = 1.959964; // 95 %

let noise = 0; // variance of one count
export const setNoise = (deviation: number): void => void (noise = deviation * deviation || 0);

export interface Interval {
  low: number;
  high: number;
}

export function wilson(n: number, of: number, cells = 1): Interval {
  if (of <= 0) return { low: 0, high: 1 };
  const p = n / of;
  const chance = Math.max(1, n * (1 - p));
  const z2 = ((Z * Z) / of) * (1 + (cells * noise) / chance); // as if counted from fewer
  const middle = (p + z2 / 2) / (1 + z2);
  const half = Math.sqrt(z2 * p * (1 - p) + (z2 * z2) / 4) / (1 + z2);
  return { low: Math.max(0, middle - half), high: Math.min(1, middle + half) };
}
export const halfWidth = (n: number, of: number, cells = 1): number => {
  const { low, high } = wilson(n, of, cells);
  return (high - low) / 2;
};

// Upper tail of the normal, times two (Abramowitz and Stegun 7.1.26, error below 1.5e-7).
export function twoSided(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return Math.min(1, poly * Math.exp(-x * x));
}

export interface Ratio extends Interval {
  ratio: number;
  p: number;
}
// The share n / of beside the share m / rest, both counted from different conversations.
export function ratioOf(
  n: number,
  of: number,
  m: number,
  rest: number,
  cells: [n: number, m: number] = [1, 1],
): Ratio {
  const a = n || 0.5;
  const b = m || 0.5;
  const ratio = a / of / (b / rest);
  const [va, vb] = [cells[0] * noise, cells[1] * noise];
  const error = Math.sqrt(
    Math.max(0, 1 / a - 1 / of + 1 / b - 1 / rest) + va / (a * a) + vb / (b * b),
  );
  const pooled = (n + m) / (of + rest);
  const spread = Math.sqrt(
    pooled * (1 - pooled) * (1 / of + 1 / rest) + va / (of * of) + vb / (rest * rest),
  );
  const z = spread > 0 ? (n / of - m / rest) / spread : 0;
  return {
    ratio,
    low: ratio * Math.exp(-Z * error),
    high: ratio * Math.exp(Z * error),
    p: twoSided(z),
  };
}

// Shares n / of at times 0 … 1, fitted by a logistic line: how many times its end is its start (as
// odds; shares here are small). Newton's steps; the error grows with what the line leaves over, as
// in quasi-likelihood (McCullagh and Nelder 1989, 4.5).
export function slopeOf(points: { n: number; of: number; at: number }[]): Ratio | null {
  let [a, b] = [0, 0];
  const sum = { n: 0, of: 0 };
  for (const p of points) {
    sum.n += p.n;
    sum.of += p.of;
  }
  if (points.length < 3 || sum.n <= 0 || sum.n >= sum.of) return null;
  a = Math.log(sum.n / (sum.of - sum.n));
  let variance = 0;
  for (let step = 0; step < 30; step++) {
    let [g0, g1, h00, h01, h11] = [0, 0, 0, 0, 0];
    for (const { n, of, at } of points) {
      const share = 1 / (1 + Math.exp(-a - b * at));
      const w = of * share * (1 - share);
      g0 += n - of * share;
      g1 += (n - of * share) * at;
      h00 += w;
      h01 += w * at;
      h11 += w * at * at;
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
  for (const { n, of, at } of points) {
    const share = 1 / (1 + Math.exp(-a - b * at));
    left += (n - of * share) ** 2 / (of * share * (1 - share));
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

// Difference of two shares with its interval.
export function difference(
  n: number,
  of: number,
  m: number,
  rest: number,
  cells: [n: number, m: number] = [1, 1],
): Interval & {
  d: number;
  p: number;
} {
  const d = n / of - m / rest;
  const p1 = n / of;
  const p2 = m / rest;
  const error = Math.sqrt(
    (p1 * (1 - p1)) / of +
      (p2 * (1 - p2)) / rest +
      (cells[0] * noise) / (of * of) +
      (cells[1] * noise) / (rest * rest),
  );
  return { d, low: d - Z * error, high: d + Z * error, p: error > 0 ? twoSided(d / error) : 1 };
}

// Which of the p values stand when at most `rate` of those that stand may be false.
export function discoveries(ps: number[], rate = 0.05): boolean[] {
  const order = ps.map((_, i) => i).sort((a, b) => (ps[a] ?? 1) - (ps[b] ?? 1));
  let last = -1;
  order.forEach((i, rank) => {
    if ((ps[i] ?? 1) <= (rate * (rank + 1)) / ps.length) last = rank;
  });
  const stands = ps.map(() => false);
  order.slice(0, last + 1).forEach((i) => (stands[i] = true));
  return stands;
}
