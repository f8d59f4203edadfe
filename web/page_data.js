// The atlas as the page holds it: clusters by id, children by parent, one selection that all views
// follow. Every text below was released; it is still put into the page as text, never as markup.
'use strict';
const atlas = JSON.parse(document.getElementById('atlas').textContent);
const byId = new Map(atlas.clusters.map((c) => [c.id, c]));
for (const c of atlas.clusters) c.children = [];
const tops = [];
for (const c of atlas.clusters) (byId.get(c.parent)?.children ?? tops).push(c);
const byShare = (a, b) => b.share - a.share || a.id - b.id;
tops.sort(byShare);
for (const c of atlas.clusters) c.children.sort(byShare);

// Ten hues that the colour-blind can tell apart (after Okabe and Ito, and Tol), one a top cluster.
const hues = ['#0072b2', '#d55e00', '#009e73', '#cc79a7', '#b58900', '#56b4e9', '#7a5195', '#8c6d31', '#6b8e23', '#a0522d'];
function paint(c, i) {
  c.hue = hues[i % hues.length];
  for (const child of c.children) paint(child, i);
}
tops.forEach(paint);

const percent = (share) => (share >= 0.0995 ? (100 * share).toFixed(0) : (100 * share).toFixed(1)) + ' %';
const count = (n) => Number(n).toLocaleString('en-US');
const nameOf = (c) => c.title ?? 'withheld';

function make(tag, options = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(options)) {
    if (key === 'text') node.textContent = value;
    else if (key === 'on') for (const [type, listener] of Object.entries(value)) node.addEventListener(type, listener);
    else if (key === 'style') Object.assign(node.style, value);
    else if (value !== undefined && value !== null) node.setAttribute(key, value);
  }
  node.append(...children);
  return node;
}

const state = { selected: null, query: '', listeners: [] };
function onChange(listener) { state.listeners.push(listener); }
function changed() { for (const listener of state.listeners) listener(); }
function select(c, remember = true) {
  state.selected = c;
  if (remember) history.replaceState(null, '', c ? '#cluster=' + c.id : location.pathname + location.search);
  changed();
}
function ancestors(c) {
  const path = [];
  for (let p = byId.get(c.parent); p; p = byId.get(p.parent)) path.unshift(p);
  return path;
}
function matches(c) {
  if (!state.query) return true;
  const text = [c.title ?? '', ...(c.phrases ?? [])].join(' ').toLowerCase();
  return state.query.toLowerCase().split(/\s+/).every((word) => text.includes(word));
}
