// SPDX-License-Identifier: Apache-2.0
// The panel when no group is chosen: all conversations; and when an area was drawn on the map: what
// lies in it, summed up out of the same cells that each group shows.
import { useMemo } from 'preact/hooks';
import type { Atlas, CellData, Cluster } from './atlas';
import {
  countOfAll,
  drawOf,
  drawOfAll,
  facetName,
  hasAccounts,
  inOrder,
  levelName,
  nameOf,
  valueName,
} from './atlas';
import { Bars } from './bars';
import { Taking } from './chart';
import { count, percent, plural } from './format';
import type { Sheet } from './save';
import { GroupLink, atMost, floorWords, useLoaded, useShared } from './shared';
import { halfWidth } from './stats';
import { colourOf, useTheme } from './theme';

export function AllPanel() {
  const { atlas } = useShared();
  const run = atlas.run;
  return (
    <article class="cluster">
      <h2 class="big">All conversations</h2>
      <p>
        Each circle is a group of conversations about similar things, as large as its share; near
        circles are about similar things. Choose one, on the map or in the tree.
      </p>
      <dl class="numbers">
        <div>
          <dt>conversations</dt>
          <dd>{countOfAll(atlas)}</dd>
        </div>
        {hasAccounts(atlas) && run['n_accounts'] ? (
          <div>
            <dt>people</dt>
            <dd>
              {atMost(atlas)}about {count(Number(run['n_accounts']))}
            </dd>
          </div>
        ) : null}
        <div>
          <dt>{atlas.bases.length === 1 ? 'group' : levelName(atlas, 0)}</dt>
          <dd>{count(atlas.bases.length)}</dd>
        </div>
      </dl>
      {Object.entries(atlas.facets)
        .slice(0, 6)
        .map(([facet, rows]) => (
          <section key={facet}>
            <h3>{facetName(facet)}</h3>
            <Bars
              label={facetName(facet)}
              rows={inOrder(facet, rows)
                .slice(0, 6)
                .map(([value, n, share]) => ({
                  key: value,
                  name: valueName(facet, value),
                  share,
                  n,
                }))}
            />
          </section>
        ))}
      <p class="note">Every group has {floorWords(atlas)}.</p>
      <dl class="keys">
        <dt>/</dt>
        <dd>search</dd>
        <dt>Esc</dt>
        <dd>one step back out</dd>
        <dt>↑ ↓ → ←</dt>
        <dd>walk the tree, or move the map</dd>
        <dt>+ − 0</dt>
        <dd>zoom the map; after a click into it, the wheel too</dd>
        <dt>Enter</dt>
        <dd>on the map: sum up what it shows</dd>
        <dt>Shift</dt>
        <dd>and drag: draw around groups</dd>
      </dl>
    </article>
  );
}

interface Sum {
  facet: string;
  rows: { value: string; n: number; share: number; base: number }[];
}
const ENOUGH = 0.6; // of the area's conversations, that the groups show a value of

// Of each facet the values that the groups show, added up; of the conversations whose value is
// shown. Empty when that would speak for too few of them.
function sumFacets(atlas: Atlas, cells: CellData, list: Cluster[], total: number): Sum[] {
  const ids = new Set(list.map((c) => c.id));
  return Object.entries(cells.facets).map(([facet, columns]) => {
    const sums = new Map<string, number>();
    let shown = 0;
    columns.cluster.forEach((id, i) => {
      if (!ids.has(id)) return;
      const [value, n] = [columns.values[columns.value[i] ?? 0] ?? '', columns.n[i] ?? 0];
      sums.set(value, (sums.get(value) ?? 0) + n);
      shown += n;
    });
    const base = inOrder(facet, atlas.facets[facet] ?? []);
    const rows = base.flatMap(([value, , share]) => {
      const n = sums.get(value);
      return n ? [{ value, n, share: n / shown, base: share }] : [];
    });
    return { facet, rows: shown >= ENOUGH * total ? rows.slice(0, 8) : [] };
  });
}

