// SPDX-License-Identifier: Apache-2.0
// Compare two of anything that the release holds: two values of a facet, two windows of time. The
// difference of every group with its interval, on a list and on the map.
import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { Atlas, CellData, Cluster, TimeData } from './atlas';
import { drawOf, facetName, inOrder, nameOf, valueName, whereName } from './atlas';
import { Chart, Figure } from './chart';
import type { Other } from './other';
import { readOther } from './other';
import { percent, period, plural, points } from './format';
import { MapView } from './map_view';
import type { Measure } from './measure';
import { namesBeside } from './names';
import type { Option } from './pick';
import { LevelPick, Select, levelFrom } from './pick';
import { Empty, GroupLink, Loading, Title, Wait, modeOf, useLoaded, useShared } from './shared';
import { TreeView } from './tree_view';
import { go, patch, useView } from './state';
import type { CountNoise, Difference } from './stats';
import { difference, discoveries, noiseOf } from './stats';
import { shift, unknownColour, useTheme } from './theme';
import type { Point, Window } from './trend';
import { allSeries, hasTrend, lastWindows, within } from './trend';

interface Side {
  name: string;
  where: string; // the same within a sentence: "in Spanish"
  // draws: as of Cluster; per: conversations that count as one draw
  of: (c: Cluster) => { n: number; of: number; draws?: number; per: number } | null;
  noise?: CountNoise; // of one atlas of two
}

function timeOptions(atlas: Atlas): Option[] {
  if (!hasTrend(atlas) || !atlas.periods)
    return [
      {
        value: 'time:none',
        name: 'two windows of time',
        group: 'Time',
        off: 'no time in this corpus',
      },
    ];
  const { first, step } = atlas.periods;
  const last = first.length - 1;
  const { before, after, k } = lastWindows(atlas);
  const half = Math.floor(last / 2);
  const what = k === 1 ? step : `${k} ${step}s`;
  const windows: [Window, string][] = [
    [after, `last ${what}`],
    [before, `${what} before`],
    [{ from: 0, to: half }, `first half, to ${period('day', first[half] ?? '')}`],
    [{ from: half + 1, to: last }, `second half`],
  ];
  return windows.map(([w, name]) => ({ value: `time:${w.from}-${w.to}`, name, group: 'Time' }));
}

function options(atlas: Atlas, other: Other | null): Option[] {
  const list: Option[] = timeOptions(atlas);
  const two = 'Two atlases';
  if (other)
    list.unshift(
      { value: 'atlas:this', name: 'this atlas', group: two },
      { value: 'atlas:other', name: other.name, group: two },
    );
  else
    list.push({
      value: 'atlas:none',
      name: 'another atlas',
      group: two,
      off: 'start with --compare',
    });
  for (const [facet, rows] of Object.entries(atlas.facets))
    for (const [value] of inOrder(facet, rows).slice(0, 24))
      list.push({
        value: `${facet}:${value}`,
        name: valueName(facet, value),
        group: facetName(facet),
      });
  return list;
}

// Two that belong together: the last weeks and those before, or the two largest of a facet.
function defaults(list: Option[], atlas: Atlas): [string, string] {
  if (list[0]?.value === 'atlas:this') return ['atlas:this', 'atlas:other'];
  const time = list.filter((o) => o.group === 'Time' && !o.off);
  if (time[0] && time[1]) return [time[0].value, time[1].value];
  let best = { share: 0, a: '', b: '' };
  for (const [facet, all] of Object.entries(atlas.facets)) {
    const rows = all.filter(([v]) => v !== 'Unknown' && v !== 'Other');
    const [first, second] = rows;
    if (first && second && second[2] > best.share)
      best = { share: second[2], a: `${facet}:${second[0]}`, b: `${facet}:${first[0]}` };
  }
  return [best.a, best.b];
}

