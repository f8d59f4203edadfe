// SPDX-License-Identifier: Apache-2.0
// What circles can be coloured by. A measure gives a number for a cluster, or null when the release
// does not hold it (too few people), and a colour for a number.
import type { Atlas, CellData, Cluster, MeasureCells, TimeData } from './atlas';
import { facetName, inOrder, nameOf, valueName } from './atlas';
import { change, isolate, percent } from './format';
import { growthOf, hasTrend } from './trend';
import type { Theme } from './theme';
import { amount, colourOf, shift, unknownColour } from './theme';

export interface Measure {
  key: string;
  name: string;
  low: string; // words at the ends of the legend; both empty: no legend
  high: string;
  zero?: string; // the named middle of a ramp of change
  missing?: (c: Cluster) => boolean; // it is grey, as the release does not hold its number
  grey?: string; // why, in words; too few people where nothing is said
  colour: (c: Cluster, theme: Theme) => string;
  words: (c: Cluster) => string; // for the card; "" when there is nothing to say
}
export interface Choice {
  key: string;
  name: string;
  group: string;
  off?: string; // why it cannot be chosen
}

const byGroup: Measure = {
  key: 'group',
  name: 'main group',
  low: '',
  high: '',
  colour: colourOf,
  words: () => '',
};

const RATE = 'classifier:flagged';

// The share that a classifier flagged; why it may be missing is in the run's label.
function classifierChoice(atlas: Atlas): Choice {
  const choice = { key: RATE, name: 'classifier rate', group: 'Groups' };
  if (atlas.facets['classifier']?.some(([value]) => value === 'flagged')) return choice;
  const why = atlas.run['left_out']?.split('.').includes('classifier')
    ? 'left out, as it would cost more'
    : atlas.run['classifier']
      ? 'too few people to show'
      : 'no classifier in this release';
  return { ...choice, off: why };
}

export function choices(atlas: Atlas): Choice[] {
  const list: Choice[] = [{ key: 'group', name: 'main group', group: 'Groups' }];
  const people = atlas.clusters.some((c) => c.accounts !== null);
  list.push(
    people
      ? { key: 'people', name: 'conversations per person', group: 'Groups' }
      : {
          key: 'people',
          name: 'conversations per person',
          group: 'Groups',
          off: 'this corpus names no people',
        },
    hasTrend(atlas)
      ? { key: 'growth', name: 'growth', group: 'Groups' }
      : { key: 'growth', name: 'growth', group: 'Groups', off: 'no time in this corpus' },
    { key: 'is:coherence', name: 'how alike its conversations are', group: 'Groups' },
    (atlas.facets['concern'] ?? []).length > 1
      ? { key: 'is:concern', name: 'mean concern', group: 'Groups' }
      : { key: 'is:concern', name: 'mean concern', group: 'Groups', off: 'not in this release' },
    classifierChoice(atlas),
  );
  for (const [facet, rows] of Object.entries(atlas.facets))
    for (const [value] of inOrder(facet, rows).slice(0, 16))
      if (`${facet}:${value}` !== RATE) list.push({
        key: `${facet}:${value}`,
        name: valueName(facet, value),
        group: facetName(facet),
      });
  return list;
}

// `least`: a narrower span does not fill the ramp, so that what hardly differs looks alike.
function ramp(
  key: string,
  name: string,
  values: Map<number, number>,
  say: (v: number) => string,
  least = 1e-9,
): Measure {
  const sorted = [...values.values()].sort((a, b) => a - b);
  const low = sorted[Math.floor(sorted.length * 0.02)] ?? 0;
  const high = Math.max(low + least, sorted[Math.ceil(sorted.length * 0.98) - 1] ?? 1);
  return {
    key,
    name,
    missing: (c) => !values.has(c.id),
    low: sorted.length ? say(low) : '',
    high: sorted.length ? say(high) : '',
    colour: (c, theme) => {
      const v = values.get(c.id);
      return v === undefined ? unknownColour(theme) : amount((v - low) / (high - low), theme);
    },
    words: (c) => {
      const v = values.get(c.id);
      return v === undefined ? `${name}: too few people to show` : `${name}: ${say(v)}`;
    },
  };
}

