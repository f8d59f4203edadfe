// SPDX-License-Identifier: Apache-2.0
// Which group of another atlas is which of ours: the same title, else at least a third of all
// phrases in common, on the same level; as `clio diff` does.
import type { Atlas, Cluster, Detail, OtherData } from './atlas';
import { readAtlas } from './atlas';
import { days } from './format';

export interface Other {
  atlas: Atlas;
  name: string;
  match: Map<number, Cluster>; // our id → theirs
  gone: Cluster[]; // theirs without a counterpart
  born: Cluster[]; // ours without one
}

const fold = (text: string): string => text.toLocaleLowerCase();
const phrasesOf = (details: Detail[]): Map<number, Set<string>> =>
  new Map(details.map((d) => [d.id, new Set(d.phrases.map(fold))]));

interface Pair {
  ours: Cluster;
  theirs: Cluster;
  part: number; // of all phrases of both, those in common
}
function pairsOf(
  ours: Cluster[],
  theirs: Cluster[],
  own: Map<number, Set<string>>,
  their: Map<number, Set<string>>,
): Pair[] {
  const where = new Map<string, Cluster[]>();
  for (const c of theirs)
    for (const p of their.get(c.id) ?? []) where.set(p, [...(where.get(p) ?? []), c]);
  const pairs: Pair[] = [];
  for (const c of ours) {
    const mine = own.get(c.id) ?? new Set();
    const common = new Map<Cluster, number>();
    for (const p of mine)
      for (const t of where.get(p) ?? [])
        if (t.level === c.level) common.set(t, (common.get(t) ?? 0) + 1);
    for (const [t, n] of common) {
      const part = n / (mine.size + (their.get(t.id)?.size ?? 0) - n);
      if (part >= 1 / 3) pairs.push({ ours: c, theirs: t, part });
    }
  }
  return pairs.sort(
    (a, b) => b.part - a.part || a.ours.id - b.ours.id || a.theirs.id - b.theirs.id,
  );
}

export function readOther(atlas: Atlas, details: Detail[], data: OtherData): Other {
  const other = readAtlas(data.index);
  const titles = new Map(
    other.clusters.flatMap((c) => (c.title === null ? [] : [[fold(c.title), c] as const])),
  );
  const match = new Map<number, Cluster>();
  const taken = new Set<Cluster>();
  const pair = (ours: Cluster, theirs: Cluster | undefined): void => {
    if (!theirs || match.has(ours.id) || taken.has(theirs)) return;
    match.set(ours.id, theirs);
    taken.add(theirs);
  };
  for (const c of atlas.clusters)
    if (c.title !== null) pair(c, titles.get(fold(c.title)));
  const rest = pairsOf(
    atlas.clusters.filter((c) => !match.has(c.id)),
    other.clusters.filter((c) => !taken.has(c)),
    phrasesOf(details),
    phrasesOf(data.details),
  );
  for (const p of rest) pair(p.ours, p.theirs);
  const run = other.run;
  const own = atlas.run;
  const same = run['first_day'] === own['first_day'] && run['last_day'] === own['last_day'];
  const from = run['first_day'];
  const period = from && !same ? days(from, run['last_day'] ?? from) : '';
  return {
    atlas: other,
    name: period ? `the other atlas (${period})` : 'the other atlas',
    match,
    gone: other.clusters.filter((c) => !taken.has(c) && c.title !== null),
    born: atlas.clusters.filter((c) => !match.has(c.id) && c.title !== null),
  };
}
