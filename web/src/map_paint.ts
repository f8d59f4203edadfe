// SPDX-License-Identifier: Apache-2.0
// Draws the map on a plain 2D canvas, so it works without a GPU: density bands with contours,
// circles, labels. With many circles the picture below the labels is kept: it serves as it is
// while only labels change, and is moved while the map is dragged; when the hand rests it is drawn
// afresh.
import { contours } from 'd3-contour';
import type { Atlas, Cluster } from './atlas';
import { FAINTEST, GRID, frameOf, unitOf } from './map_area';
import type { Frame, Point } from './map_area';
import type { Label, Spot } from './map_label';
import { lineHeight, placeLabels } from './map_label';
import type { Measure } from './measure';
import type { Theme } from './theme';
import { calm, inkOf, variable } from './theme';

export interface MapView {
  zoom: number;
  x: number; // what of the frame (map_area.ts) is in the middle
  y: number;
}
export interface Look {
  theme: Theme;
  measure: Measure;
  chosen: Cluster | null;
  hovered: Cluster | null;
  lit: ((c: Cluster) => boolean) | null; // null: all are
  lasso: [number, number][]; // pixels, of the area that is being drawn
  area: Point[] | null; // in units, of the area that was
}

const PAD = 6; // cells around the grid, in which the shading fades instead of ending in a line
const MANY = 1500;
const FADE_MS = 180;

// As map_size_circles of the stage that placed them, so that circles do not overlap.
function radii(bases: Cluster[]): number[] {
  const largest = Math.max(1, ...bases.slice(0, 1).map((c) => c.n));
  let cover = 0;
  for (const c of bases) cover += Math.PI * 0.045 ** 2 * (c.n / largest);
  const scale = cover > 0.25 ? Math.sqrt(0.25 / cover) : 1;
  return bases.map((c) => 0.045 * Math.sqrt(c.n / largest) * scale);
}

function bands(density: [number, number, number][]): Path2D[] {
  const side = GRID + 2 * PAD;
  const grid = new Map(density.map(([x, y, weight]) => [y * GRID + x, weight]));
  const inside = (v: number): number => Math.max(0, Math.min(GRID - 1, v));
  const values = Array.from({ length: side * side }, (_, i) => {
    const [x, y] = [(i % side) - PAD, Math.floor(i / side) - PAD];
    const [nx, ny] = [inside(x), inside(y)];
    const out = Math.hypot(x - nx, y - ny);
    return (grid.get(ny * GRID + nx) ?? 0) * Math.exp((-out * out) / 6);
  });
  const make = contours().size([side, side]).thresholds([FAINTEST, 0.1, 0.2, 0.34, 0.52, 0.74]);
  return make(values).map((band) => {
    const path = new Path2D();
    for (const polygon of band.coordinates)
      for (const ring of polygon) {
        ring.forEach(([x, y], i) =>
          i ? path.lineTo(x! - PAD, y! - PAD) : path.moveTo(x! - PAD, y! - PAD),
        );
        path.closePath();
      }
    return path;
  });
}

const sameView = (a: MapView, b: MapView): boolean =>
  a.zoom === b.zoom && a.x === b.x && a.y === b.y;
const sameCircles = (a: Look, b: Look): boolean =>
  a.theme === b.theme && a.measure === b.measure && a.lit === b.lit;

export class MapPainter {
  readonly bases: Cluster[];
  readonly groups: Cluster[];
  view: MapView = { zoom: 1, x: 0.5, y: 0.5 };
  width = 0;
  height = 0;
  moving = false;
  readonly frame: Frame;
  private places = new Map<Cluster, { u: number; v: number; r: number }>(); // in units
  private density: Path2D[];
  private pen: CanvasRenderingContext2D;
  private layer: { canvas: HTMLCanvasElement; view: MapView; look: Look } | null = null;
  private seen = new Map<Cluster, { label: Label; alpha: number }>();
  private widths = new Map<string, number>();
  private last = 0;