function mainGroups(list: Cluster[]): { top: Cluster; n: number }[] {
  const sums = new Map<Cluster, number>();
  for (const c of list) {
    let top = c;
    while (top.parent) top = top.parent;
    sums.set(top, (sums.get(top) ?? 0) + c.n);
  }
  return [...sums].map(([top, n]) => ({ top, n })).sort((a, b) => b.n - a.n);
}

export function AreaPanel({ list, onClose }: { list: Cluster[]; onClose: () => void }) {
  const { atlas, source } = useShared();
  const theme = useTheme();
  const cells = useLoaded(() => source.cells(), 'cells', list.length > 0);
  const n = list.reduce((sum, c) => sum + c.n, 0);
  const draws = list.reduce((sum, c) => sum + c.draws, 0);
  // One person may be in several of the groups.
  const per = list.length > 1 ? drawOfAll(atlas) : list[0] ? drawOf(atlas, list[0]) : 1;
  const rows = useMemo(() => [...list].sort((a, b) => b.n - a.n), [list]);
  const facets = useMemo(
    () => (cells.data ? sumFacets(atlas, cells.data, list, n) : []),
    [atlas, cells.data, list],
  );
  const shown = facets.filter((f) => f.rows.length);
  const hidden = facets.filter((f) => !f.rows.length).map((f) => facetName(f.facet));
  const sheet: Sheet = {
    head: ['group', 'conversations', 'share'],
    rows: rows.map((c) => [nameOf(c), c.n, c.share]),
  };
  return (
    <article class="cluster">
      <h2 class="big">Selected area</h2>
      {list.length ? (
        <>
          <p>{plural(list.length, 'group', 'groups')} of the map, taken together.</p>
          <dl class="numbers">
            <div>
              <dt>of conversations</dt>
              <dd>
                {percent(n / atlas.total)}{' '}
                <small>± {(100 * halfWidth(n, atlas.total, draws, per)).toFixed(1)}</small>
              </dd>
            </div>
            <div>
              <dt>conversations</dt>
              <dd>{count(n)}</dd>
            </div>
          </dl>
          <h3>Main groups in it</h3>
          <Bars
            label="Main groups in the area"
            rows={mainGroups(list).map(({ top, n: part }) => ({
              key: String(top.id),
              name: <GroupLink of={top} />,
              share: part / n,
              n: part,
              base: top.share,
              colour: colourOf(top, theme),
            }))}
          />
          {shown.map(({ facet, rows: values }) => (
            <section key={facet}>
              <h3>{facetName(facet)}</h3>
              <Bars
                label={facetName(facet)}
                rows={values.map((v) => ({
                  key: v.value,
                  name: valueName(facet, v.value),
                  share: v.share,
                  n: v.n,
                  base: v.base,
                }))}
              />
            </section>
          ))}
          <p class="note">
            Thin marks: the rate among all conversations.
            {shown.length ? ' Values that too few people of a group share are left out.' : ''}
            {hidden.length
              ? ` ${hidden.join(', ')}: these groups are too small to show enough of it; their ` +
                'larger groups do.'
              : ''}
          </p>
          <h3>Groups</h3>
          <Bars
            label="Groups in the area"
            rows={rows.slice(0, 40).map((c) => ({
              key: String(c.id),
              name: <GroupLink of={c} />,
              share: c.share,
              n: c.n,
              colour: colourOf(c, theme),
            }))}
          />
          {rows.length > 40 ? <p class="note">and {rows.length - 40} smaller ones.</p> : null}
        </>
      ) : (
        <p>No group lies in this area.</p>
      )}
      <div class="foot">
        <button type="button" onClick={onClose}>
          Back
        </button>
        <Taking name="clio-area" sheet={sheet} />
      </div>
    </article>
  );
}
