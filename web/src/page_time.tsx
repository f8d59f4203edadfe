// SPDX-License-Identifier: Apache-2.0
// Time: pick groups and compare their lines; what rose, fell or is new in the last periods.
import * as Plot from '@observablehq/plot';
import { useCallback, useMemo } from 'preact/hooks';
import type { Atlas, Cluster, TimeData } from './atlas';
import { drawOf, nameOf } from './atlas';
import { Chart, Figure } from './chart';
import { change, percent, shorten, steps } from './format';
import { Buttons, LevelPick, levelFrom } from './pick';
import { SearchBox } from './search';
import { Empty, GroupLink, Loading, Title, useLoaded, useShared } from './shared';
import { patch, useView } from './state';
import { shareInterval } from './stats';
import type { Theme } from './theme';
import { useTheme } from './theme';
import type { Growth, Mover, Point } from './trend';
import { allSeries, growthOf, hasTrend, isNew, lastWindows, moversOf, spanOf } from './trend';

const lineColours: Record<Theme, string[]> = {
  light: ['#0072b2', '#d55e00', '#009e73', '#a8467c', '#8a6900', '#56b4e9', '#7a5195', '#59646d'],
  dark: ['#6cbcf0', '#ff9d5c', '#4fd1a9', '#eba5cb', '#e3bd4d', '#a8dcff', '#c39fdd', '#b9c2ca'],
};

interface Spot {
  name: string;
  date: Date;
  share: number | null;
  low: number | null;
  high: number | null;
}

// One spot a period; nothing where there are too few people, so that a line shows the gap.
function spotsOf(atlas: Atlas, c: Cluster, series: Point[]): Spot[] {
  const by = new Map(series.map((p) => [p.period, p]));
  const per = drawOf(atlas, c);
  return (atlas.periods?.first ?? []).map((first, i) => {
    const p = by.get(i);
    const date = new Date(first + 'T00:00:00Z');
    if (!p) return { name: nameOf(c), date, share: null, low: null, high: null };
    return { name: nameOf(c), date, share: p.n / p.of, ...shareInterval(p.n, p.of, 1, per) };
  });
}

function Lines(props: {
  atlas: Atlas;
  picked: Cluster[];
  all: Map<number, Point[]>;
  theme: Theme;
}) {
  const { atlas, picked, all, theme } = props;
  const make = useCallback((): Plot.PlotOptions => {
    const colours = lineColours[theme];
    const marks: Plot.Markish[] = [Plot.ruleY([0], { stroke: 'var(--line)' })];
    picked.forEach((c, i) => {
      const spots = spotsOf(atlas, c, all.get(c.id) ?? []);
      const colour = colours[i % colours.length] ?? 'currentColor';
      marks.push(
        Plot.areaY(spots, {
          x: 'date',
          y1: 'low',
          y2: 'high',
          fill: colour,
          fillOpacity: 0.13,
        }),
        Plot.lineY(spots, { x: 'date', y: 'share', stroke: colour, strokeWidth: 2 }),
        Plot.dot(
          spots.filter((s) => s.share !== null),
          {
            x: 'date',
            y: 'share',
            r: 2.2,
            fill: colour,
            tip: true,
            channels: { group: () => shorten(nameOf(c), 40) },
          },
        ),
      );
    });
    return {
      height: 340,
      marginLeft: 58,
      marginRight: 16,
      x: { type: 'utc', label: null },
      y: {
        label: 'share of conversations',
        tickFormat: (v: number) => percent(v),
        grid: true,
        nice: true,
        zero: true,
      },
      marks,
    };
  }, [atlas, picked, all, theme]);
  return <Chart make={make} label="Share of conversations over time" />;
}

