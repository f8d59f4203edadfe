// SPDX-License-Identifier: Apache-2.0
// Bars as a table: name, bar, share; a thin mark stands at the rate of all conversations.
import type { ComponentChildren } from 'preact';
import { count, percent } from './format';

export interface BarRow {
  key: string;
  name: ComponentChildren;
  share: number;
  n?: number;
  base?: number;
  colour?: string;
  note?: string; // at the end of the line
}

export function Bars(props: { rows: BarRow[]; label: string; most?: number; marked?: boolean }) {
  const most =
    props.most ?? Math.max(0.0001, ...props.rows.map((r) => Math.max(r.share, r.base ?? 0)));
  return (
    <table class="bars">
      <caption class="hidden">{props.label}</caption>
      <thead class="hidden">
        <tr>
          <th scope="col">Name</th>
          <th scope="col">Bar</th>
          <th scope="col">Share</th>
        </tr>
      </thead>
      <tbody>
        {props.rows.map((r) => (
          <tr key={r.key} title={r.n === undefined ? '' : `${count(r.n)} conversations`}>
            <th scope="row">{r.name}</th>
            <td class="track">
              <i
                style={{
                  width: `${(100 * r.share) / most}%`,
                  background: r.colour ?? '',
                }}
              />
              {r.base === undefined ? null : (
                <u style={{ left: `${Math.min(100, (100 * r.base) / most)}%` }} />
              )}
            </td>
            <td class="value">
              {percent(r.share)}
              {r.base === undefined ? null : (
                <span class="hidden"> where all conversations have {percent(r.base)}</span>
              )}
              {r.note ? <small> {r.note}</small> : null}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
