// SPDX-License-Identifier: Apache-2.0
// Where labels of the map stand: by priority, never over one another, never cut. Parents stand
// when the map is far, children when it is near. Pure; text is measured by the caller's function.
import type { Cluster } from './atlas';
import { nameOf } from './atlas';

export interface Spot {
  x: number; // centre, in pixels
  y: number;
  r: number;
}
export interface Label {
  cluster: Cluster;
  strong: boolean;
  size: number;
  lines: string[];
  x: number; // middle of the text
  y: number; // top of the first line
}
export type Measurer = (text: string, size: number, strong: boolean) => number;
type Box = [left: number, top: number, right: number, bottom: number];

const LINE = 1.18;
const CELL = 64;

class Taken {
  private cells = new Map<number, Box[]>();
  private keys(b: Box): number[] {
    const keys: number[] = [];
    for (let i = Math.floor(b[0] / CELL); i <= Math.floor(b[2] / CELL); i++)
      for (let j = Math.floor(b[1] / CELL); j <= Math.floor(b[3] / CELL); j++)
        keys.push(i * 4096 + j);
    return keys;
  }
  hits(b: Box): boolean {
    return this.keys(b).some((key) =>
      this.cells.get(key)?.some((o) => b[0] < o[2] && o[0] < b[2] && b[1] < o[3] && o[1] < b[3]),
    );
  }
  add(b: Box): void {
    for (const key of this.keys(b)) {
      const list = this.cells.get(key);
      if (list) list.push(b);
      else this.cells.set(key, [b]);
    }
  }
}

// Breaks at spaces; a script without spaces breaks between letters.
export function wrap(text: string, most: number, widthOf: (t: string) => number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/[^\S\u00a0]+/).flatMap((w) => pieces(w, most, widthOf))) {
    const longer = line ? line + ' ' + word : word;
    if (line && widthOf(longer) > most) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  if (line) lines.push(line);
  if (lines.length <= 3) return lines;
  return [...lines.slice(0, 2), lines[2] + ' …'];
}
function pieces(word: string, most: number, widthOf: (t: string) => number): string[] {
  if (widthOf(word) <= most) return [word];
  const found: string[] = [];
  let piece = '';
  for (const letter of Array.from(word)) {
    if (piece && widthOf(piece + letter) > most) {
      found.push(piece);
      piece = '';
    }
    piece += letter;
  }
  return piece ? [...found, piece] : found;
}

export interface LabelView {
  width: number;
  height: number;
  zoom: number;
  topLevel: number;
}
interface Wish {
  cluster: Cluster;
  strong: boolean;
  size: number;
  must: boolean;
}

// Who would like a label, most important first.
function wishes(
  clusters: { groups: Cluster[]; bases: Cluster[] },
  view: LabelView,
  chosen: Cluster | null,
  spotOf: (c: Cluster) => Spot,
): Wish[] {
  const list: Wish[] = [];
  const inView = (s: Spot): boolean =>
    s.x > -s.r && s.y > -s.r && s.x < view.width + s.r && s.y < view.height + s.r;
  if (chosen) list.push({ cluster: chosen, strong: chosen.level > 0, size: 13, must: true });
  for (let level = view.topLevel; level > 0; level--) {
    const from = 1.8 ** (view.topLevel - level);
    if (view.zoom < from * 0.999 || view.zoom >= 3.6 * from) continue;
    const size = level === view.topLevel ? 16 : 14;
    for (const c of clusters.groups)
      if (c.level === level && c !== chosen && inView(spotOf(c)))
        list.push({ cluster: c, strong: true, size, must: false });
  }
  const few = clusters.bases.length <= 80;
  let n = 0;
  for (const c of clusters.bases) {
    const spot = spotOf(c);
    if (c === chosen || !inView(spot) || (!few && spot.r < 5)) continue;
    list.push({ cluster: c, strong: false, size: 12, must: false });
    if (++n >= 160) break;
  }
  return list;
}

// Places to try around a spot: parents on it, above and below; others below, above, beside.
function places(wish: Wish, spot: Spot, w: number, h: number): [number, number][] {
  if (wish.strong) {
    const ys = [-h / 2, -h - 10, 10, -1.9 * h - 14, 0.9 * h + 14];
    return ys.map((dy) => [spot.x, spot.y + dy] as [number, number]);
  }
  const inside: [number, number][] =
    Math.hypot(w / 2 + 4, h / 2 + 2) < spot.r ? [[spot.x, spot.y - h / 2]] : [];
  return [
    ...inside,
    [spot.x, spot.y + spot.r + 3],
    [spot.x, spot.y - spot.r - h - 3],
    [spot.x + spot.r + 5 + w / 2, spot.y - h / 2],
    [spot.x - spot.r - 5 - w / 2, spot.y - h / 2],
  ];
}

// How much of the box is covered by circles, roughly.
function cover(box: Box, spots: Spot[]): number {
  let sum = 0;
  for (const s of spots) {
    const dx = Math.min(box[2], s.x + s.r) - Math.max(box[0], s.x - s.r);
    const dy = Math.min(box[3], s.y + s.r) - Math.max(box[1], s.y - s.r);
    if (dx > 0 && dy > 0) sum += dx * dy;
  }
  return sum;
}

export function placeLabels(
  clusters: { groups: Cluster[]; bases: Cluster[] },
  view: LabelView,
  chosen: Cluster | null,
  spotOf: (c: Cluster) => Spot,
  widthOf: Measurer,
): Label[] {
  const taken = new Taken();
  taken.add([view.width - 42, 0, view.width, 222]); // the buttons
  if (view.zoom >= 1.3) taken.add([view.width - 110, view.height - 110, view.width, view.height]);
  const spots = clusters.bases
    .slice(0, 400)
    .map(spotOf)
    .filter((s) => s.r > 4);
  const labels: Label[] = [];
  for (const wish of wishes(clusters, view, chosen, spotOf)) {
    const { size, strong } = wish;
    const spot = spotOf(wish.cluster);
    const lines = wrap(nameOf(wish.cluster), strong ? 200 : 150, (t) => widthOf(t, size, strong));
    const w = Math.max(...lines.map((t) => widthOf(t, size, strong)));
    const h = lines.length * size * LINE;
    let best: { x: number; y: number; box: Box; cost: number } | null = null;
    for (const [x, y] of places(wish, spot, w, h)) {
      const box: Box = [x - w / 2 - 4, y - 2, x + w / 2 + 4, y + h + 2];
      const cut = box[0] < 2 || box[1] < 2 || box[2] > view.width - 2 || box[3] > view.height - 2;
      if (cut || taken.hits(box)) continue;
      const own = !strong && Math.abs(y + h / 2 - spot.y) < 1 && Math.abs(x - spot.x) < 1;
      const cost = own ? 0 : cover(box, spots);
      if (!best || cost < best.cost - 40) best = { x, y, box, cost };
    }
    if (!best || (!wish.must && !strong && best.cost > 0.6 * w * h)) continue;
    taken.add(best.box);
    labels.push({ cluster: wish.cluster, strong, size, lines, x: best.x, y: best.y });
  }
  return labels;
}
export const lineHeight = LINE;