// The smallest groups of which some changed clearly, where enough have a trend that may be shown
// if there are such; where none did, the smallest of which enough have one.
function finest(atlas: Atlas, growth: Map<number, Growth>): number {
  const levels = Array.from({ length: atlas.topLevel + 1 }, (_, level) => {
    const list = moversOf(
      atlas.clusters.filter((c) => c.level === level),
      growth,
    );
    return { level, enough: list.length >= 8, stands: list.some((m) => m.stands) };
  });
  const best =
    levels.find((l) => l.enough && l.stands) ??
    levels.find((l) => l.stands) ??
    levels.find((l) => l.enough);
  return best?.level ?? atlas.topLevel;
}

function MoverList({ title, list, none }: { title: string; list: Mover[]; none: string }) {
  const { params } = useView();
  const add = (c: Cluster): void => {
    const ids = (params['pick'] ?? '').split('.').filter(Boolean);
    patch({ pick: [...new Set([...ids, String(c.id)])].slice(-8).join('.') });
  };
  return (
    <section class="pane">
      <h2>{title}</h2>
      {list.length ? (
        <ol class="movers">
          {list.slice(0, 10).map(({ c, g }) => (
            <li key={c.id}>
              <GroupLink of={c} />
              <b>{change(g.ratio)}</b>
              <small>
                {change(g.low)} to {change(g.high)}
              </small>
              <button type="button" title="Add its line above" onClick={() => add(c)}>
                <span aria-hidden="true">+</span>
                <span class="hidden">Add the line of {nameOf(c)}</span>
              </button>
            </li>
          ))}
        </ol>
      ) : (
        <p class="note">{none}</p>
      )}
    </section>
  );
}

function NewList({ list }: { list: Cluster[] }) {
  return (
    <ul class="links">
      {list.slice(0, 10).map((c) => (
        <li key={c.id}>
          <GroupLink of={c} />
        </li>
      ))}
    </ul>
  );
}