function sideOf(
  key: string,
  list: Option[],
  atlas: Atlas,
  cells: CellData,
  series: Map<number, Point[]>,
  other: Other | null,
): Side | null {
  const option = list.find((o) => o.value === key);
  const at = key.indexOf(':');
  const [kind, value] = [key.slice(0, at), key.slice(at + 1)];
  if (!option || at < 1) return null;
  if (kind === 'atlas' && other) {
    const ours = value === 'this';
    const of = (ours ? atlas : other.atlas).total;
    return {
      name: option.name,
      where: `in ${ours ? 'this atlas' : 'the other'}`,
      of: (c) => {
        const theirs = other.match.get(c.id);
        const found = ours ? c : (theirs ?? c);
        const per = drawOf(ours ? atlas : other.atlas, found);
        return theirs ? { n: found.n, of, draws: found.draws, per } : null;
      },
      noise: noiseOf((ours ? atlas : other.atlas).run),
    };
  }
  if (kind === 'time') {
    const [from = 0, to = 0] = value.split('-').map(Number);
    return {
      name: option.name,
      where: `in the ${option.name}`,
      of: (c) => {
        const sum = within(series.get(c.id) ?? [], { from, to });
        return sum.periods ? { ...sum, draws: sum.periods, per: drawOf(atlas, c) } : null;
      },
    };
  }
  const total = atlas.facets[kind]?.find(([v]) => v === value)?.[1];
  const columns = cells.facets[kind];
  const wanted = columns?.values.indexOf(value) ?? -1;
  if (!total || !columns || wanted < 0) return null;
  const counts = new Map<number, number>();
  columns.cluster.forEach((id, i) => {
    if (columns.value[i] === wanted) counts.set(id, columns.n[i] ?? 0);
  });
  return {
    name: option.name,
    where: whereName(kind, value),
    of: (c) => {
      const n = counts.get(c.id);
      return n === undefined ? null : { n, of: Math.max(total, n), per: drawOf(atlas, c) };
    },
  };
}

const round = (share: number): number => Number(share.toFixed(4));

interface Change extends Pick<Difference, 'd' | 'low' | 'high' | 'p'> {
  c: Cluster;
  a: number;
  b: number;
  stands: boolean;
}
function changes(list: Cluster[], a: Side, b: Side): Change[] {
  const noises = a.noise && b.noise ? ([a.noise, b.noise] as [CountNoise, CountNoise]) : undefined;
  const rows = list.flatMap((c) => {
    const [x, y] = [a.of(c), b.of(c)];
    if (!x || !y) return [];
    const draws: [number, number] = [x.draws ?? 1, y.draws ?? 1];
    const d = difference(x.n, x.of, y.n, y.of, draws, [x.per, y.per], noises);
    return [Object.assign(d, { c, a: x.n / x.of, b: y.n / y.of, stands: false })];
  });
  const stands = discoveries(
    rows.map((r) => r.p),
    list.length,
  );
  rows.forEach((r, i) => (r.stands = stands[i] ?? false));
  return rows.sort((p, q) => Math.abs(q.d) - Math.abs(p.d));
}

// A circle has the colour of the group of the compared size that it lies in.
function differenceMeasure(rows: Change[], a: Side, b: Side): Measure {
  const own = new Map(rows.map((r) => [r.c, r]));
  const by = (c: Cluster): Change | undefined =>
    own.get(c) ?? (c.parent ? by(c.parent) : undefined);
  const most = Math.max(1e-6, ...rows.map((r) => Math.abs(r.d)));
  const grey = a.noise && b.noise ? 'not in both atlases' : 'too few people to compare';
  return {
    key: 'difference',
    name: `${a.name} against ${b.name}`,
    low: `more in ${b.name}`,
    high: `more in ${a.name}`,
    zero: 'the same',
    missing: (c) => !by(c),
    grey,
    colour: (c, theme) => {
      const r = by(c);
      return r ? shift(r.d / most) : unknownColour(theme);
    },
    words: (c) => {
      const r = by(c);
      if (!r) return grey;
      const where = r.c === c ? '' : `${nameOf(r.c)}: `;
      return `${where}${percent(r.a)} and ${percent(r.b)}`;
    },
  };
}

function SlopeList({ rows, a, b }: { rows: Change[]; a: Side; b: Side }) {
  const shown = rows.slice(0, 16);
  const make = useCallback(
    (width: number): Plot.PlotOptions => {
      const names = namesBeside(
        shown.map((r) => ({ key: String(r.c.id), name: nameOf(r.c) })),
        width,
      );
      const y = (r: Change): string => String(r.c.id);
      return {
        height: 52 + names.height * shown.length,
        marginLeft: names.left,
        marginRight: 26,
        marginTop: 28,
        x: {
          label: null,
          axis: 'top',
          grid: true,
          zero: true,
          tickFormat: (v: number) => percent(v),
          ticks: Math.max(2, Math.floor((width - names.left) / 90)),
        },
        y: {
          domain: shown.map(y),
          label: null,
          tickFormat: names.of,
          tickSize: 0,
        },
        marks: [
          Plot.arrow(shown, {
            x1: 'b',
            x2: 'a',
            y1: y,
            y2: y,
            headLength: 6,
            strokeWidth: 1.8,
            stroke: (r: Change) => shift(r.d > 0 ? 0.8 : -0.8),
            strokeOpacity: (r: Change) => (r.stands ? 1 : 0.5),
          }),
          Plot.dot(shown, {
            x: 'b',
            y,
            r: 4,
            fill: 'var(--pane)',
            stroke: 'var(--soft)',
          }),
          Plot.dot(shown, {
            x: 'a',
            y,
            r: 4,
            fill: (r: Change) => (r.stands ? shift(r.d > 0 ? 0.8 : -0.8) : 'var(--soft)'),
          }),
        ],
      };
    },
    [rows],
  );
  return <Chart make={make} label={`Shares in ${b.name} and in ${a.name}`} />;
}

