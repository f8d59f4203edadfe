// SPDX-License-Identifier: Apache-2.0
// A facet against another, or against the main groups: how many times as common every combination
// is as the two sides alone would have it, with its interval; which hold up when at most one in
// twenty of them may be chance. Combinations of too few people are not in the atlas.
import type { Atlas, CellData, FacetRow } from './atlas';
import { drawOf, drawOfAll, facetName, inOrder, nameOf, valueName, whereName } from './atlas';
import { Figure } from './chart';
import { isolate, percent, times } from './format';
import type { Over } from './over';
import { OverFigure, judge, overRow } from './over';
import type { Option } from './pick';
import type { Sheet } from './save';
import { Empty, GroupLink } from './shared';
import type { Part } from './stats';
import type { Theme } from './theme';
import { shift } from './theme';

const ROWS = 20;
const COLUMNS = 12;

type Cell = Over & { row: string; column: string; part: Part };
export interface Matrix {
  columns: { key: string; name: string }[];
  rows: { key: string; name: string; label: preact.ComponentChildren }[];
  cells: Map<string, Cell>; // by "row\ncolumn"
}
const both = (row: string, column: string): string => `${row}\n${column}`;

function matrixOf(rows: Matrix['rows'], columns: Matrix['columns'], cells: Cell[]): Matrix {
  judge(cells, rows.length * columns.length);
  return { rows, columns, cells: new Map(cells.map((c) => [c.key, c])) };
}
function cellOf(row: string, column: string, name: string, part: Part): Cell {
  const key = both(row, column);
  const colour = (): string => 'var(--accent)';
  return Object.assign(overRow(part, { key, name, label: name, colour }), { row, column, part });
}

export function againstGroups(atlas: Atlas, data: CellData, facet: string): Matrix {
  const values = inOrder(facet, atlas.facets[facet] ?? []).slice(0, COLUMNS);
  const all = new Map(values.map(([v, n]) => [v, n]));
  const found = data.facets[facet];
  const cells: Cell[] = [];
  const perAll = drawOfAll(atlas);
  found?.cluster.forEach((id, i) => {
    const c = atlas.byId.get(id);
    const value = found.values[found.value[i] ?? 0] ?? '';
    const overall = all.get(value);
    if (!c || c.parent || overall === undefined) return;
    const part: Part = {
      ...{ n: found.n[i] ?? 0, of: c.n, all: overall, total: atlas.total, draws: c.draws },
      per: [drawOf(atlas, c), perAll],
    };
    cells.push(cellOf(String(id), value, `${nameOf(c)} · ${valueName(facet, value)}`, part));
  });
  return matrixOf(
    atlas.tops.map((c) => ({ key: String(c.id), name: nameOf(c), label: <GroupLink of={c} /> })),
    values.map(([v]) => ({ key: v, name: valueName(facet, v) })),
    cells,
  );
}

const pairOf = (data: CellData, a: string, b: string) =>
  data.pairs.find((p) => (p.a === a && p.b === b) || (p.a === b && p.b === a));

export function againstFacet(atlas: Atlas, data: CellData, a: string, b: string): Matrix | null {
  const pair = pairOf(data, a, b);
  if (!pair) return null;
  const turned = pair.a !== a;
  // Pairs are counted within the groups, facets over all: brought to the same size.
  const total = Math.max(1, atlas.total - Number(atlas.run['n_unclustered'] ?? 0));
  const sizes = (rows: FacetRow[]): Map<string, number> =>
    new Map(rows.map(([v, , share]) => [v, share * total]));
  const rows = inOrder(a, atlas.facets[a] ?? []);
  const columns = inOrder(b, atlas.facets[b] ?? []);
  const [ofRow, ofColumn] = [sizes(rows), sizes(columns)];
  const cells: Cell[] = [];
  const perAll = drawOfAll(atlas);
  for (const [x, y, n] of pair.cells) {
    const [row, column] = turned ? [y, x] : [x, y];
    const [of, all] = [ofRow.get(row), ofColumn.get(column)];
    if (!of || !all) continue;
    const name = `${valueName(a, row)} · ${valueName(b, column)}`;
    const part: Part = {
      ...{ n, of: Math.max(of, n), all: Math.max(all, n), total, draws: 1 },
      per: [perAll, perAll],
    };
    cells.push(cellOf(row, column, name, part));
  }
  return matrixOf(
    rows.map(([v]) => ({ key: v, name: valueName(a, v), label: valueName(a, v) })),
    columns.map(([v]) => ({ key: v, name: valueName(b, v) })),
    cells,
  );
}

