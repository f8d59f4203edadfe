// SPDX-License-Identifier: Apache-2.0
// web/src/stats.ts and tail.ts as a module, set to mode guarded, and draws of what that mode shows:
// for tests/browser/stats.mjs and tests/quality/planted_power.mjs.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../web/package.json', import.meta.url));
const { outputFiles } = require('esbuild').buildSync({
  stdin: {
    contents: "export * from './stats'; export * from './tail';",
    resolveDir: new URL('../../web/src/', import.meta.url).pathname,
    loader: 'ts',
  },
  ...{ bundle: true, format: 'esm', write: false, logLevel: 'error' },
});
const bundle = Buffer.from(outputFiles[0].text).toString('base64');
export const stats = await import('data:text/javascript;base64,' + bundle);

const SCALE = 5; // of mode guarded: what one person may add
export const FLOOR = 15;
export const P = Math.exp(-1 / SCALE);
export const DEVIATION = Math.sqrt(2 * P) / (1 - P);
export const guarded = {
  privacy: 'guarded',
  noise_conversations: DEVIATION.toFixed(4),
  min_conversations: String(FLOOR),
};
stats.setNoise(guarded);

export function drawsOf(seed) {
  let state = seed;
  function uniform() {
    state = (state + 0x6d2b79f5) | 0; // Weyl sequence, mixed (mulberry32)
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }
  const geometric = () => Math.floor(Math.log(1 - uniform()) / Math.log(P));
  const noise = () => geometric() - geometric();
  function binomial(of, share) {
    let n = 0; // jumps from hit to hit
    for (let at = 0; ; n++) {
      at += 1 + Math.floor(Math.log(1 - uniform()) / Math.log1p(-share));
      if (at > of) return n;
    }
  }
  return { noise, binomial, uniform };
}
