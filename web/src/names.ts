// SPDX-License-Identifier: Apache-2.0
// The names of rows beside a chart: how much room they get, in how many lines, how high a row is.
import { inLines } from './format';

const LETTER = 6.9; // pixels, of the font of charts
const TICK = 10;

export interface Names {
  left: number; // pixels
  height: number; // of a row
  of: (key: string) => string;
}
export function namesBeside(rows: { key: string; name: string }[], width: number): Names {
  const left = Math.min(300, Math.max(124, width * 0.38));
  const most = Math.floor((left - TICK) / LETTER);
  const names = new Map(rows.map((r) => [r.key, inLines(r.name, most, most < 24 ? 3 : 2)]));
  const lines = Math.max(1, ...[...names.values()].map((name) => name.split('\n').length));
  return { left, height: 12 * lines + 11, of: (key) => names.get(key) ?? '' };
}
