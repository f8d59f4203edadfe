// SPDX-License-Identifier: Apache-2.0
// What became of whom, release by release: a line for every group that something happened to, from
// its first release to its last, and the same in words. Ids and titles only, as they were released.
import type { Atlas, Cluster, EventRow, Lineage } from './atlas';
import { nameOf } from './atlas';
import { SheetTable, useWidth } from './chart';
import { count, day, roomOf, shorten } from './format';
import { Empty, GroupLink, useShared } from './shared';

const right = 24, top = 46;

interface Life {
  id: number;
  group: Cluster | null; // null: it is gone
  title: string;
  from: number; // the release it begins with, counted from 0
  to: number; // the last one it is in
  events: EventRow[];
}

// The groups that something happened to, and those that others came from or went into. Groups that
// have to do with one another stand together, else in the order of the first thing.
function livesOf(atlas: Atlas, { releases, events }: Lineage): Life[] {
  const at = new Map(releases.map(([id], i) => [id, i]));
  const lives = new Map<number, Life>();
  const lifeOf = (id: number): Life => {
    const group = atlas.byId.get(id) ?? null;
    const title = group ? nameOf(group) : 'A group that is gone';
    const known = lives.get(id);
    const life = known ?? { id, group, title, from: 0, to: releases.length - 1, events: [] };
    lives.set(id, life);
    return life;
  };
  for (const event of events) {
    const [release, kind, id, , title] = event;
    const i = at.get(release) ?? 0;
    const life = lifeOf(id);
    const group = life.group;
    if (kind === 'born' || kind === 'split') life.from = i;
    if (kind === 'died' || kind === 'merged') life.to = Math.max(life.from, i - 1);
    if (title && !group) life.title = title;
    life.events.push(event);
  }
  for (const [, , , other] of events) if (other !== null && atlas.byId.has(other)) lifeOf(other);
  const list = [...lives.values()];
  const place = new Map(list.map((life, i) => [life.id, i]));
  const first = new Map(list.map((life, i) => [life.id, i])); // of those it has to do with
  for (let moved = true; moved; ) {
    moved = false;
    for (const [, , id, other] of events) {
      const [a, b] = [first.get(id), other === null ? undefined : first.get(other)];
      if (other === null || a === undefined || b === undefined || a === b) continue;
      first.set(id, Math.min(a, b)).set(other, Math.min(a, b));
      moved = true;
    }
  }
  const by = (life: Life): number => first.get(life.id)! * list.length + place.get(life.id)!;
  return list.sort((a, b) => by(a) - by(b));
}

const flow = (x: number, y: number, toX: number, toY: number): string => {
  const middle = (x + toX) / 2;
  return `M${x} ${y}C${middle} ${y},${middle} ${toY},${toX} ${toY}`;
};
const marks: Record<string, string> = {
  born: 'is shown for the first time',
  split: 'split off',
  merged: 'went into another group',
  died: 'is no longer shown',
  retitled: 'has a new title',
};

