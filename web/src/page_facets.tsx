// SPDX-License-Identifier: Apache-2.0
// Every facet as a small chart; a value leads to the groups where it is most over-represented; any
// facet against the main groups, and any pair of facets, as a table of ratios.
import { useMemo } from 'preact/hooks';
import type { Atlas, CellData, FacetRow } from './atlas';
import { facetName, inOrder, nameOf, valueName } from './atlas';
import { Bars } from './bars';
import { Figure } from './chart';
import { isolate, percent } from './format';
import { OverFigure, finestOver, overOf } from './over';
import { LevelPick, Select, levelFrom } from './pick';
import type { Sheet } from './save';
import { Empty, GroupLink, Loading, useLoaded, useShared } from './shared';
import { linkTo, patch, useView } from './state';
import { shift, useTheme } from './theme';

function Small({ facet, rows }: { facet: string; rows: FacetRow[] }) {
  const { params } = useView();
  const first = [...rows].sort((a, b) => b[1] - a[1])[0];
  const title = first
    ? `${facetName(facet)}: ${isolate(valueName(facet, first[0]))} in ${percent(first[2])}`
    : facetName(facet);
  return (
    <Figure
      title={title}
      name={`clio-${facet}`}
      sheet={{
        head: [facetName(facet), 'conversations', 'share'],
        rows: rows.map((r) => [...r]),
      }}
    >
      <Bars
        label={facetName(facet)}
        rows={inOrder(facet, rows)
          .slice(0, 14)
          .map(([value, n, share]) => ({
            key: value,
            name: (
              <a
                {...linkTo('facets', { ...params, facet, value })}
                aria-current={
                  params['facet'] === facet && params['value'] === value ? 'true' : undefined
                }
              >
                {valueName(facet, value)}
              </a>
            ),
            share,
            n,
          }))}
      />
    </Figure>
  );
}

interface Matrix {
  columns: string[];
  rows: {
    key: string;
    name: preact.ComponentChildren;
    plain: string;
    cells: (number | null)[];
  }[];
}

function againstGroups(atlas: Atlas, cells: CellData, facet: string): Matrix {
  const rows = inOrder(facet, atlas.facets[facet] ?? []).slice(0, 12);
  const found = cells.facets[facet];
  const at = new Map<string, number>();
  found?.cluster.forEach((id, i) =>
    at.set(`${id} ${found.values[found.value[i] ?? 0]}`, found.n[i] ?? 0),
  );
  return {
    columns: rows.map(([v]) => valueName(facet, v)),
    rows: atlas.tops.map((c) => ({
      key: String(c.id),
      name: <GroupLink of={c} />,
      plain: nameOf(c),
      cells: rows.map(([v, , share]) => {
        const n = at.get(`${c.id} ${v}`);
        return n === undefined ? null : n / c.n / share;
      }),
    })),
  };
}

function againstFacet(atlas: Atlas, cells: CellData, a: string, b: string): Matrix | null {
  const pair = cells.pairs.find((p) => (p.a === a && p.b === b) || (p.a === b && p.b === a));
  if (!pair) return null;
  const turned = pair.a !== a;
  const at = new Map(
    pair.cells.map(([x, y, n]) => [turned ? `${y}\n${x}` : `${x}\n${y}`, n] as const),
  );
  const rows = inOrder(a, atlas.facets[a] ?? []).slice(0, 20);
  const columns = inOrder(b, atlas.facets[b] ?? []).slice(0, 12);
  return {
    columns: columns.map(([v]) => valueName(b, v)),
    rows: rows.map(([v, n]) => ({
      key: v,
      name: valueName(a, v),
      plain: valueName(a, v),
      cells: columns.map(([w, , share]) => {
        const both = at.get(`${v}\n${w}`);
        return both === undefined ? null : both / n / share;
      }),
    })),
  };
}

