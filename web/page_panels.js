// The panel of the selected cluster, the charts below, and what the atlas says of itself.
const facetNames = { language: 'Language', concern: 'Concern, 1 to 5', turns: 'Turns' };

// Rows of label, bar and value; a thin mark shows the rate in the whole corpus.
function bars(rows, hue) {
  const most = Math.max(...rows.map((r) => Math.max(r.share, r.base ?? 0)), 0.0001);
  const box = make('div', { class: 'bars' });
  for (const r of rows) {
    const track = make('span', { class: 'track' }, make('i', { style: { width: 100 * r.share / most + '%', background: r.hue ?? hue } }));
    if (r.base !== undefined) track.append(make('u', { style: { left: 100 * r.base / most + '%' }, title: 'all conversations: ' + percent(r.base) }));
    const label = make('span', { class: 'label' + (r.pick ? ' link' : ''), text: r.label, title: r.label });
    if (r.pick) label.addEventListener('click', r.pick);
    box.append(label, track, make('span', { class: 'value', text: percent(r.share), title: r.n ? count(r.n) + ' conversations' : '' }));
  }
  return box;
}

function facetRows(facet, list) {
  const base = new Map((atlas.facets[facet] ?? []).map(([value, , share]) => [value, share]));
  return list.map(([value, n, share]) => ({ label: value, n, share, base: base.get(value) }));
}

function drawDetail() {
  const box = document.getElementById('detail');
  const c = state.selected;
  if (!c) {
    box.replaceChildren(make('h2', { text: 'Cluster' }), make('p', { class: 'note', text: 'Choose a circle on the map or a line of the tree.' }));
    return;
  }
  const path = make('p', { class: 'path' });
  for (const p of ancestors(c)) path.append(make('a', { text: nameOf(p), on: { click: () => select(p) } }), ' › ');
  const parts = [path, make('h3', { text: c.withheld ? 'Withheld' : c.title }),
    make('p', { text: c.withheld ? 'The words for this cluster did not pass the privacy audit. Its conversations are counted here and in the cluster above.' : c.summary })];
  const numbers = make('div', { class: 'numbers' },
    make('div', {}, make('b', { text: percent(c.share) }), make('span', { text: 'of conversations' })),
    make('div', {}, make('b', { text: count(c.n_conversations) }), make('span', { text: 'conversations' })));
  if (c.n_accounts !== null) numbers.append(make('div', {}, make('b', { text: count(c.n_accounts) }), make('span', { text: 'people' })));
  parts.push(numbers);
  if (c.phrases?.length) parts.push(make('h4', { text: 'Phrases many share' }), make('div', { class: 'chips' }, ...c.phrases.map((p) => make('span', { text: p }))));
  if (c.children.length)
    parts.push(make('h4', { text: 'Inside' }), bars(c.children.map((k) => ({ label: nameOf(k), share: k.share, n: k.n_conversations, pick: () => select(k) })), c.hue));
  for (const [facet, list] of Object.entries(c.facets ?? {}))
    if (list.length) parts.push(make('h4', { text: facetNames[facet] ?? facet }), bars(facetRows(facet, list), c.hue));
  parts.push(make('p', { class: 'note', text: 'Thin marks: the rate among all conversations. Values that too few people share are not shown.' }));
  box.replaceChildren(...parts);
}

function drawTiles() {
  const run = atlas.run;
  const tiles = [[count(run.n_conversations), 'conversations']];
  if (run.has_accounts !== 'no' && run.n_accounts) tiles.push([count(run.n_accounts), 'people']);
  tiles.push([count(atlas.clusters.filter((c) => c.level === 0).length), 'kinds of use'], [count(tops.length), 'main groups']);
  const languages = atlas.facets.language ?? [];
  if (languages.length) tiles.push([count(languages.length), 'languages shown']);
  tiles.push([percent(Number(run.share_unclustered ?? 0)), 'too few people to show']);
  document.getElementById('tiles').replaceChildren(...tiles.map(([n, what]) => make('div', { class: 'tile' }, make('b', { text: n }), make('span', { text: what }))));
  const period = run.first_day && run.last_day ? `, ${run.first_day} to ${run.last_day}` : '';
  document.getElementById('headline').textContent = `${count(run.n_conversations)} conversations${period} · every group has at least ${run.min_conversations} conversations` +
    (run.has_accounts === 'no' ? ' (this corpus names no accounts)' : ` from ${run.min_accounts} people`);
}

function drawCharts() {
  const first = tops.find((c) => !c.withheld);
  if (first) document.getElementById('uses-title').textContent = `“${first.title}” is the largest group: ${percent(first.share)}`;
  document.getElementById('uses').replaceChildren(bars(tops.map((c) => ({ label: nameOf(c), share: c.share, n: c.n_conversations, hue: c.hue, pick: () => select(c) }))));
  const languages = atlas.facets.language ?? [];
  if (languages.length) document.getElementById('languages-title').textContent = `${percent(languages[0][2])} of conversations are in ${languages[0][0]}`;
  document.getElementById('languages').replaceChildren(languages.length ? bars(languages.map(([label, n, share]) => ({ label, n, share })), 'var(--accent)')
    : make('p', { class: 'note', text: 'No language is shared by enough people to show.' }));
  const others = document.getElementById('others');
  for (const facet of ['turns', 'concern'])
    if (atlas.facets[facet]?.length) others.append(make('h4', { text: facetNames[facet] }), bars(atlas.facets[facet].map(([label, n, share]) => ({ label, n, share })), 'var(--accent)'));
}

function drawAbout() {
  const table = make('table');
  for (const [key, value] of Object.entries(atlas.run).sort())
    table.append(make('tr', {}, make('th', { text: key.replaceAll('_', ' ') }), make('td', { text: value })));
  document.getElementById('about').append(
    make('p', { text: 'Nobody read these conversations to make this page. Titles are made of phrases that enough different people used; groups, phrases and numbers of too few people are left out; every text was scanned before it came here.' }), table);
}

document.getElementById('theme').addEventListener('click', () => {
  const root = document.documentElement;
  root.dataset.theme = root.dataset.theme === 'dark' ? 'light' : 'dark';
  shading = null;
  changed();
});
const search = document.getElementById('search');
search.addEventListener('input', () => { state.query = search.value.trim(); changed(); });
document.addEventListener('keydown', (event) => {
  if (event.key === '/' && document.activeElement !== search) { event.preventDefault(); search.focus(); }
  else if (event.key === 'Escape') { search.value = ''; state.query = ''; select(null); }
});
function fromAddress() {
  const found = /cluster=(\d+)/.exec(location.hash);
  select(found ? byId.get(Number(found[1])) ?? null : null, false);
}
addEventListener('hashchange', fromAddress);
if (matchMedia('(prefers-color-scheme: dark)').matches) document.documentElement.dataset.theme = 'dark';
onChange(drawDetail);
drawTiles();
drawCharts();
drawAbout();
fromAddress();
