// SPDX-License-Identifier: Apache-2.0
// What became of whom, release by release: a line for every group that something happened to, from
// its first release to its last, and the same in words. Ids and titles only, as they were released.
import type { Atlas, Cluster, EventRow, Lineage } from './atlas';
import { nameOf } from './atlas';
import { SheetTable } from './chart';
import { count, day, shorten } from './format';
import { Empty, GroupLink, useShared } from './shared';

const row = 26, left = 330, right = 24, top = 46;

interface Life {
  id: number;
  group: Cluster | null; // null: it is gone
  title: string;
  from: number; // the release it begins with, counted from 0
  to: number; // the last one it is in
  events: EventRow[];
}

// The groups that something happened to, in the order of the first thing.
function livesOf(atlas: Atlas, { releases, events }: Lineage): Life[] {
  const at = new Map(releases.map(([id], i) => [id, i]));
  const lives = new Map<number, Life>();
  for (const event of events) {
    const [release, kind, id, , title] = event;
    const i = at.get(release) ?? 0;
    const group = atlas.byId.get(id) ?? null;
    const life = lives.get(id) ?? {
      id,
      group,
      title: group ? nameOf(group) : 'A group that is gone',
      from: 0,
      to: releases.length - 1,
      events: [],
    };
    if (kind === 'born' || kind === 'split') life.from = i;
    if (kind === 'died' || kind === 'merged') life.to = Math.max(life.from, i - 1);
    if (title && !group) life.title = title;
    life.events.push(event);
    lives.set(id, life);
  }
  return [...lives.values()];
}

const arc = (x: number, a: number, b: number): string =>
  `M${x} ${a}C${x + 14} ${a},${x + 14} ${b},${x} ${b}`;
const marks: Record<string, string> = {
  born: 'first shown',
  split: 'split off',
  merged: 'went into another group',
  died: 'no longer shown',
  retitled: 'has a new title',
};

function Lines({ lives, lineage, width }: { lives: Life[]; lineage: Lineage; width: number }) {
  const n = lineage.releases.length;
  const step = (width - left - right) / Math.max(1, n - 1);
  const x = (i: number): number => left + i * step;
  const y = new Map(lives.map((life, i) => [life.id, top + i * row]));
  const at = new Map(lineage.releases.map(([id], i) => [id, i]));
  const every = Math.ceil(n / 8);
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
            <text x={x(i)} y={top - 30} text-anchor={n > 1 && i === n - 1 ? 'end' : 'middle'}>
              {last ? day(last) : `release ${id}`}
            </text>
          )}
        </g>
      ))}
      {lives.map((life) => {
        const here = y.get(life.id) ?? 0;
        return (
          <g key={life.id} class={life.group ? 'life' : 'life gone'}>
            <text x={left - 14} y={here + 4} text-anchor="end">
              {shorten(life.title, 46)}
            </text>
            <line x1={x(life.from)} x2={x(life.to)} y1={here} y2={here} />
            {life.events.map(([release, kind, , other], i) => {
              const end = kind === 'died' || kind === 'merged';
              const cx = x(end ? life.to : (at.get(release) ?? 0));
              const there = other === null ? undefined : y.get(other);
              return (
                <g key={i} class={kind}>
                  {there !== undefined && (
                    <path d={arc(cx, here, there)} />
                  )}
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
  if (!lineage)
    return (
      <Empty title="This atlas has one release">
        <p>When `clio append` brings new conversations, what became of its groups stands here.</p>
      </Empty>
    );
  const lives = livesOf(atlas, lineage);
  const changed = lives.filter((life) => life.group?.level === 0).length;
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
          <Lines lives={lives} lineage={lineage} width={1060} />
          <p class="note">
            A filled mark begins a group, an open one ends it. A group keeps its name as long as
            enough people use its words.
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
                  {count(n)} conversations in {count(base)} smallest groups
                  {atlas.trees.length > 1 && ' of all trees'}
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
