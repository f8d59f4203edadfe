// SPDX-License-Identifier: Apache-2.0
// Where a value of a facet is more common than overall: the authors' figure for languages, and the
// same for every facet. Each ratio with its interval; those that stand when at most one in twenty
// of them may be false come first; cells of too few people are not in the atlas.
import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { Atlas, CellData, Cluster } from './atlas';
import { nameOf, whereName } from './atlas';
import { Chart, Figure } from './chart';
import { shorten, times } from './format';
import type { Sheet } from './save';
import { GroupLink } from './shared';
import { discoveries, ratioOf } from './stats';
import type { Theme } from './theme';
import { colourOf } from './theme';

export interface Over {
  c: Cluster;
  n: number;
  share: number; // of the cluster
  ratio: number;
  low: number;
  high: number;
  p: number;
  stands: boolean;
}

// Of each group of a level: how common a value is there beside how common it is elsewhere.
export function overOf(
  atlas: Atlas,
  cells: CellData,
  facet: string,
  value: string,
  level: number,
): Over[] {
  const columns = cells.facets[facet];
  const base = atlas.facets[facet]?.find(([v]) => v === value);
  const wanted = columns?.values.indexOf(value) ?? -1;
  if (!columns || !base || wanted < 0) return [];
  const rows: Over[] = [];
  columns.cluster.forEach((id, i) => {
    const c = atlas.byId.get(id);
    if (columns.value[i] !== wanted || !c || c.level !== level) return;
    const n = columns.n[i] ?? 0;
    const rest = Math.max(1, atlas.total - c.n);
    const r = ratioOf(n, c.n, Math.max(0, Math.min(rest, base[1] - n)), rest);
    const ratio = n / c.n / base[2];
    const stretch = ratio / r.ratio; // the interval of the ratio to all, not to the rest
    rows.push({
      c,
      n,
      share: n / c.n,
      ratio,
      low: r.low * stretch,
      high: r.high * stretch,
      p: r.p,
      stands: false,
    });
  });
  const stands = discoveries(rows.map((r) => r.p));
  rows.forEach((r, i) => (r.stands = stands[i] ?? false));
  return rows.sort((a, b) => b.ratio - a.ratio || a.c.id - b.c.id);
}

// The smallest groups of which a few hold the value; the main groups when none do.
export function finestOver(atlas: Atlas, cells: CellData, facet: string, value: string): number {
  for (let level = 0; level < atlas.topLevel; level++)
    if (overOf(atlas, cells, facet, value, level).length >= 3) return level;
  return atlas.topLevel;
}

export function overSheet(rows: Over[]): Sheet {
  return {
    head: [
      'group',
      'conversations',
      'share in the group',
      'times as common as overall',
      'low',
      'high',
      'holds up',
    ],
    rows: rows.map((r) => [
      nameOf(r.c),
      r.n,
      Number(r.share.toFixed(4)),
      Number(r.ratio.toFixed(2)),
      Number(r.low.toFixed(2)),
      Number(r.high.toFixed(2)),
      r.stands ? 'yes' : 'no',
    ]),
  };
}

const LINES = 18;

export function OverFigure(props: {
  atlas: Atlas;
  facet: string;
  value: string;
  rows: Over[];
  theme: Theme;
}) {
  const { facet, value, rows, theme } = props;
  const best = rows.find((r) => r.stands && r.ratio > 1);
  const shown = useMemo(() => {
    const first = [...rows].sort(
      (a, b) => Number(b.stands) - Number(a.stands) || b.ratio - a.ratio,
    );
    return first.slice(0, LINES).sort((a, b) => b.ratio - a.ratio);
  }, [rows]);
  const make = useCallback(
    (width: number): Plot.PlotOptions => {
      const left = Math.min(300, Math.max(110, width * 0.36));
      const label = (c: Cluster): string => shorten(nameOf(c), Math.floor(left / 7.2));
      const domain = shown.map((r) => String(r.c.id));
      const names = new Map(shown.map((r) => [String(r.c.id), label(r.c)]));
      return {
        height: 50 + 24 * shown.length,
        marginLeft: left,
        marginRight: 24,
        marginTop: 22,
        marginBottom: 20,
        x: {
          type: 'log',
          label: null,
          axis: 'top',
          tickFormat: '~g',
          ticks: 5,
          grid: true,
        },
        y: {
          domain,
          label: null,
          tickFormat: (id: string) => names.get(id) ?? '',
          tickSize: 0,
        },
        marks: [
          Plot.ruleX([1], { stroke: 'var(--soft)', strokeDasharray: '3 3' }),
          Plot.ruleY(shown, {
            y: (r: Over) => String(r.c.id),
            x1: (r: Over) => r.low,
            x2: (r: Over) => r.high,
            stroke: (r: Over) => colourOf(r.c, theme),
            strokeWidth: 2,
            strokeOpacity: (r: Over) => (r.stands ? 0.9 : 0.35),
          }),
          Plot.dot(shown, {
            y: (r: Over) => String(r.c.id),
            x: (r: Over) => r.ratio,
            r: 5,
            fill: (r: Over) => (r.stands ? colourOf(r.c, theme) : 'var(--pane)'),
            stroke: (r: Over) => colourOf(r.c, theme),
            strokeWidth: 1.5,
          }),
        ],
      };
    },
    [shown, theme],
  );
  const what = whereName(facet, value);
  const title = best ? (
    <>
      “<GroupLink of={best.c} />” is {times(best.ratio)} as common {what} as overall
    </>
  ) : (
    <>No group stands out clearly {what}</>
  );
  return (
    <Figure
      title={title}
      name={`clio-${facet}`}
      sheet={overSheet(rows)}
      note={
        <>
          Dots: how many times as common as overall; lines: where the true figure lies in 19 of 20
          cases. Filled dots hold up when at most one in twenty of them may be chance. Groups
          where too few people share the value are not shown.
        </>
      }
    >
      <Chart make={make} label={`How common groups are ${what}`} />
    </Figure>
  );
}
