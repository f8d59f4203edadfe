// SPDX-License-Identifier: Apache-2.0
// The map with its hands: drag, wheel (only when the map has the focus), pinch, keys, hover card,
// free-hand selection of an area.
import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { Atlas, Cluster } from './atlas';
import { isInside, nameOf, pathOf } from './atlas';
import { count, percent } from './format';
import type { Point } from './map_area';
import type { Look, MapView as View } from './map_paint';
import { MapPainter } from './map_paint';
import type { Measure } from './measure';
import { canvasToPng } from './save';
import type { Theme } from './theme';
import { calm, unknownColour, useTheme } from './theme';

export interface MapProps {
  atlas: Atlas;
  measure: Measure;
  chosen: Cluster | null;
  onChoose: (c: Cluster | null) => void;
  lit: ((c: Cluster) => boolean) | null;
  at?: string; // zoom, x, y as in the address
  onMove?: (at: string) => void;
  area?: Point[] | null; // the chosen area
  onArea?: (area: Point[]) => void;
}

type Drawing = '' | 'lasso' | 'box';

const near = (a: number, b: number): boolean => Math.abs(a - b) < 1e-3;

function readAt(text: string | undefined): View {
  const [zoom, x, y] = (text ?? '').split(',').map(Number);
  const good = (v: number | undefined): v is number => v !== undefined && Number.isFinite(v);
  if (!good(zoom) || !good(x) || !good(y)) return { zoom: 1, x: 0.5, y: 0.5 };
  return { zoom: Math.max(1, Math.min(60, zoom)), x, y };
}
const writeAt = (v: View): string =>
  near(v.zoom, 1) && near(v.x, 0.5) && near(v.y, 0.5)
    ? ''
    : `${v.zoom.toFixed(2)},${v.x.toFixed(3)},${v.y.toFixed(3)}`;

// All that outlives a drawing; kept out of the component's state because it changes with every
// move of the hand.
class Hands {
  painter: MapPainter;
  hovered: Cluster | null = null;
  lasso: [number, number][] = [];
  area: Drawing = ''; // what the next drag draws
  props!: MapProps;
  look!: Look;
  pointers = new Map<number, [number, number]>();
  from: { x: number; y: number; moved: boolean } | null = null;
  private waiting = 0;
  private rest = 0;
  private told = '';
  private gliding = 0;

  constructor(
    private canvas: HTMLCanvasElement,
    atlas: Atlas,
    private card: (c: Cluster | null, x: number, y: number) => void,
  ) {
    this.painter = new MapPainter(canvas, atlas);
  }

  private draw = (now: number): void => {
    this.waiting = 0;
    const look = { ...this.look, hovered: this.hovered, lasso: this.lasso };
    if (this.painter.draw(look, now)) this.redraw();
  };
  redraw = (): void => {
    this.waiting ||= requestAnimationFrame(this.draw);
  };
  // Before the frame with the new size is shown, in which the old picture would be stretched.
  resized = (): void => {
    cancelAnimationFrame(this.waiting);
    this.draw(performance.now());
  };
  // After a move: draws at once, finely when the hand rests, and then tells the address.
  moved = (): void => {
    this.painter.moving = true;
    clearTimeout(this.rest);
    this.rest = window.setTimeout(() => {
      this.painter.moving = false;
      this.redraw();
      this.told = writeAt(this.painter.view);
      this.props.onMove?.(this.told);
    }, 140);
    this.redraw();
  };
  follow(at: string | undefined): void {
    if ((at ?? '') === this.told) return;
    this.told = at ?? '';
    this.glide(readAt(at));
  }
  glide(to: View): void {
    const from = { ...this.painter.view };
    cancelAnimationFrame(this.gliding); // the last wish counts
    const start = performance.now();
    const length = calm() ? 0 : 220;
    const step = (now: number): void => {
      const t = length ? Math.min(1, (now - start) / length) : 1;
      const s = t * t * (3 - 2 * t);
      this.painter.moveTo({
        zoom: from.zoom * (to.zoom / from.zoom) ** s,
        x: from.x + (to.x - from.x) * s,
        y: from.y + (to.y - from.y) * s,
      });
      if (t < 1) {
        this.painter.moving = true;
        this.gliding = requestAnimationFrame(step);
        this.redraw();
      } else this.moved();
    };
    step(start);
  }
  stop(): void {
    cancelAnimationFrame(this.waiting);
    cancelAnimationFrame(this.gliding);
    clearTimeout(this.rest);
  }

