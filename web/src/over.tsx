// SPDX-License-Identifier: Apache-2.0
// Where a value of a facet is more common than overall: the authors' figure for languages, and the
// same for every facet and every pair of facets. Each ratio with its interval; those that stand
// when at most one in twenty of them may be false come first; cells of too few people are not in
// the atlas.
import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import type { Atlas, CellData } from './atlas';
import { drawOf, drawOfAll, nameOf } from './atlas';
import { Chart, Figure } from './chart';
import { times } from './format';
import { namesBeside } from './names';
import type { Sheet } from './save';
import { GroupLink } from './shared';
import type { Part, Ratio } from './stats';
import { discoveries, ratioToAll } from './stats';
import type { Theme } from './theme';
import { colourOf } from './theme';

export interface Over {
  key: string;
  name: string;
  label: ComponentChildren; // the name, as a link where there is somewhere to go
  colour: (theme: Theme) => string;
  n: number;
  share: number; // of the group, or of the conversations with the value it is set against
  ratio: number;
  low: number;
  high: number;
  p: number;
  stands: boolean;
}
// The ratio of the share in the part to that of all; the interval is found when it is read.
export function overRow(part: Part, row: Omit<Over, keyof Ratio | 'n' | 'share' | 'stands'>): Over {
  return Object.assign(ratioToAll(part), {
    ...row,
    n: part.n,
    share: part.n / part.of,
    stands: false,
  });
}
// Marks those that hold up among all that were looked at, with those that are not shown; the most
// common beside overall first.
export function judge<T extends Over>(rows: T[], looked: number): T[] {
  const stands = discoveries(
    rows.map((r) => r.p),
    looked,
  );
  rows.forEach((r, i) => (r.stands = stands[i] ?? false));
  return rows.sort((a, b) => b.ratio - a.ratio || a.key.localeCompare(b.key));
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
  const perAll = drawOfAll(atlas);
  const rows: Over[] = [];
  columns.cluster.forEach((id, i) => {
    const c = atlas.byId.get(id);
    if (columns.value[i] !== wanted || !c || c.level !== level) return;
    const n = columns.n[i] ?? 0;
    rows.push(
      overRow(
        {
          ...{ n, of: c.n, all: base[1], total: atlas.total, draws: c.draws },
          per: [drawOf(atlas, c), perAll],
        },
        {
          key: String(c.id),
          name: nameOf(c),
          label: <GroupLink of={c} />,
          colour: (theme) => colourOf(c, theme),
        },
      ),
    );
  });
  return judge(rows, atlas.clusters.filter((c) => c.level === level).length);
}

// The smallest groups of which one stands out; of which a few hold the value, where none does; else
// the main groups.
export function finestOver(atlas: Atlas, cells: CellData, facet: string, value: string): number {
  let few = atlas.topLevel;
  for (let level = atlas.topLevel; level >= 0; level--) {
    const rows = overOf(atlas, cells, facet, value, level);
    if (rows.length >= 3) few = level;
  }
  for (let level = 0; level <= atlas.topLevel; level++)
    if (overOf(atlas, cells, facet, value, level).some((r) => r.stands && r.ratio > 1))
      return level;
  return few;
}

export function overSheet(rows: Over[], what: string): Sheet {
  return {
    head: [
      what,
      'conversations',
      'share there',
      'times as common as overall',
      'low',
      'high',
      'holds up',
    ],
    rows: rows.map((r) => [
      r.name,
      r.n,
      Number(r.share.toFixed(4)),
      Number(r.ratio.toFixed(2)),
      Number(r.low.toFixed(2)),
      Number(r.high.toFixed(2)),
      r.stands ? 'yes' : 'no',
    ]),
  };
}

// Few enough for a telephone, and never closer than a third.
function timesTicks([low, high]: [number, number]): number[] {
  const tens = [0.01, 0.1, 1, 10, 100];
  const inside = (steps: number[]): number[] =>
    tens.flatMap((ten) => steps.map((s) => s * ten)).filter((v) => v >= low && v <= high);
  const few = inside([1, 2, 5]);
  return few.length >= 3 ? few : inside([1, 1.5, 2, 3, 5, 7]);
}

const LINES = 18;
const FAR = 10; // an interval is not drawn further than so many times the ratio
export const groupsHidden = 'Groups where too few people share the value are not shown.';

export function OverFigure(props: {
  name: string;
  rows: Over[];
  theme: Theme;
  what: string; // one row is: group, language …
  where: string; // within a sentence: "in Spanish"
  hidden: string; // what is not shown, as a sentence
}) {
  const { rows, theme, what, where } = props;
  const best = rows.find((r) => r.stands && r.ratio > 1);
  const shown = useMemo(() => {
    const first = [...rows].sort(
      (a, b) => Number(b.stands) - Number(a.stands) || b.ratio - a.ratio,
    );
    return first.slice(0, LINES).sort((a, b) => b.ratio - a.ratio);
  }, [rows]);
  const make = useCallback(
    (width: number): Plot.PlotOptions => {
      const names = namesBeside(shown, width);
      const domain: [number, number] = [
        Math.min(0.8, ...shown.map((r) => Math.max(r.low, r.ratio / FAR))),
        Math.max(1.25, ...shown.map((r) => Math.min(r.high, r.ratio * FAR))),
      ];
      return {
        height: 50 + names.height * shown.length,
        marginLeft: names.left,
        marginRight: 24,
        marginTop: 22,
        marginBottom: 20,
        x: {
          type: 'log',
          domain,
          label: null,
          axis: 'top',
          tickFormat: '~g',
          ticks: timesTicks(domain),
          grid: true,
        },
        y: {
          domain: shown.map((r) => r.key),
          label: null,
          tickFormat: names.of,
          tickSize: 0,
        },
        marks: [
          Plot.ruleX([1], { stroke: 'var(--soft)', strokeDasharray: '3 3' }),
          Plot.ruleY(shown, {
            y: 'key',
            x1: (r: Over) => Math.max(r.low, r.ratio / FAR),
            x2: (r: Over) => Math.min(r.high, r.ratio * FAR),
            stroke: (r: Over) => r.colour(theme),
            strokeWidth: 2,
            strokeOpacity: (r: Over) => (r.stands ? 0.9 : 0.5),
          }),
          Plot.dot(shown, {
            y: 'key',
            x: 'ratio',
            r: 5,
            fill: (r: Over) => (r.stands ? r.colour(theme) : 'var(--pane)'),
            stroke: (r: Over) => r.colour(theme),
            strokeWidth: 1.5,
          }),
        ],
      };
    },
    [shown, theme],
  );
  const title = best ? (
    <>
      “{best.label}” is {times(best.ratio)} as common {where} as overall
    </>
  ) : (
    <>
      No {what} stands out clearly {where}
    </>
  );
  return (
    <Figure
      title={title}
      name={props.name}
      sheet={overSheet(rows, what)}
      note={
        <>
          Dots: how many times as common as overall; lines: where the true figure lies in 19 of 20
          cases. Filled dots hold up when at most one in twenty of them may be chance.{' '}
          {props.hidden}
        </>
      }
    >
      <Chart make={make} label={`How common each ${what} is ${where}`} />
    </Figure>
  );
}