function Body({ time }: { time: TimeData }) {
  const { atlas } = useShared();
  const { params } = useView();
  const theme = useTheme();
  const all = useMemo(() => allSeries(atlas, time), [atlas, time]);
  const span = spanOf(params['over']);
  const growth = useMemo(() => growthOf(atlas, time, span), [atlas, time, span]);
  const level = levelFrom(atlas, params['level'], finest(atlas, growth));
  const atLevel = atlas.clusters.filter((c) => c.level === level);
  const list = useMemo(() => moversOf(atLevel, growth), [level, growth]);
  const k = lastWindows(atlas).k;
  const setPick = (next: Cluster[]): void =>
    patch({
      pick: next
        .map((c) => c.id)
        .slice(-8)
        .join('.'),
    });
  const step = atlas.periods!.step;
  const rising = list.filter((m) => m.stands && m.g.ratio > 1).sort((a, b) => b.g.low - a.g.low);
  const falling = list
    .filter((m) => m.stands && m.g.ratio < 1)
    .sort((a, b) => a.g.high - b.g.high);
  const picked = useMemo(() => {
    const ids = (params['pick'] ?? '').split('.').map(Number);
    const found = ids.flatMap((id) => atlas.byId.get(id) ?? []).slice(0, 8);
    if (found.length) return found;
    const moved = [...rising.slice(0, 3), ...falling.slice(0, 2)].map((m) => m.c);
    const first = new Set([...moved, ...atlas.tops.filter((c) => all.has(c.id))]);
    return [...first].slice(0, Math.max(4, moved.length));
  }, [atlas, params['pick'], all, list]);
  const late = atlas.clusters.filter((c) => isNew(atlas, c, all.get(c.id) ?? []));
  const [fresh, elsewhere] = [true, false].map((here) =>
    late.filter((c) => (c.level === level) === here),
  ) as [Cluster[], Cluster[]];
  const before = list[0]?.g.before ?? 'what was before';
  const top = [...rising.slice(0, 1), ...falling.slice(0, 1)].sort(
    (a, b) => Math.abs(Math.log(b.g.ratio)) - Math.abs(Math.log(a.g.ratio)),
  )[0];
  return (
    <>
      <div class="line">
        <SearchBox
          id="time-search"
          query=""
          placeholder="Add a group to compare"
          onPick={(c) => setPick([...picked.filter((p) => p !== c), c])}
        />
        <p class="picked">
          {picked.map((c, i) => (
            <button
              key={c.id}
              type="button"
              title="Take away"
              onClick={() => setPick(picked.filter((p) => p !== c))}
            >
              <i style={{ background: lineColours[theme][i % 8] ?? '' }} /> <Title of={c} />{' '}
              <span aria-hidden="true">×</span>
            </button>
          ))}
        </p>
      </div>
      <Figure
        title={
          top ? (
            <>
              “<GroupLink of={top.c} />” {top.g.ratio > 1 ? 'rose' : 'fell'} by{' '}
              {change(top.g.ratio).slice(1)} against {before}
            </>
          ) : (
            `No group changed clearly against ${before}`
          )
        }
        name="clio-time"
        sheet={{
          head: ['group', step, 'conversations', 'share', 'low', 'high'],
          rows: picked.flatMap((c) =>
            (all.get(c.id) ?? []).map((p) => {
              const { low, high } = shareInterval(p.n, p.of, 1, drawOf(atlas, c));
              return [
                nameOf(c),
                atlas.periods!.first[p.period] ?? '',
                p.n,
                p.n / p.of,
                low,
                high,
              ];
            }),
          ),
        }}
        note={
          `Share of all conversations of each ${step}; bands: where the true share ` +
          `lies in 19 of 20 cases. A gap is a ${step} with too few people to show.`
        }
      >
        <Lines atlas={atlas} picked={picked} all={all} theme={theme} />
      </Figure>
      <div class="line">
        <h2 class="plain">What changed</h2>
        <Buttons
          label="Which periods are compared"
          value={span}
          options={[
            {
              value: 'last',
              name:
                k === 1
                  ? `last ${step} against the one before`
                  : `last ${steps(step, k)} against the ${k} before`,
            },
            { value: 'half', name: 'second half against the first' },
            { value: 'line', name: 'end against start' },
          ]}
          onPick={(v) => patch({ over: v === 'last' ? '' : v })}
        />
        <LevelPick atlas={atlas} level={level} onPick={(l) => patch({ level: String(l) })} />
      </div>
      <div class="thirds">
        <MoverList title="Rising" list={rising} none="Nothing rose clearly." />
        <MoverList title="Falling" list={falling} none="Nothing fell clearly." />
        <section class="pane">
          <h2>New</h2>
          {fresh.length ? (
            <NewList list={fresh} />
          ) : (
            <p class="note">
              No group {elsewhere.length ? 'of this size ' : ''}appeared only lately.
            </p>
          )}
          {elsewhere.length ? (
            <>
              <h3>Of another size</h3>
              <NewList list={elsewhere} />
            </>
          ) : null}
        </section>
      </div>
      {span === 'line' ? (
        <p class="note">
          End against start: a line is fitted through all {step}s that are shown. Hidden {step}s
          are those with the fewest people, so true changes may be larger.
        </p>
      ) : null}
    </>
  );
}

export function PageTime() {
  const { atlas, source } = useShared();
  const time = useLoaded(() => source.time(), 'time', hasTrend(atlas));
  if (!hasTrend(atlas))
    return (
      <Empty title="This corpus has no times">
        <p>
          {atlas.periods
            ? 'No two periods hold enough people to compare.'
            : 'The conversations do not say when they took place.'}
        </p>
        <p class="note">
          With a time for each conversation, this page shows how the share of every group rose and
          fell, week by week, and what is new.
        </p>
      </Empty>
    );
  return (
    <div class="page">
      <h1>Time</h1>
      <Loading of={time} lines={10}>
        {(data) => <Body time={data} />}
      </Loading>
    </div>
  );
}
