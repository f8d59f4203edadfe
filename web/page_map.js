// The map: density shading, circles sized by share, labels by priority that never overlap. Plain
// Canvas 2D, so it works without a GPU.
const canvas = document.getElementById('map');
const card = document.getElementById('card');
const pen = canvas.getContext('2d');
const bases = atlas.clusters.filter((c) => c.level === 0 && c.x !== null);
const groups = atlas.clusters.filter((c) => c.level > 0 && c.x !== null);
const top = Math.max(0, ...atlas.clusters.map((c) => c.level));
const view = { zoom: 1, x: 0.5, y: 0.5, width: 0, height: 0 };
let hovered = null;
let shading = null;

const scale = () => Math.min(view.width, view.height) * view.zoom;
const toX = (x) => view.width / 2 + (x - view.x) * scale() * stretchX();
const toY = (y) => view.height / 2 + (y - view.y) * scale() * stretchY();
const stretchX = () => Math.max(1, Math.min(1.6, view.width / view.height));
const stretchY = () => Math.max(1, Math.min(1.6, view.height / view.width));
const largestBase = Math.max(0.0001, ...bases.map((c) => c.share));
const radius = (c) => Math.max(3, Math.sqrt(c.share / largestBase) * Math.min(view.width, view.height) * 0.045 * Math.sqrt(view.zoom));

function css(name) { return getComputedStyle(document.documentElement).getPropertyValue(name).trim(); }

// The density grid as a small picture that the canvas enlarges smoothly.
function makeShading() {
  const size = Number(atlas.run.density_size ?? 64);
  const picture = make('canvas', { width: size, height: size });
  const brush = picture.getContext('2d');
  const pixels = brush.createImageData(size, size);
  const [r, g, b] = css('--density').split(',').map(Number);
  for (const [x, y, weight] of atlas.density) {
    const at = 4 * (y * size + x);
    pixels.data.set([r, g, b, Math.round(110 * Math.sqrt(weight))], at);
  }
  brush.putImageData(pixels, 0, 0);
  shading = picture;
}

function isLit(c) {
  if (state.query && !matches(c)) return false;
  const s = state.selected;
  return !s || s === c || ancestors(c).includes(s) || ancestors(s).includes(c);
}

function drawCircle(c) {
  const x = toX(c.x), y = toY(c.y), r = radius(c);
  pen.globalAlpha = isLit(c) ? 0.82 : 0.16;
  pen.beginPath();
  pen.arc(x, y, r, 0, 7);
  pen.fillStyle = c.hue;
  pen.fill();
  pen.lineWidth = c === state.selected || c === hovered ? 2.5 : 1;
  pen.strokeStyle = c === state.selected || c === hovered ? css('--ink') : css('--pane');
  pen.stroke();
  pen.globalAlpha = 1;
}

function wrap(text, most) {
  const lines = [''];
  for (const word of text.split(/\s+/)) {
    const last = lines[lines.length - 1];
    if (last && pen.measureText(last + ' ' + word).width > most) lines.push(word);
    else lines[lines.length - 1] = last ? last + ' ' + word : word;
  }
  return lines;
}

function overlaps(box, boxes) {
  return boxes.some((b) => box[0] < b[2] && b[0] < box[2] && box[1] < b[3] && b[1] < box[3]);
}

// Draws the label when there is room; larger clusters come first, so they win.
function drawLabel(c, size, strong, below, boxes) {
  pen.font = `${strong ? 650 : 450} ${size}px system-ui, sans-serif`;
  const lines = wrap(nameOf(c), strong ? 190 : 150).slice(0, 3);
  const width = Math.max(...lines.map((line) => pen.measureText(line).width));
  const height = lines.length * size * 1.18;
  const x = toX(c.x);
  for (const y of below ? [toY(c.y) + radius(c) + 3, toY(c.y) - radius(c) - height - 3] : [toY(c.y) - height / 2]) {
    const box = [x - width / 2 - 3, y - 2, x + width / 2 + 3, y + height + 2];
    if (box[0] < 2 || box[2] > view.width - 2 || box[1] < 2 || box[3] > view.height - 2 || overlaps(box, boxes)) continue;
    boxes.push(box);
    pen.globalAlpha = isLit(c) ? 1 : 0.3;
    pen.textAlign = 'center';
    pen.textBaseline = 'top';
    pen.lineJoin = 'round';
    lines.forEach((line, i) => {
      pen.lineWidth = 4;
      pen.strokeStyle = css('--halo');
      pen.strokeText(line, x, y + i * size * 1.18);
      pen.fillStyle = strong ? c.hue : css('--ink');
      pen.fillText(line, x, y + i * size * 1.18);
    });
    pen.globalAlpha = 1;
    return;
  }
}