// What a facet can be set against; what the release does not hold is greyed with the reason.
export function againstOptions(atlas: Atlas, data: CellData, facet: string): Option[] {
  const others = Object.keys(atlas.facets).filter((f) => f !== facet && atlas.facets[f]?.length);
  const off = (f: string): { off?: string } => {
    if (pairOf(data, facet, f)) return {};
    if (atlas.run['privacy'] === 'dp') return { off: 'left out in this privacy mode' };
    return { off: 'this release holds no counts of the two together' };
  };
  return [
    { value: 'groups', name: 'main groups' },
    ...others.map((f) => ({ value: f, name: facetName(f), ...off(f) })),
  ];
}

function words(cell: Cell): string {
  const [low, high] = [cell.low.toFixed(1), cell.high.toFixed(1)];
  const firm = cell.stands ? '' : '; may be chance';
  return `${times(cell.ratio)} as common (${low} to ${high})${firm}`;
}

function HeatCell({ cell }: { cell: Cell | undefined }) {
  if (!cell)
    return (
      <td class="none" title="too few people to show">
        ·
      </td>
    );
  // Two thirds of the ramp: dark ink can be read on all of that.
  const t = (Math.max(-1, Math.min(1, Math.log2(cell.ratio) / 2)) * 2) / 3;
  return (
    <td
      class={cell.stands ? '' : 'loose'}
      title={words(cell)}
      style={cell.stands ? { background: shift(t), color: '#14171b' } : {}}
    >
      {cell.ratio < 0.095 ? '<0.1' : cell.ratio.toFixed(1)} ×
    </td>
  );
}

function Heat({ matrix, label }: { matrix: Matrix; label: string }) {
  const columns = matrix.columns.slice(0, COLUMNS);
  return (
    <div class="sheet heat" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            <td />
            {columns.map((c) => (
              <th key={c.key} scope="col">
                {c.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {matrix.rows.slice(0, ROWS).map((row) => (
            <tr key={row.key}>
              <th scope="row">{row.label}</th>
              {columns.map((c) => (
                <HeatCell key={c.key} cell={matrix.cells.get(both(row.key, c.key))} />
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sheetOf(m: Matrix): Sheet {
  const names = new Map([...m.rows, ...m.columns].map((r) => [r.key, r.name]));
  return {
    head: [
      'value',
      'against',
      'conversations',
      'times as common as overall',
      'low',
      'high',
      'holds up',
    ],
    rows: [...m.cells.values()].map((c) => [
      names.get(c.row) ?? '',
      names.get(c.column) ?? '',
      c.n,
      Number(c.ratio.toFixed(2)),
      Number(c.low.toFixed(2)),
      Number(c.high.toFixed(2)),
      c.stands ? 'yes' : 'no',
    ]),
  };
}

// The strongest cell that holds up, as a sentence; of a value that is more common rather than less.
function headline(m: Matrix): string {
  const sure = [...m.cells.values()].filter((c) => c.stands);
  const best = sure.find((c) => c.ratio >= 1.15) ?? sure.find((c) => c.ratio <= 0.85);
  if (!best) return sure.length ? 'Differences are small' : 'What differs here may be chance';
  const row = m.rows.find((r) => r.key === best.row)?.name ?? '';
  const column = m.columns.find((c) => c.key === best.column)?.name ?? '';
  const how = `${times(best.ratio)} as common`;
  return `“${isolate(column)}” is ${how} in “${isolate(row)}” as overall`;
}

// `beside`: a figure above says what stands out, so this one only says what it is.
export function HeatFigure(props: { matrix: Matrix; label: string; beside: boolean }) {
  const { matrix, label } = props;
  return (
    <Figure
      title={props.beside ? label : headline(matrix)}
      name="clio-pair"
      sheet={sheetOf(matrix)}
      note={
        'Each cell: how many times as common the value is there as in all conversations. ' +
        'Coloured cells hold up when at most one in twenty of them may be chance; ' +
        'a dot: too few people to show.'
      }
    >
      <Heat matrix={matrix} label={label} />
    </Figure>
  );
}

// Of the conversations with one value: which values of the other facet are more common there.
export function PairFigure(props: {
  atlas: Atlas;
  matrix: Matrix;
  facet: string;
  against: string;
  value: string;
  theme: Theme;
}) {
  const { atlas, matrix, facet, against, value } = props;
  const rows = judge(
    [...matrix.cells.values()]
      .filter((c) => c.row === value)
      .map((c) => overRow(c.part, {
        key: c.key,
        name: valueName(against, c.column),
        label: valueName(against, c.column),
        colour: c.colour,
      })),
    matrix.columns.length,
  );
  const where = whereName(facet, value);
  const share = (atlas.facets[facet] ?? []).find(([v]) => v === value)?.[2] ?? 0;
  if (!rows.length)
    return (
      <Empty title="Too few people to show">
        <p>
          {percent(share)} of conversations are such, and no value of {facetName(against)} is shared
          by enough people among them.
        </p>
      </Empty>
    );
  return (
    <OverFigure
      name={`clio-${facet}-${against}`}
      rows={rows}
      theme={props.theme}
      what="value"
      where={where}
      hidden="Values that too few people share together are not shown."
    />
  );
}
