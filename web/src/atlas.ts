// SPDX-License-Identifier: Apache-2.0
// The atlas as the page holds it: clusters by id with parents and children, facets, periods. Every
// text here was released; it is still only ever put into the page as text, never as markup.
import { count, roundedTo } from './format';
import { perDraw } from './stats';

export type FacetRow = [value: string, n: number, share: number];
export type Facets = Record<string, FacetRow[]>;

// What the first answer holds, in columns (docs/explorer.md, "Addresses").
export interface IndexData {
  run: Record<string, string>;
  trees?: string[]; // the facets that are clustered, where there are several
  clusters: {
    id?: number[]; // not there: 1, 2, 3 …
    parent: number[]; // 0: top
    level: number[]; // 0: base
    title: (string | null)[]; // null: withheld
    n: number[];
    accounts: (number | null)[];
    x: (number | null)[];
    y: (number | null)[];
  };
  facets: Facets;
  density: [x: number, y: number, weight: number][];
  stages: [name: string, nIn: number, nOut: number][];
  periods: Periods | null;
  lineage?: Lineage | null; // null, or not there: an atlas that never grew
}
export type ReleaseRow = [id: number, lastDay: string | null, n: number, base: number];
export type EventRow = [
  release: number,
  kind: 'born' | 'split' | 'merged' | 'died' | 'retitled',
  cluster: number,
  other: number | null, // split from, merged into
  title: string | null, // of one that is gone; null: not told
];
export interface Lineage {
  releases: ReleaseRow[];
  events: EventRow[];
}
export interface Periods {
  step: string; // day, week, month
  first: string[]; // first day of each
  n: (number | null)[]; // of all conversations; null: too few people to show
}
export interface FacetCells {
  values: string[];
  cluster: number[];
  value: number[]; // index into values
  n: number[];
}
export interface PairCells {
  a: string;
  b: string;
  cells: [valueA: string, valueB: string, n: number][];
}
export interface MeasureCells {
  cluster: number[];
  value: number[];
}
export interface CellData {
  facets: Record<string, FacetCells>;
  pairs: PairCells[];
  measures?: Record<string, MeasureCells>; // coherence: 0 … 1
}
// The atlas to compare with.
export interface OtherData {
  index: IndexData;
  details: Detail[];
}
// Groups by nearness in meaning to a question; `able`: the server has an embedder; `ready`: it has
// read the groups.
export interface Meaning {
  able: boolean;
  ready: boolean;
  hits: [id: number, cosine: number][];
}
export interface TimeData {
  cluster: number[];
  period: number[];
  n: number[];
}
export interface Detail {
  id: number;
  summary: string | null;
  phrases: string[];
  support?: number[]; // of each phrase the least of its band; 0: not told
  near: number[];
  facets: Facets;
  time: [period: number, n: number][];
}

export interface Cluster {
  id: number;
  parent: Cluster | null;
  children: Cluster[];
  level: number;
  depth: number; // 0: top
  title: string | null;
  n: number;
  accounts: number | null;
  share: number;
  x: number | null;
  y: number | null;
  group: number; // which top cluster it belongs to, 0 …
  tint: number; // 0 … 3, steps away from the group's own colour
  draws: number; // of how many noisy counts n is the sum: one for each smallest group in it
}

export interface Atlas {
  run: Record<string, string>;
  trees: string[]; // the facets that are clustered, a tree each; empty: one
  clusters: Cluster[];
  byId: Map<number, Cluster>;
  tops: Cluster[];
  bases: Cluster[];
  topLevel: number;
  total: number;
  facets: Facets;
  density: [number, number, number][];
  stages: [string, number, number][];
  periods: Periods | null;
  lineage: Lineage | null;
}

const byShare = (a: Cluster, b: Cluster) => b.n - a.n || a.id - b.id;

// What c and all in it get from their place in the tree; returns c.draws. All are whole numbers:
// the browser makes ten thousand objects anew when a field of theirs first gets a fraction.
function settle(c: Cluster, group: number, tint: number, depth: number): number {
  c.group = group;
  c.tint = tint;
  c.depth = depth;
  if (c.children.length > 1) c.children.sort(byShare);
  let draws = 0;
  c.children.forEach((child, i) => {
    draws += settle(child, group, depth === 0 ? i % 4 : tint, depth + 1);
  });
  return (c.draws = Math.max(1, draws));
}

function readClusters(data: IndexData['clusters'], total: number): Cluster[] {
  return data.n.map((n, i) => ({
    id: data.id?.[i] ?? i + 1,
    parent: null,
    children: [],
    level: data.level[i] ?? 0,
    depth: 0,
    // The mark between the parts of a title stays at the end of its line.
    title: data.title[i]?.replaceAll(' · ', '\u00a0· ') ?? null,
    n,
    accounts: data.accounts[i] ?? null,
    share: n / Math.max(1, total),
    x: data.x[i] ?? null,
    y: data.y[i] ?? null,
    group: 0,
    tint: 0,
    draws: 0,
  }));
}