  constructor(
    private canvas: HTMLCanvasElement,
    private atlas: Atlas,
  ) {
    const placed = (c: Cluster): boolean => c.x !== null && c.y !== null;
    this.bases = atlas.bases.filter(placed);
    this.groups = atlas.clusters.filter((c) => c.level > 0 && placed(c));
    this.frame = frameOf(atlas);
    const sizes = radii(this.bases);
    [...this.bases, ...this.groups].forEach((c, i) => {
      const [u, v] = unitOf(this.frame, c);
      this.places.set(c, { u, v, r: sizes[i] ?? 0 });
    });
    this.density = bands(atlas.density);
    this.pen = canvas.getContext('2d')!;
  }

  // Pixels that a length of the atlas's map takes on each axis when the frame fills the window;
  // it is stretched to fill a broad one, so much at most.
  private room: [x: number, y: number] = [1, 1];
  private fit(): void {
    const pad = Math.min(44, 0.05 * this.width);
    const x = Math.max(40, this.width - 2 * pad) / this.frame.w;
    const y = Math.max(40, this.height - 2 * pad) / this.frame.h;
    this.room = [Math.min(x, 1.7 * y), Math.min(y, 1.7 * x)];
  }
  private scaleX = (): number => this.room[0] * this.frame.w * this.view.zoom;
  private scaleY = (): number => this.room[1] * this.frame.h * this.view.zoom;
  toX = (x: number): number => this.width / 2 + (x - this.view.x) * this.scaleX();
  toY = (y: number): number => this.height / 2 + (y - this.view.y) * this.scaleY();
  fromX = (px: number): number => this.view.x + (px - this.width / 2) / this.scaleX();
  fromY = (py: number): number => this.view.y + (py - this.height / 2) / this.scaleY();

  spotOf = (c: Cluster): Spot => {
    const { u, v, r } = this.places.get(c) ?? { u: 0, v: 0, r: 0 };
    const pixels = r * Math.min(this.room[0], this.room[1]) * this.view.zoom;
    return { x: this.toX(u), y: this.toY(v), r: c.level ? 0 : Math.max(2.2, pixels) };
  };

  resize(): boolean {
    const ratio = Math.min(2, devicePixelRatio || 1);
    this.width = this.canvas.clientWidth;
    this.height = this.canvas.clientHeight;
    this.fit();
    const [w, h] = [Math.round(this.width * ratio), Math.round(this.height * ratio)];
    if (this.canvas.width !== w || this.canvas.height !== h) {
      this.canvas.width = w;
      this.canvas.height = h;
      this.layer = null;
    }
    return w > 0 && h > 0;
  }

  zoomBy(factor: number, px = this.width / 2, py = this.height / 2): void {
    const zoom = Math.max(1, Math.min(60, this.view.zoom * factor));
    const [x, y] = [this.fromX(px), this.fromY(py)];
    const part = this.view.zoom / zoom;
    this.moveTo({ zoom, x: x + (this.view.x - x) * part, y: y + (this.view.y - y) * part });
  }
  moveTo(view: MapView): void {
    const clamp = (v: number): number => Math.max(-0.1, Math.min(1.1, v));
    this.view = { zoom: view.zoom, x: clamp(view.x), y: clamp(view.y) };
  }

  under(px: number, py: number): Cluster | null {
    let best: Cluster | null = null;
    let nearest = 4;
    for (const c of this.bases) {
      const s = this.spotOf(c);
      const d = Math.hypot(s.x - px, s.y - py) - s.r;
      if (d < nearest) {
        nearest = d;
        best = c;
      }
    }
    return best;
  }

  // The page's own colours and font, read once a drawing: reading makes the browser settle styles.
  private inks = new Map<string, string>();
  private ink(name: string): string {
    let value = this.inks.get(name);
    if (value === undefined) this.inks.set(name, (value = variable(name)));
    return value;
  }

  private drawDensity(pen: CanvasRenderingContext2D): void {
    const f = this.frame;
    const [sx, sy] = [this.scaleX() / f.w / GRID, this.scaleY() / f.h / GRID];
    pen.save();
    pen.translate(this.toX(0.5 - f.x / f.w), this.toY(0.5 - f.y / f.h));
    pen.scale(sx, sy);
    pen.fillStyle = `rgba(${this.ink('--density')}, 0.06)`;
    pen.strokeStyle = `rgba(${this.ink('--density')}, 0.13)`;
    pen.lineWidth = 1 / Math.sqrt(sx * sy);
    this.density.forEach((band, i) => {
      pen.fill(band);
      if (i % 2 === 0) pen.stroke(band);
    });
    pen.restore();
  }

