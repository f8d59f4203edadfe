// SPDX-License-Identifier: Apache-2.0
// Top uses as bubbles with percentages: the largest groups of one level, packed.
import { hierarchy, pack } from 'd3-hierarchy';
import { useEffect, useState } from 'preact/hooks';
import type { Atlas, Cluster } from './atlas';
import { nameOf } from './atlas';
import { percent, shorten } from './format';
import { wrap } from './map_label';
import { GroupLink } from './shared';
import { linkTo } from './state';
import type { Theme } from './theme';
import { colourOf } from './theme';

// The level that gives a picture: the lowest with at most forty groups, or the top.
export function bubbleLevel(atlas: Atlas): number {
  for (let level = 0; level <= atlas.topLevel; level++)
    if (atlas.clusters.filter((c) => c.level === level).length <= 40) return level;
  return atlas.topLevel;
}

interface Item {
  c: Cluster | null;
  children?: Item[];
}

// In the size that it has on the page, so that letters stay letters, and fewer where that is small:
// on a telephone, and as the first of two or three columns (style.css, .areas and .bubbles).
function sizeNow(): number {
  const { clientWidth: width, clientHeight: height } = document.documentElement;
  if (width >= 1200) return Math.min(620, 0.42 * width - 54, Math.max(360, height - 380));
  const column = width > 900 ? Math.min(0.6 * (width - 56), width - 356) - 34 : width - 58;
  return Math.min(620, Math.max(280, column), Math.max(380, height - 330));
}
// The same after the window has changed.
function useSize(): number {
  const [size, set] = useState(sizeNow);
  useEffect(() => {
    const look = (): void => set(sizeNow());
    addEventListener('resize', look);
    return () => removeEventListener('resize', look);
  }, []);
  return size;
}
const letterWidth = (l: string): number =>
  l.codePointAt(0)! > 0x2e80 ? 1 : /[\s·.,'ijlI]/.test(l) ? 0.3 : 0.58;
const textWidth =
  (size: number) =>
  (t: string): number =>
    size * Array.from(t).reduce((w, l) => w + letterWidth(l), 0);

interface Fit {
  size: number; // of its letters
  lines: string[]; // of its name; none: there is no room for it
}
const SMALLEST = 10; // letters
function cutTo(word: string, most: number): string {
  let text = word;
  for (let n = word.length; n > 3 && textWidth(1)(text) > most; n--) text = shorten(word, n);
  return text;
}
// A line with a mark that more would follow: fewer words, so that the mark has room too.
function endWithin(line: string, most: number): string {
  if (!line.endsWith(' …') || textWidth(1)(line) <= most) return line;
  const short = line.replace(/(…?\u00a0·| [^ ]+) …$/, ' …');
  return short === line ? line : endWithin(short, most);
}
function fitOf(c: Cluster, r: number, whole: boolean): Fit {
  const room = r * 1.58;
  const name = nameOf(c)
    .replaceAll(' · ', '\u00a0· ') // no line begins with a dot
    .replaceAll(/[^\s·]+/g, (word) => (whole ? word : cutTo(word, room / SMALLEST - 0.6)));
  const longest = Math.max(...name.split(/[^\S\u00a0]+/).map(textWidth(1)));
  const size = Math.max(SMALLEST, Math.min(16, r / 4.2, room / longest));
  const lines = wrap(name, room, textWidth(size)).map((line) => endWithin(line, room / size));
  const fits = r >= 29 && longest * size <= room && (lines.length + 1.1) * size * 1.15 < 1.7 * r;
  const cut = whole && lines[2]?.endsWith('…');
  return { size, lines: fits && !cut ? lines : [] };
}

// `number`: of its line in the key, where its name has no room.
function Words({ c, r, fit, number }: { c: Cluster; r: number; fit: Fit; number: number }) {
  if (r < (number ? 9 : 15)) return null;
  const { size } = fit;
  const shown = number && r >= 19 ? [String(number)] : fit.lines;
  const top = -((shown.length + 1) * size * 1.15) / 2 + size * 0.9;
  return (
    <text text-anchor="middle" font-size={size} fill="#fff">
      {shown.map((line, i) => (
        <tspan key={i} x="0" y={top + i * size * 1.15}>
          {line}
        </tspan>
      ))}
      <tspan x="0" y={top + shown.length * size * 1.15} font-weight="650">
        {number && r < 19 ? number : percent(c.share)}
      </tspan>
    </text>
  );
}

export function Bubbles({ atlas, theme }: { atlas: Atlas; theme: Theme }) {
  const level = bubbleLevel(atlas);
  const size = useSize();
  const small = document.documentElement.clientWidth < 478;
  const list = atlas.clusters
    .filter((c) => c.level === level && c.title !== null)
    .sort((a, b) => b.n - a.n)
    .slice(0, small ? 14 : size < 500 ? 16 : 40);
  const root = hierarchy<Item>({ c: null, children: list.map((c) => ({ c })) })
    .sum((item) => item.c?.n ?? 0)
    .sort((a, b) => (b.value ?? 0) - (a.value ?? 0));
  const nodes = pack<Item>().size([size, size]).padding(5)(root).leaves();
  const left = Math.min(...nodes.map((d) => d.x - d.r)) - 2;
  const top = Math.min(...nodes.map((d) => d.y - d.r)) - 2;
  const right = Math.max(...nodes.map((d) => d.x + d.r)) + 2;
  const bottom = Math.max(...nodes.map((d) => d.y + d.r)) + 2;
  const box = nodes.length ? [left, top, right - left, bottom - top].join(' ') : '0 0 1 1';
  const fits = nodes.map(({ r, data: { c } }) => (c ? fitOf(c, r, small) : null));
  // On a telephone nobody can point at a circle to read its name: the others stand below.
  const key = nodes.flatMap(({ data: { c } }, i) =>
    small && c && !fits[i]!.lines.length ? [c] : [],
  );
  return (
    <>
      <svg class="bubbles" viewBox={box} role="group" aria-label="Top uses">
        {nodes.map(({ x, y, r, data: { c } }, i) =>
          c ? (
            <a
              key={c.id}
              {...linkTo('explore', { group: String(c.id) })}
              aria-label={`${nameOf(c)}, ${percent(c.share)}`}
            >
              <g transform={`translate(${x.toFixed(1)},${y.toFixed(1)})`}>
                <title>{`${nameOf(c)} · ${percent(c.share)}`}</title>
                <circle r={r.toFixed(1)} fill={colourOf({ ...c, tint: 0 }, theme)} class="bubble" />
                <Words c={c} r={r} fit={fits[i]!} number={key.indexOf(c) + 1} />
              </g>
            </a>
          ) : null,
        )}
      </svg>
      {key.length ? (
        <ol class="key">
          {key.map((c) => (
            <li key={c.id}>
              <GroupLink of={c} /> <small>{percent(c.share)}</small>
            </li>
          ))}
        </ol>
      ) : null}
    </>
  );
}
