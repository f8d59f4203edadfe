// SPDX-License-Identifier: Apache-2.0
// How likely a weighted sum of counts is to come out so large: each count binomial, each shown with
// noise of a known law. The convolution of all of them is read off the sum's cumulants (Lugannani
// and Rice 1980, a saddlepoint; a twentieth off with noise, up to 3 in 10 at chances below 1 in 100
// of a few exact conversations), so that it costs the same for ten conversations and for ten
// million. A value that is hit counts half.

// The noise of one count: its cumulants at u, for |u| < reach.
export interface Law {
  reach: number;
  cumulants: (u: number) => readonly [k: number, first: number, second: number];
}

// Discrete Laplace: x with probability proportional to p^|x|, of which the variance is
// 2p / (1 - p)^2; told from its standard deviation.
export function laplace(deviation: number): Law {
  const v = deviation * deviation;
  const gap = (Math.sqrt(1 + 2 * v) - 1) / v; // 1 - p
  const p = 1 - gap;
  return {
    reach: -Math.log(p),
    cumulants: (u) => {
      const [up, down] = [p * Math.exp(u), p * Math.exp(-u)];
      const [a, b] = [up / (1 - up), down / (1 - down)];
      return [
        2 * Math.log(gap) - Math.log((1 - up) * (1 - down)),
        a - b,
        a * (1 + a) + b * (1 + b),
      ];
    },
  };
}

export function normal(deviation: number): Law {
  const v = deviation * deviation;
  return { reach: Infinity, cumulants: (u) => [(v * u * u) / 2, v * u, v] };
}

const density = (z: number): number => Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);

// Upper tail of the normal: Abramowitz and Stegun 7.1.26 (error below 1e-7), and far out their
// continued fraction 26.2.14, where only the part matters that it is off by.
export function above(z: number): number {
  if (z < 0) return 1 - above(-z);
  if (z > 3) {
    let rest = z;
    for (let k = 20; k > 0; k--) rest = z + k / rest;
    return density(z) / rest;
  }
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  const poly =
    t *
    (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429))));
  return (poly * Math.exp(-x * x)) / 2;
}

// The chance that Laplace noise of scale b and normal noise come to k or more together. For
// discrete Laplace noise and a whole k that counts half this is exact as the normal part goes to 0.
function noiseAbove(k: number, b: number, normal: number): number {
  const [z, shift] = [k / normal, normal / b];
  const half = (shift * shift) / 2;
  const up = Math.exp(half - k / b) * above(shift - z);
  const down = Math.exp(half + k / b) * above(shift + z);
  return above(z) + (up - down) / 2;
}

// A count x, binomial, of which it is known that it was no less than `least`: the chance of that
// and of x + noise being y or more, summed term by term.
export function aboveBoth(
  { of, share, least }: { of: number; share: number; least: number },
  y: number,
  b: number,
  normal: number,
): number {
  let log = of * Math.log1p(-share); // of the chance of x
  const odds = Math.log(share) - Math.log1p(-share);
  const step = (x: number): number => Math.log((of - x) / (x + 1)) + odds;
  let x = 0;
  for (; x < least; x++) log += step(x);
  let sum = 0;
  for (; x <= of; x++) {
    const chance = Math.exp(log);
    sum += chance * noiseAbove(y - x, b, Math.max(0.05, normal));
    if (x > of * share && chance < 1e-9 * sum) break;
    log += step(x);
  }
  return Math.min(1, sum);
}

export class Sum {
  private readonly counts: [of: number, share: number, weight: number][] = [];
  private readonly noises: [draws: number, weight: number, law: Law][] = [];

  // weight × Binomial(of, share)
  count(of: number, share: number, weight: number): this {
    if (of > 0 && weight !== 0)
      this.counts.push([of, Math.min(1 - 1e-12, Math.max(1e-12, share)), weight]);
    return this;
  }
  // weight × the sum of so many draws
  noise(law: Law | null, draws: number, weight: number): this {
    if (law && draws > 0 && weight !== 0) this.noises.push([draws, weight, law]);
    return this;
  }