function drawLabels() {
  const boxes = [];
  if (state.selected?.level === 0) drawLabel(state.selected, 13, false, true, boxes);
  for (let level = top; level > 0; level--) {
    const shown = view.zoom >= 1.8 ** (top - level) && view.zoom < 3.2 * 1.8 ** (top - level);
    if (shown) for (const c of groups.filter((g) => g.level === level).sort(byShare)) drawLabel(c, level === top ? 15 : 13, true, false, boxes);
  }
  for (const c of [...bases].sort(byShare)) if (c !== state.selected) drawLabel(c, 12, false, true, boxes);
}

function drawMap() {
  const ratio = devicePixelRatio || 1;
  view.width = canvas.clientWidth;
  view.height = canvas.clientHeight;
  if (!view.width || !view.height) return;
  canvas.width = Math.round(view.width * ratio);
  canvas.height = Math.round(view.height * ratio);
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  if (!shading) makeShading();
  pen.imageSmoothingEnabled = true;
  pen.imageSmoothingQuality = 'high';
  pen.drawImage(shading, toX(0), toY(0), toX(1) - toX(0), toY(1) - toY(0));
  for (const c of [...bases].sort(byShare)) drawCircle(c);
  drawLabels();
}

let waiting = false;
function redraw() {
  if (waiting) return;
  waiting = true;
  requestAnimationFrame(() => { waiting = false; drawMap(); });
}

function zoomBy(factor, px = view.width / 2, py = view.height / 2) {
  const zoom = Math.max(1, Math.min(40, view.zoom * factor));
  const x = view.x + (px - view.width / 2) / (scale() * stretchX());
  const y = view.y + (py - view.height / 2) / (scale() * stretchY());
  view.x = x + (view.x - x) * (view.zoom / zoom);
  view.y = y + (view.y - y) * (view.zoom / zoom);
  view.zoom = zoom;
  redraw();
}

function under(event) {
  const box = canvas.getBoundingClientRect();
  const x = event.clientX - box.left, y = event.clientY - box.top;
  let best = null;
  for (const c of bases) {
    const d = Math.hypot(toX(c.x) - x, toY(c.y) - y) - radius(c);
    if (d < 3 && (!best || d < best.d)) best = { c, d };
  }
  return best?.c ?? null;
}

function showCard(event) {
  card.hidden = !hovered;
  if (!hovered) return;
  const box = canvas.getBoundingClientRect();
  card.replaceChildren(make('b', { text: nameOf(hovered) }),
    make('span', { text: `${percent(hovered.share)} · ${count(hovered.n_conversations)} conversations` }));
  const x = event.clientX - box.left, y = event.clientY - box.top;
  card.style.left = Math.min(x + 14, view.width - 230) + 'px';
  card.style.top = (y > view.height - 90 ? y - 70 : y + 14) + 'px';
}

let drag = null;
canvas.addEventListener('pointerdown', (event) => {
  drag = { x: event.clientX, y: event.clientY, moved: false };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (drag && (drag.moved || Math.hypot(event.clientX - drag.x, event.clientY - drag.y) > 3)) {
    view.x -= (event.clientX - drag.x) / (scale() * stretchX());
    view.y -= (event.clientY - drag.y) / (scale() * stretchY());
    drag = { x: event.clientX, y: event.clientY, moved: true };
    redraw();
    return;
  }
  const c = under(event);
  if (c !== hovered) { hovered = c; redraw(); }
  showCard(event);
});
canvas.addEventListener('pointerup', (event) => {
  if (drag && !drag.moved) select(under(event));
  drag = null;
});
canvas.addEventListener('pointerleave', () => { hovered = null; card.hidden = true; redraw(); });
canvas.addEventListener('wheel', (event) => {
  if (document.activeElement !== canvas) return; // the map takes the wheel only when it has focus
  event.preventDefault();
  const box = canvas.getBoundingClientRect();
  zoomBy(Math.exp(-event.deltaY / 400), event.clientX - box.left, event.clientY - box.top);
}, { passive: false });
canvas.addEventListener('keydown', (event) => {
  const step = 0.08 / view.zoom;
  const moves = { ArrowLeft: [-step, 0], ArrowRight: [step, 0], ArrowUp: [0, -step], ArrowDown: [0, step] };
  if (moves[event.key]) { view.x += moves[event.key][0]; view.y += moves[event.key][1]; redraw(); }
  else if (event.key === '+' || event.key === '=') zoomBy(1.3);
  else if (event.key === '-') zoomBy(1 / 1.3);
  else return;
  event.preventDefault();
});
document.getElementById('zoom-in').addEventListener('click', () => zoomBy(1.5));
document.getElementById('zoom-out').addEventListener('click', () => zoomBy(1 / 1.5));
document.getElementById('zoom-all').addEventListener('click', () => { Object.assign(view, { zoom: 1, x: 0.5, y: 0.5 }); redraw(); });
new ResizeObserver(redraw).observe(canvas);
onChange(redraw);