// The names stand before the lines, or, where it is narrow, each above its own.
function Lines({ lives, lineage, width }: { lives: Life[]; lineage: Lineage; width: number }) {
  const n = lineage.releases.length;
  const narrow = width < 640;
  const names = lives.map((life) => shorten(life.title, narrow ? Math.floor(width / 7.6) : 46));
  const row = narrow ? 46 : 26;
  const left = narrow ? 8 : 28 + 7 * Math.max(...names.map(roomOf));
  const step = (width - left - right) / Math.max(1, n - 1);
  const x = (i: number): number => left + i * step;
  const y = new Map(lives.map((life, i) => [life.id, top + i * row + (narrow ? 14 : 0)]));
  const at = new Map(lineage.releases.map(([id], i) => [id, i]));
  const anchor = (i: number): string =>
    n > 1 && i === n - 1 ? 'end' : narrow && i === 0 ? 'start' : 'middle';
  const every = Math.ceil(n / (narrow ? 3 : 8));
  return (
    <svg
      class="lives"
      viewBox={`0 0 ${width} ${top + lives.length * row}`}
      role="img"
      aria-label="A line for each group that changed, from release to release"
    >
      {lineage.releases.map(([id, last], i) => (
        <g key={id} class="when">
          <line x1={x(i)} x2={x(i)} y1={top - 12} y2={top + lives.length * row} />
          {i % every === 0 && (
            <text x={x(i)} y={top - 30} text-anchor={anchor(i)}>
              {last ? day(last) : `release ${id}`}
            </text>
          )}
        </g>
      ))}
      {lives.flatMap((life) =>
        life.events.map(([release, kind, id, other]) => {
          const [here, there] = [y.get(id), other === null ? undefined : y.get(other)];
          if (here === undefined || there === undefined) return null;
          const i = at.get(release) ?? 0;
          const [from, to] = kind === 'split' ? [there, here] : [here, there];
          return <path key={`${id} ${release}`} d={flow(x(Math.max(0, i - 1)), from, x(i), to)} />;
        }),
      )}
      {lives.map((life, nth) => {
        const here = y.get(life.id) ?? 0;
        return (
          <g key={life.id} class={life.group ? 'life' : 'life gone'}>
            {narrow ? (
              <text x={left} y={here - 12}>
                {names[nth]}
              </text>
            ) : (
              <text x={left - 14} y={here + 4} text-anchor="end">
                {names[nth]}
              </text>
            )}
            <line x1={x(life.from)} x2={x(life.to)} y1={here} y2={here} />
            {life.events.map(([release, kind], i) => {
              const end = kind === 'died' || kind === 'merged';
              const cx = x(end ? life.to : (at.get(release) ?? 0));
              return (
                <g key={i} class={kind}>
                  <circle cx={cx} cy={here} r={5} />
                  <title>{marks[kind]}</title>
                </g>
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}

function Event({ atlas, event }: { atlas: Atlas; event: EventRow }) {
  const [, kind, id, other, title] = event;
  const group = atlas.byId.get(id);
  const from = other === null ? undefined : atlas.byId.get(other);
  return (
    <li class={kind}>
      {group ? <GroupLink of={group} /> : <b dir="auto">{title ?? 'A group that is gone'}</b>}{' '}
      {marks[kind]}
      {from && (
        <>
          {kind === 'split' ? ' from ' : ': '}
          <GroupLink of={from} />
        </>
      )}
    </li>
  );
}

export function PageLineage() {
  const { atlas } = useShared();
  const lineage = atlas.lineage;
  const [box, width] = useWidth();
  if (!lineage)
    return (
      <Empty title="This atlas has one release">
        <p>When `clio append` brings new conversations, what became of its groups stands here.</p>
      </Empty>
    );
  const lives = livesOf(atlas, lineage);
  const changed = lives.filter((life) => life.group?.level === 0 && life.events.length).length;
  const still = atlas.bases.length - changed;
  return (
    <div class="page lineage">
      <h1>
        {still} of {atlas.bases.length} groups are as they were at the first of{' '}
        {lineage.releases.length} releases
      </h1>
      {lives.length > 0 && (
        <section class="pane">
          <h2>Groups that something happened to</h2>
          <div ref={box}>
            {width > 0 && <Lines lives={lives} lineage={lineage} width={width} />}
          </div>
          <p class="note">
            A filled mark begins a group, an open one ends it, a dotted one gives it a new title; a
            thin curve leads from the group that it came from, or to the one that it went into.
          </p>
        </section>
      )}
      <section class="pane">
        <h2>Release by release</h2>
        <ol class="releases">
          {[...lineage.releases].reverse().map(([id, last, n, base]) => {
            const own = lineage.events.filter(([release]) => release === id);
            return (
              <li key={id}>
                <h3>
                  Release {id}
                  {last && `, conversations up to ${day(last)}`}
                </h3>
                <p class="note">
                  {count(n)} conversations of {count(base)} kinds
                  {atlas.trees.length > 1 && ', all trees together'}
                </p>
                {own.length ? (
                  <ul>
                    {own.map((event, i) => (
                      <Event key={i} atlas={atlas} event={event} />
                    ))}
                  </ul>
                ) : (
                  <p>{id === 1 ? 'The first release.' : 'No group began or ended.'}</p>
                )}
              </li>
            );
          })}
        </ol>
        <details>
          <summary>As a table</summary>
          <SheetTable
            label="Releases"
            sheet={{
              head: ['Release', 'What', 'Group', 'Other group'],
              rows: lineage.events.map(([release, kind, id, other, title]) => {
                const group = atlas.byId.get(id);
                const name = group ? nameOf(group) : (title ?? '');
                return [release, marks[kind] ?? kind, `${id} ${name}`, other ?? ''];
              }),
            }}
          />
        </details>
      </section>
    </div>
  );
}
