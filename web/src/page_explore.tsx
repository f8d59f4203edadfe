// SPDX-License-Identifier: Apache-2.0
// Tree, map, panel and time are four views of one selection: choose anywhere, all follow.
import { useEffect, useMemo, useState } from 'preact/hooks';
import type { Cluster } from './atlas';
import { pathOf } from './atlas';
import { AllPanel, AreaPanel } from './area_panel';
import { ClusterPanel, TimeStrip } from './cluster_panel';
import { Icicle } from './icicle';
import { groupsIn, readArea, writeArea } from './map_area';
import { MapView, litBy } from './map_view';
import { choices, findMeasure } from './measure';
import { Select } from './pick';
import { useFound, useMeaning } from './search';
import { useLoaded, useShared } from './shared';
import { currentView, patch, useView } from './state';
import { useTheme } from './theme';
import { hasTrend } from './trend';
import { TreeView } from './tree_view';

function withAncestors(list: Cluster[]): Set<Cluster> {
  const set = new Set(list);
  for (const c of list) for (const p of pathOf(c)) set.add(p);
  return set;
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
  const [tab, setTab] = useState<string>(params['group'] || params['area'] ? 'panel' : 'tree');
  const by = params['by'] ?? 'group';
  const query = params['q'] ?? '';
  const chosen = atlas.byId.get(Number(params['group'])) ?? null;
  const gone = !!params['group'] && !chosen;
  const { measure, error } = useMeasure(by);
  const area = useMemo(() => readArea(params['area'] ?? ''), [params['area']]);
  const inside = useMemo(() => (area ? groupsIn(atlas, area) : null), [atlas, area]);
  const { list, whole } = useFound(query);
  const worded = list.length > 0 || !whole;
  const meaning = useMeaning(worded ? '' : query);
  const hits = worded ? list : meaning.list;
  const found = useMemo(
    () => (query.trim() ? withAncestors(hits) : null),
    [query.trim() ? hits : null],
  );
  const lit = useMemo(
    () => litBy(inside ? null : chosen, inside ? new Set(inside) : found),
    [chosen, found, inside],
  );
  const detail = useLoaded(
    () => source.detail(chosen!.id),
    String(chosen?.id),
    !!chosen && hasTrend(atlas),
  );

  const choose = (c: Cluster | null): void => {
    patch({ group: c ? String(c.id) : '', area: '' });
    if (c) setTab((old) => (old === 'map' ? 'panel' : old));
  };
  useEffect(() => {
    const out = (event: KeyboardEvent): void => {
      if (event.key !== 'Escape') return;
      const now = currentView().params; // keys may come faster than the page is drawn
      const within = atlas.byId.get(Number(now['group']));
      if (readArea(now['area'] ?? '')) patch({ area: '' });
      else if (within) choose(within.parent);
      else if (now['q']) patch({ q: '' });
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
            {!found?.size
              ? 'No group with'
              : worded
                ? 'Groups with'
                : 'Groups alike in meaning to'}{' '}
            “<bdi dir="auto">{query}</bdi>”{' '}
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
            area={area}
            onArea={(points) => {
              patch({ area: writeArea(points) });
              setTab('panel');
            }}
          />
        </section>
        <aside class="pane detail" aria-label="Group" aria-live="polite" tabIndex={0}>
          {inside ? (
            <AreaPanel list={inside} onClose={() => patch({ area: '' })} />
          ) : gone ? (
            <Gone />
          ) : chosen ? (
            <ClusterPanel c={chosen} theme={theme} />
          ) : (
            <AllPanel />
          )}
        </aside>
      </div>
      <TimeStrip c={chosen} detail={detail.data} />
    </div>
  );
}