function facetValues(
  atlas: Atlas,
  cells: CellData,
  facet: string,
  value: string,
): Map<number, number> | null {
  const columns = cells.facets[facet];
  const wanted = columns?.values.indexOf(value) ?? -1;
  if (!columns || wanted < 0) return null;
  const values = new Map<number, number>();
  columns.cluster.forEach((id, i) => {
    const c = atlas.byId.get(id);
    if (c && columns.value[i] === wanted) values.set(id, (columns.n[i] ?? 0) / c.n);
  });
  return values;
}

// The mean grade of what may be shown; where that is under nine in ten conversations, none.
function meanConcern(atlas: Atlas, cells: CellData): Measure {
  const columns = cells.facets['concern'];
  const sums = new Map<number, { n: number; sum: number }>();
  columns?.cluster.forEach((id, i) => {
    const n = columns.n[i] ?? 0;
    const old = sums.get(id) ?? { n: 0, sum: 0 };
    const grade = Number(columns.values[columns.value[i] ?? 0] ?? 0);
    sums.set(id, { n: old.n + n, sum: old.sum + n * grade });
  });
  const values = new Map<number, number>();
  for (const [id, { n, sum }] of sums)
    if (n >= 0.9 * (atlas.byId.get(id)?.n ?? Infinity)) values.set(id, sum / n);
  return ramp('is:concern', 'mean concern (1 none … 5 severe)', values, (v) => v.toFixed(2), 1);
}
function published(key: string, cells: MeasureCells | undefined): Measure {
  const values = new Map<number, number>();
  cells?.cluster.forEach((id, i) => values.set(id, cells.value[i] ?? 0));
  const name = key === 'coherence' ? 'how alike its conversations are (0 … 1)' : key;
  return ramp(`is:${key}`, name, values, (v) => v.toFixed(2));
}

// A group too small for a figure of its own has that of the one it lies in.
function nearestWith<T>(values: Map<number, T>, c: Cluster): [Cluster, T] | null {
  const own = values.get(c.id);
  return own !== undefined ? [c, own] : c.parent ? nearestWith(values, c.parent) : null;
}
const whose = (of: Cluster, c: Cluster): string =>
  of === c ? '' : `its larger group “${isolate(nameOf(of))}”: `;

function rateMeasure(atlas: Atlas, cells: CellData): Measure {
  const name = 'flagged by a classifier';
  const values = facetValues(atlas, cells, 'classifier', 'flagged') ?? new Map<number, number>();
  const own = ramp(RATE, name, values, percent);
  return {
    ...own,
    missing: (c) => !nearestWith(values, c),
    colour: (c, theme) => own.colour(nearestWith(values, c)?.[0] ?? c, theme),
    words: (c) => {
      const found = nearestWith(values, c);
      return found ? `${whose(found[0], c)}${percent(found[1])} ${name}` : own.words(c);
    },
  };
}

function growthMeasure(atlas: Atlas, time: TimeData): Measure {
  const values = growthOf(atlas, time);
  return {
    key: 'growth',
    name: 'growth',
    low: 'half or less',
    high: 'double or more',
    zero: 'as before',
    missing: (c) => !nearestWith(values, c),
    colour: (c, theme) => {
      const v = nearestWith(values, c)?.[1];
      return v ? shift(Math.max(-1, Math.min(1, Math.log2(v.ratio)))) : unknownColour(theme);
    },
    words: (c) => {
      const found = nearestWith(values, c);
      if (!found) return 'growth: too few people to show';
      const [of, v] = found;
      return `${whose(of, c)}${change(v.ratio)} against ${v.before}`;
    },
  };
}

export function findMeasure(
  atlas: Atlas,
  key: string,
  cells: CellData | null,
  time: TimeData | null,
): Measure {
  if (key === 'people') {
    const values = new Map<number, number>();
    for (const c of atlas.clusters) if (c.accounts) values.set(c.id, c.n / c.accounts);
    return ramp(key, 'conversations per person', values, (v) => v.toFixed(1));
  }
  if (key === 'growth' && time) return growthMeasure(atlas, time);
  if (key === 'is:concern' && cells) return meanConcern(atlas, cells);
  if (key.startsWith('is:') && cells)
    return published(key.slice(3), cells.measures?.[key.slice(3)]);
  const at = key.indexOf(':');
  if (key === RATE && cells) return rateMeasure(atlas, cells);
  if (at > 0 && cells) {
    const [facet, value] = [key.slice(0, at), key.slice(at + 1)];
    const values = facetValues(atlas, cells, facet, value);
    if (values) return ramp(key, valueName(facet, value), values, percent);
  }
  return byGroup;
}