// `elsewhere`: groups of another size can be compared.
function Nothing({ atlases, elsewhere }: { atlases: boolean; elsewhere: boolean }) {
  const advice = elsewhere ? 'groups of another size, or other sides.' : 'other sides.';
  return atlases ? (
    <Empty title="No group of this size is in both atlases">
      <p>
        Groups count as the same where they have the same title or share a third of their phrases.
        Choose {advice}
      </p>
    </Empty>
  ) : (
    <Empty title="Too few people on both sides to compare">
      <p>No group of this size holds enough people in both. Choose {advice}</p>
    </Empty>
  );
}

function Result(props: { a: Side; b: Side; level: number | null }) {
  const { atlas } = useShared();
  const { a, b } = props;
  const theme = useTheme();
  const all = useMemo(() => changes(atlas.clusters, a, b), [atlas, a, b]);
  const level = props.level ?? finest(atlas, all);
  const rows = useMemo(
    () =>
      changes(
        atlas.clusters.filter((c) => c.level === level),
        a,
        b,
      ),
    [atlas, a, b, level],
  );
  const measure = useMemo(() => differenceMeasure(rows, a, b), [rows, a, b, theme]);
  const top = rows.find((r) => r.stands);
  const atlases = !!a.noise && !!b.noise;
  const levels = (
    <LevelPick atlas={atlas} level={level} onPick={(l) => patch({ level: String(l) })} />
  );
  if (!rows.length)
    return (
      <>
        {levels}
        <Nothing atlases={atlases} elsewhere={all.length > 0} />
      </>
    );
  return (
    <>
      {levels}
      <div class="columns even">
        <Figure
          title={
            top ? (
              <>
                “<GroupLink of={top.c} />
                ”: {percent(top.a)} {a.where}, {percent(top.b)} {b.where}
              </>
            ) : (
              `No group differs clearly between ${a.name} and ${b.name}`
            )
          }
          name="clio-compare"
          sheet={{
            head: ['group', a.name, b.name, 'difference', 'low', 'high', 'holds up'],
            rows: rows.map((r) => [
              nameOf(r.c),
              round(r.a),
              round(r.b),
              round(r.d),
              round(r.low),
              round(r.high),
              r.stands ? 'yes' : 'no',
            ]),
          }}
          note={
            `Shares of conversations. Ring: ${b.name}; dot: ${a.name}. Strong ` +
            'colours hold up when at most one in twenty of them may be chance. ' +
            `${plural(rows.length, 'group', 'groups')} can be compared; ` +
            (atlases
              ? 'the others are in one of the two only.'
              : 'in the others too few people are on one side.')
          }
        >
          <SlopeList rows={rows} a={a} b={b} />
        </Figure>
        <section class="pane map tall" aria-label="Difference map">
          <h2>Where they differ</h2>
          <MapView
            atlas={atlas}
            measure={measure}
            chosen={null}
            onChoose={(c) => c && go('explore', { group: String(c.id) })}
            lit={null}
          />
        </section>
      </div>
      <DifferenceTree all={all} a={a} b={b} />
    </>
  );
}

// The same difference for every group of the hierarchy.
function DifferenceTree({ all, a, b }: { all: Change[]; a: Side; b: Side }) {
  const { atlas } = useShared();
  const theme = useTheme();
  const own = useMemo(() => new Map(all.map((r) => [r.c, r])), [all]);
  const most = Math.max(1e-6, ...all.map((r) => Math.abs(r.d)));
  return (
    <section class="pane tree" aria-label="Difference tree">
      <h2>
        The same on the tree: {a.name} against {b.name}
      </h2>
      <TreeView
        atlas={atlas}
        chosen={null}
        found={null}
        onChoose={(c) => c && go('explore', { group: String(c.id) })}
        theme={theme}
        value={(c) => {
          const r = own.get(c);
          if (!r) return null;
          const strength = r.stands ? 0.8 : 0.35;
          return {
            words: points(r.d),
            part: r.d / most,
            colour: shift(r.d > 0 ? strength : -strength),
          };
        }}
      />
      <p class="note">
        A dot:{' '}
        {a.noise && b.noise ? 'not in both atlases' : 'too few people on one side to compare'}.
      </p>
    </section>
  );
}

