// SPDX-License-Identifier: Apache-2.0
// Shares over time. A period that too few people share is not in the atlas; it is a gap, never a
// zero. Growth compares the last four periods with the four before, the halves of the corpus, or
// the ends of a line through it.
import type { Atlas, Cluster, TimeData } from './atlas';
import { drawOf } from './atlas';
import { steps } from './format';
import type { Slope } from './stats';
import { discoveries, ratioOf, slopeOf } from './stats';

export interface Point {
  period: number;
  n: number;
  of: number;
}
export interface Growth extends Slope {
  now: number; // conversations
  before: string; // against what: "the 4 weeks before"
}

export const hasTrend = (atlas: Atlas): boolean =>
  !!atlas.periods && atlas.periods.n.filter((n) => n !== null).length >= 2;

export function seriesOf(atlas: Atlas, points: [period: number, n: number][]): Point[] {
  const all = atlas.periods?.n ?? [];
  return points
    .map(([period, n]) => ({ period, n, of: all[period] ?? 0 }))
    .filter((p) => p.of > 0)
    .sort((a, b) => a.period - b.period);
}

export function allSeries(atlas: Atlas, time: TimeData): Map<number, Point[]> {
  const found = new Map<number, [number, number][]>();
  time.cluster.forEach((id, i) => {
    let list = found.get(id);
    if (!list) found.set(id, (list = []));
    list.push([time.period[i] ?? 0, time.n[i] ?? 0]);
  });
  return new Map([...found].map(([id, list]) => [id, seriesOf(atlas, list)]));
}

export interface Window {
  from: number;
  to: number; // inclusive
}
// Conversations of a series within a window, beside all conversations of the same periods.
export function within(series: Point[], w: Window): { n: number; of: number; periods: number } {
  const sum = { n: 0, of: 0, periods: 0 };
  for (const p of series) {
    if (p.period < w.from || p.period > w.to) continue;
    sum.n += p.n;
    sum.of += p.of;
    sum.periods++;
  }
  return sum;
}

// "last": the last periods against as many before; "half": the second half of the corpus against
// the first; "line": the end of a line through all periods against its start.
export type Span = 'last' | 'half' | 'line';
export const spanOf = (text: string | undefined): Span =>
  text === 'half' || text === 'line' ? text : 'last';
export function halves(atlas: Atlas): { before: Window; after: Window } {
  const last = (atlas.periods?.first.length ?? 1) - 1;
  const half = Math.floor(last / 2);
  return { before: { from: 0, to: half }, after: { from: half + 1, to: last } };
}

// The last `k` periods that are there, and as many before; k is four, fewer in a short corpus. The
// first and the last period of a corpus are rarely whole, but shares do not mind.
export function lastWindows(atlas: Atlas): { before: Window; after: Window; k: number } {
  const shown = (atlas.periods?.n ?? []).flatMap((n, i) => (n === null ? [] : [i]));
  const k = Math.max(1, Math.min(4, Math.floor(shown.length / 2)));
  const after = shown.slice(-k);
  const before = shown.slice(-2 * k, -k);
  return {
    before: { from: before[0] ?? 0, to: before[before.length - 1] ?? 0 },
    after: { from: after[0] ?? 0, to: after[after.length - 1] ?? 0 },
    k,
  };
}

// A window of which more than a quarter is hidden cannot be compared: what is left would be the
// periods in which the group happened to be large.
// `per`: conversations that count as one draw.
export function compareWindows(
  series: Point[],
  before: Window,
  after: Window,
  per: number,
): Slope | null {
  const a = within(series, after);
  const b = within(series, before);
  const enough = (periods: number, w: Window): boolean => periods >= 0.75 * (w.to - w.from + 1);
  if (!enough(a.periods, after) || !enough(b.periods, before)) return null;
  return ratioOf(a.n, a.of, b.n, b.of, [a.periods, b.periods], [per, per]);
}

// A line asks for fewer periods than a window, as it does not add them up; those that are hidden
// are the smallest, which makes a change look smaller than it is.
function compareEnds(
  series: Point[],
  { before, after }: { before: Window; after: Window },
): Slope | null {
  const parts = [before, after].map((w) => within(series, w).periods);
  if (Math.min(...parts) < 4 || series.length < (after.to + 1) / 5) return null;
  return slopeOf(series.map((p) => ({ ...p, at: p.period / Math.max(1, after.to) })));
}

export function growthOf(
  atlas: Atlas,
  time: TimeData,
  span: Span = 'last',
): Map<number, Growth> {
  const { k, ...last } = lastWindows(atlas);
  const windows = span === 'last' ? last : halves(atlas);
  const against = {
    last: `the ${steps(atlas.periods?.step ?? 'week', k)} before`,
    half: 'the first half',
    line: 'the start',
  }[span];
  const found = new Map<number, Growth>();
  for (const [id, series] of allSeries(atlas, time)) {
    const c = atlas.byId.get(id);
    const per = c ? drawOf(atlas, c) : 1;
    const ratio =
      span === 'line'
        ? compareEnds(series, windows)
        : compareWindows(series, windows.before, windows.after, per);
    if (ratio)
      found.set(
        id,
        Object.assign(ratio, { now: within(series, windows.after).n, before: against }),
      );
  }
  return found;
}

// Shown in the last periods, but in none before them although the corpus reaches back far enough;
// and what the group has besides them would be much rarer if it were spread over those before. (A
// group that was always there, and has only just enough people for a period, is not new.)
export function isNew(atlas: Atlas, c: Cluster, series: Point[]): boolean {
  const shown = (atlas.periods?.n ?? []).flatMap((n, i) => (n === null ? [] : [i]));
  const first = series[0]?.period;
  if (first === undefined || shown.length < 12) return false;
  const late = shown[Math.floor((shown.length * 3) / 4)] ?? 0;
  if (first < late) return false;
  const last = { from: first, to: Infinity };
  const seen = within(series, last);
  const [before, after] = [0, 0].map((_, i) =>
    (atlas.periods?.n ?? []).reduce<number>(
      (sum, n, period) => sum + (period >= first === !!i ? (n ?? 0) : 0),
      0,
    ),
  ) as [number, number];
  const rate = seen.n / seen.of;
  return (c.n - rate * after) / Math.max(1, before) < rate / 4;
}

// A change, and whether it stands when at most one in twenty of those that do may be chance.
export interface Mover {
  c: Cluster;
  g: Growth;
  stands: boolean;
}
export function moversOf(list: Cluster[], growth: Map<number, Growth>): Mover[] {
  const found = list.flatMap((c) => {
    const g = growth.get(c.id);
    return g ? [{ c, g, stands: false }] : [];
  });
  const stands = discoveries(
    found.map((m) => m.g.p),
    list.length,
  );
  found.forEach((m, i) => (m.stands = stands[i] ?? false));
  return found;
}
