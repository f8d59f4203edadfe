// The tree as an outline: bars for share, keyboard operated, in step with the map.
const open = new Set(tops.length <= 12 ? tops.slice(0, 4).map((c) => c.id) : []);
const treeBox = document.getElementById('tree');
const largest = Math.max(...tops.map((c) => c.share), 0.0001);

function visible() {
  const rows = [];
  const walk = (list, depth) => {
    for (const c of list) {
      const found = state.query && (matches(c) || c.children.some(function any(k) { return matches(k) || k.children.some(any); }));
      if (state.query && !found) continue;
      rows.push([c, depth]);
      if (c.children.length && (open.has(c.id) || (state.query && !matches(c)))) walk(c.children, depth + 1);
    }
  };
  walk(tops, 0);
  return rows;
}

function toggle(c) {
  if (open.has(c.id)) open.delete(c.id);
  else open.add(c.id);
  drawTree();
}

function row(c, depth) {
  const twist = make('span', { class: 'twist', text: c.children.length ? (open.has(c.id) ? '▾' : '▸') : '' });
  twist.addEventListener('click', (event) => { event.stopPropagation(); toggle(c); });
  return make('div', {
    class: 'row', role: 'treeitem', 'aria-level': depth + 1, 'aria-selected': state.selected === c, 'data-id': c.id,
    'aria-expanded': c.children.length ? open.has(c.id) : null, style: { marginLeft: 14 * depth + 'px' },
    on: { click: () => select(c), dblclick: () => toggle(c) },
  }, twist,
  make('span', { class: 'name' + (depth === 0 ? ' top' : '') + (c.withheld ? ' gone' : ''), text: nameOf(c) }),
  make('span', { class: 'part', text: percent(c.share), title: count(c.n_conversations) + ' conversations' }),
  make('span', { class: 'twist' }),
  make('span', { class: 'gauge' }, make('i', { style: { width: 100 * c.share / largest + '%', background: c.hue } })));
}

function drawTree() {
  const rows = visible();
  const rest = Number(atlas.run.share_unclustered ?? 0);
  treeBox.replaceChildren(...rows.map(([c, depth]) => row(c, depth)));
  if (!rows.length) treeBox.append(make('p', { class: 'note', text: 'No title or phrase has these words.' }));
  if (rest > 0 && !state.query)
    treeBox.append(make('div', { class: 'row none', title: 'Groups of too few people to show' }, make('span'),
      make('span', { class: 'name', text: 'unclustered: too few people to show' }), make('span', { class: 'part', text: percent(rest) })));
}

function moveInTree(step) {
  const rows = visible().map(([c]) => c);
  const at = rows.indexOf(state.selected);
  const next = rows[Math.max(0, Math.min(rows.length - 1, at < 0 ? 0 : at + step))];
  if (next) select(next);
}

treeBox.addEventListener('keydown', (event) => {
  const c = state.selected;
  if (event.key === 'ArrowDown') moveInTree(1);
  else if (event.key === 'ArrowUp') moveInTree(-1);
  else if (event.key === 'ArrowRight' && c?.children.length) { if (open.has(c.id)) moveInTree(1); else toggle(c); }
  else if (event.key === 'ArrowLeft' && c) { if (open.has(c.id)) toggle(c); else if (byId.get(c.parent)) select(byId.get(c.parent)); }
  else return;
  event.preventDefault();
});

onChange(() => {
  if (state.selected) for (const p of ancestors(state.selected)) open.add(p.id);
  drawTree();
  treeBox.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' });
});
