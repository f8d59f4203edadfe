// SPDX-License-Identifier: Apache-2.0
// Every facet as a small chart; a value leads to the groups where it is most over-represented; any
// facet against the main groups, and any pair of facets, as a table of ratios.
import { useMemo } from 'preact/hooks';
import type { Atlas, FacetRow } from './atlas';
import { facetName, inOrder, valueName, whereName } from './atlas';
import { Bars } from './bars';
import { Figure } from './chart';
import { isolate, percent } from './format';
import type { Over } from './over';
import { OverFigure, finestOver, groupsHidden, overOf } from './over';
import { HeatFigure, PairFigure, againstFacet, againstGroups, againstOptions } from './pair';
import { LevelPick, Select, levelFrom } from './pick';
import { Empty, Loading, useLoaded, useShared } from './shared';
import { linkTo, patch, useView } from './state';
import type { Theme } from './theme';
import { useTheme } from './theme';

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

function GroupsFigure(props: { rows: Over[]; facet: string; value: string; theme: Theme }) {
  if (!props.rows.length)
    return (
      <Empty title="Too few people to show">
        <p>No group of this size holds enough of it. Try larger groups.</p>
      </Empty>
    );
  return (
    <OverFigure
      name={`clio-${props.facet}`}
      rows={props.rows}
      theme={props.theme}
      what="group"
      where={whereName(props.facet, props.value)}
      hidden={groupsHidden}
    />
  );
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
                options={againstOptions(atlas, data, facet)}
                onPick={(v) => patch({ against: v === 'groups' ? '' : v })}
              />
              <Select
                label="of"
                value={value}
                options={[
                  { value: '', name: 'all conversations' },
                  ...inOrder(facet, atlas.facets[facet] ?? []).map(([v]) => ({
                    value: v,
                    name: whereName(facet, v),
                  })),
                ]}
                onPick={(v) => patch({ value: v })}
              />
              {value && against === 'groups' ? (
                <>
                  <LevelPick
                    atlas={atlas}
                    level={level}
                    onPick={(l) => patch({ level: String(l) })}
                  />
                  <a {...linkTo('explore', { by: `${facet}:${value}` })}>Show it on the map</a>
                </>
              ) : null}
            </div>
            {value && matrix && against !== 'groups' ? (
              <PairFigure {...{ atlas, matrix, facet, against, value, theme }} />
            ) : null}
            {value && against === 'groups' ? (
              <GroupsFigure {...{ rows: over, facet, value, theme }} />
            ) : null}
            {matrix ? (
              <HeatFigure
                matrix={matrix}
                beside={!!value}
                label={`${facetName(facet)} against ${
                  against === 'groups' ? 'the main groups' : facetName(against)
                }`}
              />
            ) : (
              <Empty
                title={`${facetName(facet)} and ${facetName(against)} are not counted together`}
              >
                <p>This release holds no number that enough people share for both at once.</p>
              </Empty>
            )}
          </>
        )}
      </Loading>
    </div>
  );
}