  private cumulants(t: number): [k: number, first: number, second: number] {
    let [k, first, second] = [0, 0, 0];
    for (const [of, share, weight] of this.counts) {
      const u = weight * t;
      const e = Math.exp(-Math.abs(u));
      const base = u > 0 ? share + (1 - share) * e : 1 - share + share * e;
      const at = u > 0 ? share / base : (share * e) / base;
      k += of * ((u > 0 ? u : 0) + Math.log(base));
      first += of * weight * at;
      second += of * weight * weight * at * (1 - at);
    }
    for (const [draws, weight, law] of this.noises) {
      const [a, b, c] = law.cumulants(weight * t);
      k += draws * a;
      first += draws * weight * b;
      second += draws * weight * weight * c;
    }
    return [k, first, second];
  }

  deviation(): number {
    return Math.sqrt(this.cumulants(0)[2]);
  }

  // The t at which the tilted sum has the mean x. The mean grows with t: Newton's steps, halved
  // where they leave what is left of the line.
  private saddle(x: number, mean: number, variance: number): number {
    let most = Infinity;
    for (const [, weight, law] of this.noises) most = Math.min(most, law.reach / Math.abs(weight));
    if (most === Infinity)
      most = 50 / Math.min(...this.counts.map(([, , weight]) => Math.abs(weight)));
    let [low, high] = x > mean ? [0, most] : [-most, 0];
    let t = (x - mean) / variance;
    for (let step = 0; step < 80; step++) {
      if (!(t > low && t < high)) t = (low + high) / 2;
      const [, first, second] = this.cumulants(t);
      if (first < x) low = t;
      else high = t;
      const next = t + (x - first) / second;
      if (Math.abs(next - t) <= 1e-9 * Math.abs(t)) return t;
      t = next;
    }
    return t;
  }

  // Without noise a sum cannot leave its range, and at its ends there is no saddle.
  private atEnd(x: number): number | null {
    if (this.noises.length) return null;
    let [least, most, atLeast, atMost] = [0, 0, 0, 0];
    for (const [of, share, weight] of this.counts) {
      const [all, none] = [of * Math.log(share), of * Math.log(1 - share)];
      least += weight < 0 ? of * weight : 0;
      most += weight > 0 ? of * weight : 0;
      atLeast += weight < 0 ? all : none;
      atMost += weight > 0 ? all : none;
    }
    const near = 1e-9 * (most - least);
    if (x >= most - near) return x > most + near ? 0 : Math.exp(atMost) / 2;
    if (x <= least + near) return x < least - near ? 1 : 1 - Math.exp(atLeast) / 2;
    return null;
  }

  // The chance of x or more, x itself counted half.
  upper(x: number): number {
    const end = this.atEnd(x);
    if (end !== null) return end;
    const [, mean, variance] = this.cumulants(0);
    if (!(variance > 0)) return x > mean ? 0 : x < mean ? 1 : 0.5;
    const deviation = Math.sqrt(variance);
    const z = (x - mean) / deviation;
    if (Math.abs(z) < 1e-3) return 0.5 - this.skew(variance) - z * density(0);
    const t = this.saddle(x, mean, variance);
    const [k, , second] = this.cumulants(t);
    const w = Math.sign(t) * Math.sqrt(Math.max(0, 2 * (t * x - k)));
    const tail = above(w) + density(w) * (1 / (t * Math.sqrt(second)) - 1 / w);
    return Math.min(1, Math.max(0, tail));
  }
  private skew(variance: number): number {
    let third = 0; // the noise has none
    for (const [of, share, weight] of this.counts)
      third += of * weight ** 3 * share * (1 - share) * (1 - 2 * share);
    return third / (variance ** 1.5 * 6 * Math.sqrt(2 * Math.PI));
  }
}