  private drawCircles(pen: CanvasRenderingContext2D, look: Look): void {
    pen.lineWidth = 1;
    pen.strokeStyle = this.ink('--pane');
    for (const c of this.bases) {
      const s = this.spotOf(c);
      if (s.x < -s.r || s.y < -s.r || s.x > this.width + s.r || s.y > this.height + s.r) continue;
      pen.globalAlpha = !look.lit || look.lit(c) ? 0.88 : 0.2;
      pen.fillStyle = look.measure.colour(c, look.theme);
      pen.beginPath();
      pen.arc(s.x, s.y, s.r, 0, 2 * Math.PI);
      pen.fill();
      if (s.r > 3) pen.stroke();
    }
    pen.globalAlpha = 1;
  }

  private ring(c: Cluster | null, width: number): void {
    if (!c || c.level > 0 || c.x === null) return;
    const s = this.spotOf(c);
    this.pen.lineWidth = width;
    this.pen.strokeStyle = this.ink('--ink');
    this.pen.beginPath();
    this.pen.arc(s.x, s.y, s.r + 1, 0, 2 * Math.PI);
    this.pen.stroke();
  }

  private drawUnder(look: Look): void {
    const many = this.bases.length > MANY;
    const old = this.layer;
    const still = old && sameView(old.view, this.view);
    if (many && old && (this.moving || still) && sameCircles(old.look, look)) {
      const s = this.view.zoom / old.view.zoom;
      const x = this.toX(old.view.x) - (this.width / 2) * s;
      const y = this.toY(old.view.y) - (this.height / 2) * s;
      this.pen.drawImage(old.canvas, x, y, this.width * s, this.height * s);
      return;
    }
    if (!many) {
      this.drawDensity(this.pen);
      this.drawCircles(this.pen, look);
      return;
    }
    const canvas = old?.canvas ?? document.createElement('canvas');
    canvas.width = this.canvas.width;
    canvas.height = this.canvas.height;
    const pen = canvas.getContext('2d')!;
    pen.scale(canvas.width / this.width, canvas.height / this.height);
    this.drawDensity(pen);
    this.drawCircles(pen, look);
    this.layer = { canvas, view: { ...this.view }, look };
    this.pen.drawImage(canvas, 0, 0, this.width, this.height);
  }

  private font(size: number, strong: boolean): string {
    return `${strong ? 650 : 450} ${size}px ${this.ink('--font')}`;
  }
  private caps(strong: boolean): void {
    this.pen.fontVariantCaps = strong ? 'small-caps' : 'normal';
  }
  private widthOf = (text: string, size: number, strong: boolean): number => {
    const key = `${size}${strong ? 's' : ' '}${text}`;
    let width = this.widths.get(key);
    if (width === undefined) {
      this.pen.font = this.font(size, strong);
      this.caps(strong);
      width = this.pen.measureText(text).width;
      if (this.widths.size > 20000) this.widths.clear();
      this.widths.set(key, width);
    }
    return width;
  };

  private drawLabel(label: Label, alpha: number, look: Look): void {
    const { cluster: c, lines, size, strong } = label;
    const pen = this.pen;
    pen.font = this.font(size, strong);
    this.caps(strong);
    pen.globalAlpha = alpha * (!look.lit || look.lit(c) || c === look.chosen ? 1 : 0.45);
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    pen.lineJoin = 'round';
    pen.lineWidth = strong ? 5 : 4;
    pen.strokeStyle = this.ink('--halo');
    pen.fillStyle =
      strong && look.measure.key === 'group' ? inkOf(c, look.theme) : this.ink('--ink');
    lines.forEach((line, i) => pen.strokeText(line, label.x, label.y + i * size * lineHeight));
    lines.forEach((line, i) => pen.fillText(line, label.x, label.y + i * size * lineHeight));
    pen.globalAlpha = 1;
    pen.fontVariantCaps = 'normal';
  }

