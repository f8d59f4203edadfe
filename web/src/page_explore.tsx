// SPDX-License-Identifier: Apache-2.0
// Tree, map, panel and time are four views of one selection: choose anywhere, all follow.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Cluster } from './atlas';
import { pathOf } from './atlas';
import { AreaPanel, ClusterPanel, TimeStrip } from './cluster_panel';
import { percent } from './format';
import { Icicle } from './icicle';
import { MapView, litBy } from './map_view';
import { choices, findMeasure } from './measure';
import { Select } from './pick';
import { useFound } from './search';
import { floorWords, useLoaded, useShared } from './shared';
import { patch, useView } from './state';
import { useTheme } from './theme';
import { hasTrend } from './trend';
import { TreeView } from './tree_view';

function withAncestors(list: Cluster[]): Set<Cluster> {
  const set = new Set(list);
  for (const c of list) for (const p of pathOf(c)) set.add(p);
  return set;
}

function Nothing() {
  const { atlas } = useShared();
  const first = atlas.tops.find((c) => c.title !== null);
  return (
    <article class="cluster">
      <h2 class="big">Choose a group</h2>
      <p>
        Each circle is a group of conversations about similar things; its size is how many there
        are. Groups lie near each other when they are about similar things.
      </p>
      {first ? (
        <p>
          The largest is “<bdi dir="auto">{first.title}</bdi>”: {percent(first.share)}.
        </p>
      ) : null}
      <p class="note">
        Click a circle or a line of the tree. Drag to move; click the map, then scroll to zoom.
        Every group has {floorWords(atlas)}.
      </p>
      <dl class="keys">
        <dt>/</dt>
        <dd>search</dd>
        <dt>Esc</dt>
        <dd>one step back out</dd>
        <dt>↑ ↓ → ←</dt>
        <dd>walk the tree, or move the map</dd>
        <dt>+ − 0</dt>
        <dd>zoom the map</dd>
      </dl>
    </article>
  );
}

// A link to a group that is not in this atlas looks like any other that cannot be shown.
function Gone() {
  return (
    <article class="cluster">
      <h2 class="big withheld">Withheld: too few people to show</h2>
      <p>There is no group at this address that may be shown.</p>
    </article>
  );
}

function useMeasure(by: string) {
  const { atlas, source } = useShared();
  const cells = useLoaded(() => source.cells(), 'cells', by.includes(':'));
  const time = useLoaded(() => source.time(), 'time', by === 'growth');
  const measure = useMemo(
    () => findMeasure(atlas, by, cells.data, time.data),
    [atlas, by, cells.data, time.data],
  );
  return { measure, error: cells.error || time.error };
}

const tabs = [
  ['tree', 'Tree'],
  ['map', 'Map'],
  ['panel', 'Group'],
] as const;

export function PageExplore() {
  const { atlas, source } = useShared();
  const { params } = useView();
  const theme = useTheme();
  const [area, setArea] = useState<Cluster[] | null>(null);
  const [tab, setTab] = useState<string>('tree');
  const by = params['by'] ?? 'group';
  const query = params['q'] ?? '';
  const chosen = atlas.byId.get(Number(params['group'])) ?? null;
  const gone = !!params['group'] && !chosen;
  const { measure, error } = useMeasure(by);
  const { list } = useFound(query);
  const found = useMemo(
    () => (query.trim() ? withAncestors(list) : null),
    [query.trim() ? list : null],
  );
  const lit = useMemo(() => litBy(chosen, found), [chosen, found]);
  const detail = useLoaded(
    () => source.detail(chosen!.id),
    String(chosen?.id),
    !!chosen && hasTrend(atlas),
  );

  const choose = (c: Cluster | null): void => {
    setArea(null);
    patch({ group: c ? String(c.id) : '' });
    if (c) setTab((old) => (old === 'map' ? 'panel' : old));
  };
  useEffect(() => {
    const out = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      if (area) setArea(null);
      else if (chosen) choose(chosen.parent);
      else if (query) patch({ q: '' });
    };
    document.addEventListener('keydown', out);
    return () => document.removeEventListener('keydown', out);
  });

  return (
    <div class="explore">
      <div class="line">
        <h1 class="hidden">Explore</h1>
        <Select
          label="Colour by"
          value={by}
          options={choices(atlas).map((c) => ({ ...c, value: c.key }))}
          onPick={(value) => patch({ by: value === 'group' ? '' : value })}
        />
        {query ? (
          <p class="filter">
            {found?.size ? 'Groups with' : 'No group with'} “<bdi dir="auto">{query}</bdi>”{' '}
            <button type="button" onClick={() => patch({ q: '' })}>
              Clear
            </button>
          </p>
        ) : null}
        {error ? <p class="problem">{error}</p> : null}
        <div class="tabs" role="group" aria-label="Part of the view">
          {tabs.map(([key, name]) => (
            <button
              key={key}
              type="button"
              aria-pressed={tab === key}
              onClick={() => setTab(key)}
            >
              {name}
            </button>
          ))}
        </div>
      </div>
      <div class={`live show-${tab}`}>
        <nav class="pane tree" aria-label="Tree">
          <h2>Tree</h2>
          <div class="outline">
            <Icicle atlas={atlas} chosen={chosen} onChoose={choose} theme={theme} />
            <TreeView
              atlas={atlas}
              chosen={chosen}
              found={found}
              onChoose={choose}
              theme={theme}
            />
          </div>
        </nav>
        <section class="pane map" aria-label="Map">
          <h2>Map</h2>
          <MapView
            atlas={atlas}
            measure={measure}
            chosen={chosen}
            onChoose={choose}
            lit={lit}
            at={params['at'] ?? ''}
            onMove={(at) => patch({ at }, true)}
            onArea={(found) => {
              setArea(found);
              setTab('panel');
            }}
          />
        </section>
        <aside class="pane detail" aria-label="Group" aria-live="polite" tabIndex={0}>
          {area ? (
            <AreaPanel list={area} onClose={() => setArea(null)} />
          ) : gone ? (
            <Gone />
          ) : chosen ? (
            <ClusterPanel c={chosen} theme={theme} />
          ) : (
            <Nothing />
          )}
        </aside>
      </div>
      <TimeStrip c={chosen} detail={detail.data} />
    </div>
  );
}