function OnlyIn({ other }: { other: Other }) {
  const lists: [string, Cluster[], boolean][] = [
    ['Only in this atlas', other.born, true],
    ['Only in the other', other.gone, false],
  ];
  return (
    <div class="columns even">
      {lists.map(([title, list, linked]) => (
        <section key={title} class="pane">
          <h2>{title}</h2>
          {list.length ? (
            <ul class="links split">
              {[...list]
                .sort((a, b) => b.share - a.share)
                .slice(0, 14)
                .map((c) => (
                  <li key={c.id}>
                    {linked ? <GroupLink of={c} /> : <Title of={c} />}
                    <span class="part">{percent(c.share)}</span>
                  </li>
                ))}
            </ul>
          ) : (
            <p class="note">Every group has a counterpart.</p>
          )}
          {list.length > 14 ? <p class="note">and {list.length - 14} smaller ones.</p> : null}
        </section>
      ))}
    </div>
  );
}

export function PageCompare() {
  const { atlas, source } = useShared();
  const { params } = useView();
  const cells = useLoaded(() => source.cells(), 'cells');
  const time = useLoaded(() => source.time(), 'time', hasTrend(atlas));
  const found = useLoaded(() => source.other(), 'other');
  const details = useLoaded(() => source.details(), 'details', !!found.data?.of);
  const other = useMemo(() => {
    const of = found.data?.of;
    return of && details.data ? readOther(atlas, details.data, of) : null;
  }, [atlas, found.data, details.data]);
  const list = useMemo(() => options(atlas, other), [atlas, other]);
  const [first, second] = defaults(list, atlas);
  const [a, b] = [params['a'] ?? first, params['b'] ?? second];
  const level = params['level'] ? levelFrom(atlas, params['level'], 0) : null;
  const sides = useMemo(() => {
    if (!cells.data) return null;
    const series = time.data
      ? allSeries(atlas, time.data as TimeData)
      : new Map<number, Point[]>();
    const [x, y] = [
      sideOf(a, list, atlas, cells.data, series, other),
      sideOf(b, list, atlas, cells.data, series, other),
    ];
    return x && y ? { a: x, b: y } : null;
  }, [atlas, cells.data, time.data, other, a, b]);
  const reading = !found.error && (!found.data || (!!found.data.of && !other && !details.error));
  if (reading) return <Wait lines={10} />;
  if (!first)
    return (
      <Empty title="Nothing to compare in this atlas">
        <p>It holds no times, and no facet of which two values are shared by enough people.</p>
      </Empty>
    );
  return (
    <div class="page">
      <h1>Compare</h1>
      <div class="line">
        <Select label="This" value={a} options={list} onPick={(v) => patch({ a: v })} />
        <Select label="beside" value={b} options={list} onPick={(v) => patch({ b: v })} />
        <button type="button" onClick={() => patch({ a: b, b: a })}>
          Swap
        </button>
      </div>
      <Loading of={cells} lines={10}>
        {() =>
          a === b ? (
            <Empty title="Both sides are the same">
              <p>Choose two different ones above.</p>
            </Empty>
          ) : sides ? (
            <>
              {a.startsWith('atlas:') && b.startsWith('atlas:') && other ? (
                <p class="note">
                  Privacy: {modeOf(atlas)} in this atlas, {modeOf(other.atlas)} in the other.
                </p>
              ) : null}
              <Result a={sides.a} b={sides.b} level={level} />
              {a.startsWith('atlas:') && b.startsWith('atlas:') && other ? (
                <OnlyIn other={other} />
              ) : null}
            </>
          ) : (
            <Empty title="This release does not hold both sides">
              <p>Choose others above.</p>
            </Empty>
          )
        }
      </Loading>
    </div>
  );
}

// The smallest groups of which enough can be compared and some differ clearly; else the smallest of
// which some do: in a small corpus few hold people on both sides.
function finest(atlas: Atlas, all: Change[]): number {
  const levels = Array.from({ length: atlas.topLevel + 1 }, (_, level) => {
    const rows = all.filter((r) => r.c.level === level);
    const looked = atlas.clusters.filter((c) => c.level === level).length;
    const stands = discoveries(
      rows.map((r) => r.p),
      looked,
    ).some(Boolean);
    return { level, enough: rows.length >= 8, stands };
  });
  const best =
    levels.find((l) => l.enough && l.stands) ??
    levels.find((l) => l.stands) ??
    levels.find((l) => l.enough);
  return best?.level ?? atlas.topLevel;
}