  // Labels fade in and out, they do not jump. True while some still fade.
  private drawLabels(look: Look, now: number): boolean {
    const view = {
      width: this.width,
      height: this.height,
      zoom: this.view.zoom,
      topLevel: this.atlas.topLevel,
    };
    const chosen = look.chosen && look.chosen.x !== null ? look.chosen : null;
    const labels = placeLabels(this, view, chosen, this.spotOf, this.widthOf);
    const step = calm() ? 1 : Math.min(1, (now - this.last) / FADE_MS);
    const wanted = new Map(labels.map((label) => [label.cluster, label]));
    for (const label of labels) {
      const old = this.seen.get(label.cluster);
      this.seen.set(label.cluster, { label, alpha: old?.alpha ?? 0 });
    }
    let fading = false;
    for (const [c, item] of this.seen) {
      const target = wanted.has(c) ? 1 : 0;
      if (!target)
        item.alpha = 0; // an old place may lie under a new label
      else item.alpha = Math.min(1, item.alpha + step);
      if (!target) this.seen.delete(c);
      else if (item.alpha < 1) fading = true;
      if (item.alpha > 0) this.drawLabel(item.label, item.alpha, look);
    }
    return fading;
  }

  private drawLasso(points: [number, number][]): void {
    if (points.length < 2) return;
    const pen = this.pen;
    pen.beginPath();
    points.forEach(([x, y], i) => (i ? pen.lineTo(x, y) : pen.moveTo(x, y)));
    pen.closePath();
    pen.fillStyle = `rgba(${this.ink('--density')}, 0.12)`;
    pen.fill();
    pen.setLineDash([5, 4]);
    pen.lineWidth = 1.5;
    pen.strokeStyle = this.ink('--accent');
    pen.stroke();
    pen.setLineDash([]);
  }

  private drawMini(): void {
    if (this.view.zoom < 1.3 || this.width < 420) return;
    const pen = this.pen;
    const size = 96;
    const [left, top] = [this.width - size - 10, this.height - size - 10];
    pen.fillStyle = this.ink('--pane');
    pen.strokeStyle = this.ink('--line');
    pen.lineWidth = 1;
    pen.globalAlpha = 0.92;
    pen.fillRect(left, top, size, size);
    pen.strokeRect(left + 0.5, top + 0.5, size - 1, size - 1);
    pen.globalAlpha = 1;
    pen.save();
    pen.beginPath();
    pen.rect(left, top, size, size);
    pen.clip();
    pen.translate(left, top);
    pen.scale(size / GRID, size / GRID);
    pen.fillStyle = `rgba(${this.ink('--density')}, 0.16)`;
    for (const band of this.density) pen.fill(band);
    pen.restore();
    const at = (u: number, middle: number, length: number): number =>
      Math.max(0, Math.min(1, (u - 0.5) * length + middle)) * size;
    const f = this.frame;
    const [x0, x1] = [at(this.fromX(0), f.x, f.w), at(this.fromX(this.width), f.x, f.w)];
    const [y0, y1] = [at(this.fromY(0), f.y, f.h), at(this.fromY(this.height), f.y, f.h)];
    pen.strokeStyle = this.ink('--ink');
    pen.lineWidth = 1.5;
    pen.strokeRect(left + x0, top + y0, Math.max(3, x1 - x0), Math.max(3, y1 - y0));
  }

  // Draws all; true when it should be called again soon because labels still fade.
  draw(look: Look, now: number): boolean {
    if (!this.resize()) return false;
    this.inks.clear();
    const ratio = this.canvas.width / this.width;
    this.pen.setTransform(ratio, 0, 0, ratio, 0, 0);
    this.pen.clearRect(0, 0, this.width, this.height);
    this.drawUnder(look);
    this.ring(look.hovered, 1.5);
    this.ring(look.chosen, 2.5);
    const fading = this.drawLabels(look, now);
    if (look.area) this.drawLasso(look.area.map(([x, y]) => [this.toX(x), this.toY(y)]));
    this.drawLasso(look.lasso);
    this.drawMini();
    this.last = now;
    return fading;
  }
}