  place(event: PointerEvent | WheelEvent | MouseEvent): [number, number] {
    const box = this.canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }
  down = (event: PointerEvent): void => {
    const [x, y] = this.place(event);
    this.pointers.set(event.pointerId, [x, y]);
    this.canvas.setPointerCapture(event.pointerId);
    this.from = { x, y, moved: false };
    if (event.shiftKey && !this.area) this.area = 'lasso';
    if (this.area && this.props.onArea) this.lasso = [[x, y]];
  };
  private pinch(event: PointerEvent, x: number, y: number): void {
    const [a, b] = [...this.pointers.values()];
    this.pointers.set(event.pointerId, [x, y]);
    const [c, d] = [...this.pointers.values()];
    if (!a || !b || !c || !d) return;
    const before = Math.hypot(a[0] - b[0], a[1] - b[1]);
    const after = Math.hypot(c[0] - d[0], c[1] - d[1]);
    if (before > 0) this.painter.zoomBy(after / before, (c[0] + d[0]) / 2, (c[1] + d[1]) / 2);
    if (this.from) this.from.moved = true;
    this.moved();
  }
  private drag(x: number, y: number): void {
    const from = this.from!;
    const p = this.painter;
    const [dx, dy] = [p.fromX(x) - p.fromX(from.x), p.fromY(y) - p.fromY(from.y)];
    p.moveTo({ zoom: p.view.zoom, x: p.view.x - dx, y: p.view.y - dy });
    this.from = { x, y, moved: true };
    this.moved();
  }
  move = (event: PointerEvent): void => {
    const [x, y] = this.place(event);
    if (this.pointers.size > 1 && this.pointers.has(event.pointerId))
      return this.pinch(event, x, y);
    if (this.lasso.length) {
      const [left, top] = this.lasso[0]!;
      if (this.area === 'lasso') this.lasso.push([x, y]);
      else
        this.lasso = [
          [left, top],
          [x, top],
          [x, y],
          [left, y],
        ];
      return this.redraw();
    }
    const far = this.from && Math.hypot(x - this.from.x, y - this.from.y) > 3;
    if (this.from && (this.from.moved || far)) {
      this.card(null, 0, 0);
      return this.drag(x, y);
    }
    const c = this.painter.under(x, y);
    if (c !== this.hovered) {
      this.hovered = c;
      this.canvas.style.cursor = c ? 'pointer' : '';
      this.redraw();
    }
    this.card(c, x, y);
  };
  up = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    if (this.lasso.length > 2) {
      const p = this.painter;
      this.props.onArea?.(this.lasso.map(([x, y]) => [p.fromX(x), p.fromY(y)]));
    } else if (this.from && !this.from.moved && !this.lasso.length) {
      const [x, y] = this.place(event);
      this.props.onChoose(this.painter.under(x, y));
    }
    this.lasso = [];
    this.area = '';
    this.from = null;
    this.redraw();
  };
  // The system took the pointer away: nothing was chosen or drawn.
  cancel = (event: PointerEvent): void => {
    this.pointers.delete(event.pointerId);
    this.lasso = [];
    this.area = '';
    this.from = null;
    this.redraw();
  };
  leave = (): void => {
    this.hovered = null;
    this.card(null, 0, 0);
    this.redraw();
  };
  wheel = (event: WheelEvent): void => {
    if (document.activeElement !== this.canvas) return;
    event.preventDefault();
    const [x, y] = this.place(event);
    const unit = event.deltaMode === 1 ? 30 : 1;
    this.painter.zoomBy(Math.exp((-event.deltaY * unit) / 400), x, y);
    this.moved();
  };
  key = (event: KeyboardEvent): void => {
    const step = 0.08 / this.painter.view.zoom;
    const moves: Record<string, [number, number]> = {
      ArrowLeft: [-step, 0],
      ArrowRight: [step, 0],
      ArrowUp: [0, -step],
      ArrowDown: [0, step],
    };
    const by = moves[event.key];
    const v = this.painter.view;
    if (event.key === 'Enter' && this.props.onArea) this.props.onArea(this.shown());
    else if (by) this.painter.moveTo({ zoom: v.zoom, x: v.x + by[0], y: v.y + by[1] });
    else if (event.key === '+' || event.key === '=') this.painter.zoomBy(1.3);
    else if (event.key === '-') this.painter.zoomBy(1 / 1.3);
    else if (event.key === '0') this.painter.moveTo({ zoom: 1, x: 0.5, y: 0.5 });
    else return;
    event.preventDefault();
    this.moved();
  };
  // What the window shows, as an area: for hands that draw none.
  private shown(): Point[] {
    const p = this.painter;
    const { clientWidth: w, clientHeight: h } = this.canvas;
    const [left, top, right, bottom] = [p.fromX(0), p.fromY(0), p.fromX(w), p.fromY(h)];
    return [
      [left, top],
      [right, top],
      [right, bottom],
      [left, bottom],
    ];
  }
}

function Legend({ measure, atlas, theme }: { measure: Measure; atlas: Atlas; theme: Theme }) {
  if (!measure.low && !measure.high) return null;
  const { missing } = measure;
  return (
    <div class={`legend ${measure.zero ? 'change' : 'amount'}`}>
      <b>{measure.name}</b>
      <span>
        <small>{measure.low}</small>
        <i />
        <small>{measure.high}</small>
      </span>
      {measure.zero ? <small class="zero">{measure.zero} in the middle</small> : null}
      {missing && atlas.bases.some(missing) ? (
        <span class="grey">
          <i style={{ background: unknownColour(theme) }} />
          <small>{measure.grey ?? 'too few people to show'}</small>
        </span>
      ) : null}
    </div>
  );
}

