// SPDX-License-Identifier: Apache-2.0
// The tree as an outline with bars for share. Only what is open is drawn. Keys as in the pattern
// for trees: arrows, Home, End, Enter; one line at a time takes the focus.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Atlas, Cluster } from './atlas';
import { nameOf, pathOf } from './atlas';
import { percent } from './format';
import { Title } from './shared';
import type { Theme } from './theme';
import { colourOf } from './theme';

export interface TreeProps {
  atlas: Atlas;
  chosen: Cluster | null;
  found: Set<Cluster> | null; // with their ancestors; null: all
  onChoose: (c: Cluster | null) => void;
  theme: Theme;
  // In place of the share: words and a bar from the middle, −1 … 1; null: nothing to say.
  value?: (c: Cluster) => { words: string; part: number; colour: string } | null;
}

const MOST_FOUND = 250; // lines of a search; the rest is one sentence

function linesOf(tops: Cluster[], open: Set<number>, found: Set<Cluster> | null): Cluster[] {
  const lines: Cluster[] = [];
  const walk = (list: Cluster[]): void => {
    for (const c of list) {
      if (found && (!found.has(c) || lines.length >= MOST_FOUND)) continue;
      lines.push(c);
      if (open.has(c.id) || found) walk(c.children);
    }
  };
  walk(tops);
  return lines;
}

// Small trees stand open; of large ones, what leads to the chosen cluster.
function firstOpen(atlas: Atlas): Set<number> {
  if (atlas.clusters.length > 60) return new Set();
  return new Set(atlas.clusters.filter((c) => c.children.length).map((c) => c.id));
}

const saidOf = (c: Cluster, value: TreeProps['value']): string =>
  value ? (value(c)?.words ?? 'too few people to compare') : percent(c.share);

type GaugeProps = { c: Cluster; most: number } & Pick<TreeProps, 'theme' | 'value'>;
function Gauge({ c, most, theme, value }: GaugeProps) {
  const own = value?.(c);
  const half = own ? 50 * Math.abs(own.part) : 0;
  return (
    <>
      <span class="part">{value ? (own?.words ?? '·') : percent(c.share)}</span>
      <span class={value ? 'gauge split' : 'gauge'}>
        {!value ? (
          <i
            style={{ width: `${(100 * c.share) / most}%`, background: colourOf(c, theme) }}
          />
        ) : own ? (
          <i
            style={{
              width: `${half}%`,
              marginInlineStart: `${own.part < 0 ? 50 - half : 50}%`,
              background: own.colour,
            }}
          />
        ) : null}
      </span>
    </>
  );
}

export function TreeView({ atlas, chosen, found, onChoose, theme, value }: TreeProps) {
  const [open, setOpen] = useState(() => firstOpen(atlas));
  const [active, setActive] = useState<number>(chosen?.id ?? atlas.tops[0]?.id ?? 0);
  const box = useRef<HTMLDivElement>(null);
  const takeFocus = useRef(false);
  const lines = useMemo(() => linesOf(atlas.tops, open, found), [atlas, open, found]);
  const most = atlas.tops[0]?.share ?? 1;

  useEffect(() => {
    if (!chosen) return;
    setOpen((old) => new Set([...old, ...pathOf(chosen).map((c) => c.id)]));
    setActive(chosen.id);
  }, [chosen]);
  useLayoutEffect(() => {
    const row = box.current?.querySelector<HTMLElement>(`[data-id="${active}"]`);
    if (!row) return;
    if (takeFocus.current) row.focus();
    takeFocus.current = false;
    const pane = box.current!.closest('.pane');
    if (!pane) return;
    const [a, b] = [row.getBoundingClientRect(), pane.getBoundingClientRect()];
    if (a.top < b.top + 40) pane.scrollTop -= b.top + 40 - a.top;
    else if (a.bottom > b.bottom) pane.scrollTop += a.bottom - b.bottom + 8;
  }, [active, lines]);

  const toggle = (c: Cluster, to?: boolean): void => {
    const next = new Set(open);
    const want = to ?? !next.has(c.id);
    if (want) next.add(c.id);
    else next.delete(c.id);
    setOpen(next);
  };
  const step = (to: Cluster | undefined): void => {
    if (!to) return;
    takeFocus.current = true;
    setActive(to.id);
  };
  const key = (event: KeyboardEvent): void => {
    const i = lines.findIndex((c) => c.id === active);
    const c = lines[i];
    if (!c) return;
    const isOpen = open.has(c.id) || !!found;
    if (event.key === 'ArrowDown') step(lines[i + 1]);
    else if (event.key === 'ArrowUp') step(lines[i - 1]);
    else if (event.key === 'Home') step(lines[0]);
    else if (event.key === 'End') step(lines[lines.length - 1]);
    else if (event.key === 'ArrowRight' && c.children.length) {
      if (isOpen) step(c.children.find((k) => lines.includes(k)));
      else toggle(c, true);
    } else if (event.key === 'ArrowLeft') {
      if (isOpen && c.children.length && !found) toggle(c, false);
      else step(c.parent ?? undefined);
    } else if (event.key === 'Enter' || event.key === ' ') onChoose(c);
    else return;
    event.preventDefault();
  };

  const rest = Number(atlas.run['share_unclustered'] ?? 0);
  return (
    <div class="tree-box" ref={box}>
      <div role="tree" aria-label="Groups, largest first" onKeyDown={key}>
        {lines.map((c) => (
          <div
            key={c.id}
            data-id={c.id}
            role="treeitem"
            aria-level={c.depth + 1}
            aria-selected={c === chosen}
            aria-label={`${nameOf(c)}, ${saidOf(c, value)}`}
            {...(c.children.length ? { 'aria-expanded': open.has(c.id) || !!found } : {})}
            tabIndex={
              c.id === active || (c === lines[0] && !lines.some((l) => l.id === active)) ? 0 : -1
            }
            class={c.depth === 0 ? 'row top' : 'row'}
            style={{ paddingInlineStart: `${2 + 14 * c.depth}px` }}
            onClick={() => onChoose(c === chosen ? null : c)}
            onFocus={() => setActive(c.id)}
          >
            <span
              class="twist"
              onClick={(event) => {
                event.stopPropagation();
                if (c.children.length) toggle(c);
              }}
            >
              {c.children.length ? (open.has(c.id) || found ? '▾' : '▸') : ''}
            </span>
            <span class="name">
              <Title of={c} />
            </span>
            <Gauge c={c} most={most} theme={theme} {...(value ? { value } : {})} />
          </div>
        ))}
      </div>
      {found && lines.length >= MOST_FOUND ? (
        <p class="note">More groups have these words; more words find fewer.</p>
      ) : null}
      {found && !lines.length ? <p class="note">No group has these words.</p> : null}
      {!found && !value && rest > 0 ? (
        <div class="row none">
          <span class="twist" />
          <span class="name">Unclustered: too few people to show</span>
          <span class="part">{percent(rest)}</span>
          <span class="gauge">
            <i style={{ width: `${(100 * rest) / most}%` }} />
          </span>
        </div>
      ) : null}
    </div>
  );
}