export function readAtlas(data: IndexData): Atlas {
  const clusters = readClusters(data.clusters, Number(data.run['n_conversations'] ?? 0));
  const byId = new Map(clusters.map((c) => [c.id, c]));
  const tops: Cluster[] = [];
  clusters.forEach((c, i) => {
    const parent = byId.get(data.clusters.parent[i] ?? 0) ?? null;
    c.parent = parent;
    (parent ? parent.children : tops).push(c);
  });
  tops.sort(byShare);
  tops.forEach((c, i) => settle(c, i, 0, 0));
  return {
    run: data.run,
    trees: data.trees ?? [],
    clusters,
    byId,
    tops,
    bases: clusters.filter((c) => c.level === 0).sort(byShare),
    topLevel: clusters.reduce((most, c) => Math.max(most, c.level), 0),
    total: Number(data.run['n_conversations'] ?? 0),
    facets: data.facets,
    density: data.density,
    stages: data.stages,
    periods: data.periods,
    lineage: data.lineage ?? null,
  };
}

// All conversations in words: of a noisy atlas the number nearest to it, which sizes need not add
// up to; where there is none, their sum to the digits that its deviation leaves.
export function countOfAll(atlas: Atlas): string {
  const noise = Number(atlas.run['noise_conversations'] ?? 0) || 0;
  const counted = Number(atlas.run['n_counted'] ?? 0);
  if (counted) return `about ${count(counted)}`;
  const deviation = noise * Math.sqrt(atlas.bases.length);
  return deviation ? `about ${count(roundedTo(atlas.total, deviation))}` : count(atlas.total);
}

// How many conversations count as one draw (perDraw of stats.ts): in a group, in all.
const mostOf = (atlas: Atlas): number => Number(atlas.run['max_per_account'] ?? 0) || 0;
export const drawOf = (atlas: Atlas, c: Cluster): number =>
  perDraw(c.n, c.accounts, mostOf(atlas));
export const drawOfAll = (atlas: Atlas): number =>
  perDraw(atlas.total, Number(atlas.run['n_accounts'] ?? 0), mostOf(atlas));

export const nameOf = (c: Cluster): string => c.title ?? 'Withheld';

// From the top down, without the cluster itself.
export function pathOf(c: Cluster): Cluster[] {
  const path: Cluster[] = [];
  for (let p = c.parent; p; p = p.parent) path.unshift(p);
  return path;
}
export function isInside(c: Cluster, ancestor: Cluster): boolean {
  for (let p: Cluster | null = c; p; p = p.parent) if (p === ancestor) return true;
  return false;
}
export const hasAccounts = (atlas: Atlas): boolean => atlas.run['has_accounts'] !== 'no';

// The words for each level, from the top of the tree to its base.
export function levelName(atlas: Atlas, level: number): string {
  if (level === 0) return atlas.topLevel === 0 ? 'groups' : 'smallest groups';
  return level === atlas.topLevel ? 'main groups' : 'groups in between';
}
export const levelsOf = (atlas: Atlas): number[] =>
  Array.from({ length: atlas.topLevel + 1 }, (_, i) => atlas.topLevel - i);

export const facetNames: Record<string, string> = {
  language: 'Language',
  concern: 'Concern',
  turns: 'Messages',
};
export const facetName = (facet: string): string =>
  facetNames[facet] ?? facet.charAt(0).toUpperCase() + facet.slice(1).replaceAll('_', ' ');

const concerns = [undefined, 'none', 'slight', 'some', 'high', 'severe'];
// How a value is called in a sentence of the page.
export function valueName(facet: string, value: string): string {
  if (facet === 'concern') return concerns[Number(value)] ?? value;
  if (facet === 'turns')
    return value === '1' ? '1 message' : `${value.replace('-', '–')} messages`;
  return value;
}
// The same within a sentence: "in Spanish", "in conversations of 2 messages".
export function whereName(facet: string, value: string): string {
  if (facet === 'language') return `in ${value}`;
  if (facet === 'turns') return `in conversations of ${valueName(facet, value)}`;
  if (facet === 'concern') return `where concern is “${valueName(facet, value)}”`;
  if (facet === 'classifier')
    return value === 'no label' ? 'without a label' : `where a classifier says “${value}”`;
  return `where ${facetName(facet).toLowerCase()} is “${value}”`;
}
// Values that have an order of their own stand in it; others by size.
const turnOrder = ['1', '2', '3-5', '6-10', '11+'];
export function inOrder(facet: string, rows: FacetRow[]): FacetRow[] {
  if (facet === 'concern') return [...rows].sort((a, b) => Number(a[0]) - Number(b[0]));
  if (facet === 'turns')
    return [...rows].sort((a, b) => turnOrder.indexOf(a[0]) - turnOrder.indexOf(b[0]));
  return rows;
}
