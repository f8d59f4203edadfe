// SPDX-License-Identifier: Apache-2.0
// Languages: how large each is, and for one of them the groups where it is most over-represented.
import { useMemo } from 'preact/hooks';
import { whereName } from './atlas';
import { Bars } from './bars';
import { Figure } from './chart';
import { percent } from './format';
import { OverFigure, finestOver, groupsHidden, overOf } from './over';
import { LevelPick, Select, levelFrom } from './pick';
import { Empty, Loading, useLoaded, useShared } from './shared';
import { linkTo, patch, useView } from './state';
import { useTheme } from './theme';

export function PageLanguages() {
  const { atlas, source } = useShared();
  const { params } = useView();
  const theme = useTheme();
  const rows = (atlas.facets['language'] ?? []).filter(([v]) => v !== 'Unknown');
  const cells = useLoaded(() => source.cells(), 'cells', rows.length > 1);
  const value = rows.find(([v]) => v === params['language'])?.[0] ?? rows[1]?.[0] ?? '';
  const level = levelFrom(
    atlas,
    params['level'],
    cells.data ? finestOver(atlas, cells.data, 'language', value) : 0,
  );
  const over = useMemo(
    () => (cells.data ? overOf(atlas, cells.data, 'language', value, level) : []),
    [atlas, cells.data, value, level],
  );
  const only = rows[0];
  if (!only)
    return (
      <Empty title="No language is shared by enough people to show">
        <p>Languages appear when enough people of this corpus write in them.</p>
      </Empty>
    );
  if (rows.length === 1)
    return (
      <Empty title={`${percent(only[2])} of conversations are in ${only[0]}`}>
        <p>
          No other language is shared by enough people to show, so there is nothing to compare.
          The remaining {percent(1 - only[2])} are in other languages, or in none that could be
          told.
        </p>
      </Empty>
    );
  return (
    <div class="page">
      <h1>Languages</h1>
      <div class="columns">
        <Figure
          title={`${percent(only[2])} of conversations are in ${only[0]}`}
          name="clio-languages"
          sheet={{
            head: ['language', 'conversations', 'share'],
            rows: rows.map((r) => [...r]),
          }}
          note="Languages that too few people write are not shown."
        >
          <Bars
            label="Languages"
            rows={rows.map(([v, n, share]) => ({
              key: v,
              name: (
                <a
                  {...linkTo('languages', { ...params, language: v })}
                  aria-current={v === value ? 'true' : undefined}
                >
                  {v}
                </a>
              ),
              share,
              n,
            }))}
          />
        </Figure>
        <div>
          <div class="line">
            <Select
              label="What is special in"
              value={value}
              options={rows.map(([v, , share]) => ({
                value: v,
                name: `${v} (${percent(share)})`,
              }))}
              onPick={(v) => patch({ language: v })}
            />
            <LevelPick atlas={atlas} level={level} onPick={(l) => patch({ level: String(l) })} />
            <a {...linkTo('explore', { by: `language:${value}` })}>Show it on the map</a>
          </div>
          <Loading of={cells} lines={10}>
            {() =>
              over.length ? (
                <OverFigure
                  name="clio-language"
                  rows={over}
                  theme={theme}
                  what="group"
                  where={whereName('language', value)}
                  hidden={groupsHidden}
                />
              ) : (
                <Empty title={`Too few people write in ${value} in any one group`}>
                  <p>Larger groups may hold enough: choose another size above.</p>
                </Empty>
              )
            }
          </Loading>
        </div>
      </div>
    </div>
  );
}