function Heat({ matrix, label }: { matrix: Matrix; label: string }) {
  return (
    <div class="sheet heat" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <td />
            {matrix.columns.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.rows.map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.name}</th>
              {row.cells.map((ratio, i) => {
                if (ratio === null)
                  return (
                    <td key={i} class="none" title="too few people to show">
                      ·
                    </td>
                  );
                const t = Math.max(-1, Math.min(1, Math.log2(ratio) / 2));
                return (
                  <td
                    key={i}
                    style={{
                      background: shift(t),
                      color: Math.abs(t) > 0.66 ? '#fff' : '#14171b',
                    }}
                  >
                    {ratio < 0.095 ? '<0.1' : ratio.toFixed(1)} ×
                  </td>
                );
              })}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const sheetOf = (m: Matrix): Sheet => ({
  head: ['', ...m.columns],
  rows: m.rows.map((r) => [
    r.plain,
    ...r.cells.map((v) => (v === null ? null : Number(v.toFixed(3)))),
  ]),
});

// The strongest cell as a sentence.
function headline(m: Matrix): string {
  let best = { ratio: 0, row: '', column: '' };
  for (const row of m.rows)
    row.cells.forEach((v, i) => {
      if (v !== null && v > best.ratio)
        best = { ratio: v, row: row.plain, column: m.columns[i] ?? '' };
    });
  if (best.ratio < 1.15) return 'Every value is about as common everywhere';
  const how = `${best.ratio.toFixed(1)} times as common`;
  return `“${isolate(best.column)}” is ${how} in “${isolate(best.row)}” as overall`;
}

// The facet with the most values to show.
const richest = (atlas: Atlas, names: string[]): string =>
  [...names].sort((a, b) => atlas.facets[b]!.length - atlas.facets[a]!.length)[0] ?? '';

export function PageFacets() {
  const { atlas, source } = useShared();
  const { params } = useView();
  const theme = useTheme();
  const names = Object.keys(atlas.facets).filter((f) => atlas.facets[f]?.length);
  const cells = useLoaded(() => source.cells(), 'cells', names.length > 0);
  const facet = names.includes(params['facet'] ?? '') ? params['facet']! : richest(atlas, names);
  const value = params['value'] ?? '';
  const against = params['against'] ?? 'groups';
  const level = levelFrom(
    atlas,
    params['level'],
    cells.data && value ? finestOver(atlas, cells.data, facet, value) : 0,
  );
  const over = useMemo(
    () => (cells.data && value ? overOf(atlas, cells.data, facet, value, level) : []),
    [atlas, cells.data, facet, value, level],
  );
  const matrix = useMemo(() => {
    if (!cells.data) return null;
    return against === 'groups'
      ? againstGroups(atlas, cells.data, facet)
      : againstFacet(atlas, cells.data, facet, against);
  }, [atlas, cells.data, facet, against]);
  if (!names.length)
    return (
      <Empty title="No facet of this corpus may be shown">
        <p>No value of any facet is shared by enough people.</p>
      </Empty>
    );
  return (
    <div class="page">
      <h1>Facets</h1>
      <div class="smalls">
        {names.map((f) => (
          <Small key={f} facet={f} rows={atlas.facets[f] ?? []} />
        ))}
      </div>
      <Loading of={cells} lines={8}>
        {(data) => (
          <>
            {value ? (
              <>
                <div class="line">
                  <h2 class="plain">Where “{valueName(facet, value)}” is common</h2>
                  <LevelPick
                    atlas={atlas}
                    level={level}
                    onPick={(l) => patch({ level: String(l) })}
                  />
                  <a {...linkTo('explore', { by: `${facet}:${value}` })}>Show it on the map</a>
                </div>
                {over.length ? (
                  <OverFigure
                    atlas={atlas}
                    facet={facet}
                    value={value}
                    rows={over}
                    theme={theme}
                  />
                ) : (
                  <Empty title="Too few people to show">
                    <p>No group of this size holds enough of it. Try larger groups.</p>
                  </Empty>
                )}
              </>
            ) : null}
            <div class="line">
              <Select
                label="Facet"
                value={facet}
                options={names.map((f) => ({ value: f, name: facetName(f) }))}
                onPick={(f) => patch({ facet: f, value: '', against: '' })}
              />
              <Select
                label="against"
                value={against}
                options={[
                  { value: 'groups', name: 'main groups' },
                  ...names
                    .filter((f) => f !== facet)
                    .map((f) => ({
                      value: f,
                      name: facetName(f),
                      ...(data.pairs.some(
                        (p) => [p.a, p.b].sort().join() === [f, facet].sort().join(),
                      )
                        ? {}
                        : { off: 'not in this release' }),
                    })),
                ]}
                onPick={(v) => patch({ against: v === 'groups' ? '' : v })}
              />
            </div>
            {matrix ? (
              <Figure
                title={headline(matrix)}
                name="clio-pair"
                sheet={sheetOf(matrix)}
                note={
                  'Each cell: how many times as common the value is there as ' +
                  'in all conversations; a dot: too few people to show.'
                }
              >
                <Heat matrix={matrix} label="Facet against groups" />
              </Figure>
            ) : null}
          </>
        )}
      </Loading>
    </div>
  );
}