const drawings: [Drawing, string, string, string][] = [
  ['lasso', '◌', 'Select an area', 'Draw around groups (or hold Shift and drag)'],
  ['box', '▭', 'Select a rectangle', 'Drag a rectangle over groups'],
];

export function MapView(props: MapProps) {
  const ref = useRef<HTMLCanvasElement>(null);
  const hands = useRef<Hands | null>(null);
  const [card, setCard] = useState<{ c: Cluster; x: number; y: number } | null>(null);
  const [area, setArea] = useState<Drawing>('');
  const theme = useTheme();

  // In the frame that shows the page: the first thing seen has its map.
  useLayoutEffect(() => {
    const canvas = ref.current!;
    const show = (c: Cluster | null, x: number, y: number): void =>
      setCard(c ? { c, x, y } : null);
    const h = new Hands(canvas, props.atlas, show);
    hands.current = h;
    h.painter.view = readAt(props.at);
    canvas.addEventListener('wheel', h.wheel, { passive: false });
    const watch = new ResizeObserver(h.resized);
    watch.observe(canvas);
    return () => {
      watch.disconnect();
      canvas.removeEventListener('wheel', h.wheel);
      h.stop();
    };
  }, [props.atlas]);

  useLayoutEffect(() => {
    const h = hands.current!;
    h.props = props;
    const { chosen, lit, measure } = props;
    h.look = { theme, measure, chosen, lit, hovered: null, lasso: [], area: props.area ?? null };
    h.follow(props.at);
    h.redraw();
  });

  const act = (run: (h: Hands) => void) => () => run(hands.current!);
  const wide = ref.current?.clientWidth ?? 600;
  const high = ref.current?.clientHeight ?? 400;
  const words = card ? props.measure.words(card.c) : '';
  return (
    <>
      <div class="stage">
        <canvas
          id="map"
          ref={ref}
          tabIndex={0}
          role="img"
          aria-label="Map of groups; the tree lists the same groups"
          class={area ? 'choosing' : ''}
          onPointerDown={(e) => hands.current!.down(e)}
          onPointerMove={(e) => hands.current!.move(e)}
          onPointerUp={(e) => {
            hands.current!.up(e);
            setArea('');
          }}
          onPointerCancel={(e) => {
            hands.current!.cancel(e);
            setArea('');
          }}
          onPointerLeave={() => hands.current!.leave()}
          onKeyDown={(e) => hands.current!.key(e)}
        />
        {card ? (
          <div
            class="card"
            style={{
              left: `${Math.max(4, Math.min(card.x + 14, wide - 270))}px`,
              ...(card.y > high - 130
                ? { bottom: `${high - card.y + 12}px` }
                : { top: `${card.y + 14}px` }),
            }}
          >
            <b dir="auto">{nameOf(card.c)}</b>
            {card.c.parent ? (
              <span class="in" dir="auto">
                in {pathOf(card.c).map(nameOf).join(' › ')}
              </span>
            ) : null}
            <span>
              {percent(card.c.share)} · {count(card.c.n)} conversations
            </span>
            {words ? <span>{words}</span> : null}
          </div>
        ) : null}
        <div class="zoom" role="group" aria-label="Map">
          <button
            type="button"
            aria-label="Closer"
            title="Closer (+)"
            onClick={act((h) => (h.painter.zoomBy(1.6), h.moved()))}
          >
            +
          </button>
          <button
            type="button"
            aria-label="Farther"
            title="Farther (−)"
            onClick={act((h) => (h.painter.zoomBy(1 / 1.6), h.moved()))}
          >
            −
          </button>
          <button
            type="button"
            aria-label="Whole map"
            title="Whole map (0)"
            onClick={act((h) => h.glide({ zoom: 1, x: 0.5, y: 0.5 }))}
          >
            ⤢
          </button>
          {props.onArea
            ? drawings.map(([kind, sign, name, title]) => (
                <button
                  key={kind}
                  type="button"
                  aria-label={name}
                  aria-pressed={area === kind}
                  title={title}
                  onClick={act((h) => {
                    h.area = area === kind ? '' : kind;
                    setArea(h.area);
                  })}
                >
                  {sign}
                </button>
              ))
            : null}
          <button
            type="button"
            aria-label="Save the map as a picture"
            title="Save as PNG"
            onClick={act(() => canvasToPng(ref.current!, 'clio-map.png'))}
          >
            ↓
          </button>
        </div>
      </div>
      <Legend measure={props.measure} atlas={props.atlas} theme={theme} />
    </>
  );
}

// Which circles stand out: those of the chosen branch, or those that a search found.
export function litBy(chosen: Cluster | null, found: Set<Cluster> | null) {
  if (found) return (c: Cluster): boolean => found.has(c);
  if (!chosen) return null;
  const branch = chosen.level === 0 && chosen.parent ? chosen.parent : chosen;
  return (c: Cluster): boolean => isInside(c, branch) || isInside(branch, c);
}
