// SPDX-License-Identifier: Apache-2.0
// The window of the map and areas drawn in it. The map's unit is the box around all groups and the
// shading under them: (0, 0) its upper left, (1, 1) its lower right, so that the address means the
// same at any size.
import { polygonContains } from 'd3-polygon';
import type { Atlas, Cluster } from './atlas';

export interface Frame {
  x: number; // middle, on the atlas's own map
  y: number;
  w: number;
  h: number;
}
export const GRID = 64; // cells of the shading, a side
export const FAINTEST = 0.03; // of the fullest cell; what is under it is not drawn
const frames = new WeakMap<Atlas, Frame>();

export function frameOf(atlas: Atlas): Frame {
  let frame = frames.get(atlas);
  if (frame) return frame;
  let [left, top, right, bottom] = [1, 1, 0, 0];
  const hold = (x: number, y: number, around: number): void => {
    left = Math.min(left, x - around);
    right = Math.max(right, x + around);
    top = Math.min(top, y - around);
    bottom = Math.max(bottom, y + around);
  };
  for (const c of atlas.bases) if (c.x !== null && c.y !== null) hold(c.x, c.y, 0.04);
  for (const [x, y, weight] of atlas.density)
    if (weight >= FAINTEST) hold((x + 0.5) / GRID, (y + 0.5) / GRID, 1 / GRID);
  const [w, h] = [Math.max(0.2, right - left), Math.max(0.2, bottom - top)];
  frame = { x: (left + right) / 2, y: (top + bottom) / 2, w, h };
  if (right < left) frame = { x: 0.5, y: 0.5, w: 1, h: 1 };
  frames.set(atlas, frame);
  return frame;
}

export type Point = [x: number, y: number]; // in units
export const unitOf = (frame: Frame, c: Cluster): Point => [
  ((c.x ?? 0) - frame.x) / frame.w + 0.5,
  ((c.y ?? 0) - frame.y) / frame.h + 0.5,
];

const MOST_CORNERS = 28;

// "0.1,0.2;0.3,0.4;…" with so few corners that it fits into an address.
export function writeArea(points: Point[]): string {
  const step = Math.max(1, points.length / MOST_CORNERS);
  const kept: Point[] = [];
  for (let i = 0; i < points.length; i += step) kept.push(points[Math.floor(i)]!);
  return kept.map(([x, y]) => `${x.toFixed(3)},${y.toFixed(3)}`).join(';');
}
export function readArea(text: string): Point[] | null {
  const points = text.split(';').map((p) => p.split(',').map(Number));
  const good = points.every((p) => p.length === 2 && p.every((v) => Number.isFinite(v)));
  return good && points.length > 2 ? (points as Point[]) : null;
}
export function groupsIn(atlas: Atlas, area: Point[]): Cluster[] {
  const frame = frameOf(atlas);
  return atlas.bases.filter((c) => c.x !== null && polygonContains(area, unitOf(frame, c)));
}
