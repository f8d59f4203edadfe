// SPDX-License-Identifier: Apache-2.0
// Starts the explorer: finds where the atlas comes from, reads it, shows the page of the address.
import { render } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Atlas, Cluster } from './atlas';
import { countOfAll, facetName, readAtlas } from './atlas';
import { day } from './format';
import { PageAbout } from './page_about';
import { PageCompare } from './page_compare';
import { PageExplore } from './page_explore';
import { PageFacets } from './page_facets';
import { PageLanguages } from './page_languages';
import { PageLineage } from './page_lineage';
import { PageOverview } from './page_overview';
import { PageTime } from './page_time';
import { Select } from './pick';
import { SearchBox } from './search';
import { Problem, SharedContext, Wait, floorWords, modeOf } from './shared';
import type { Source } from './source';
import { findSources } from './source';
import type { Page } from './state';
import { currentView, go, goTree, linkTo, pages, patch, useView } from './state';
import { setNoise } from './stats';
import './style.css';
import { switchTheme, useTheme } from './theme';

const views: Record<Page, () => preact.JSX.Element> = {
  overview: PageOverview,
  explore: PageExplore,
  facets: PageFacets,
  languages: PageLanguages,
  time: PageTime,
  compare: PageCompare,
  lineage: PageLineage,
  about: PageAbout,
};

function Mark() {
  return (
    <svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true" class="mark">
      <circle cx="8" cy="9" r="5.5" />
      <circle cx="16.5" cy="7" r="3" />
      <circle cx="14.5" cy="16" r="4.5" />
    </svg>
  );
}

function Bar({ atlas }: { atlas: Atlas }) {
  const { page, params } = useView();
  const theme = useTheme();
  const shown = pages.filter(([key]) => key !== 'lineage' || atlas.lineage);
  const run = atlas.run;
  const period =
    run['first_day'] && run['last_day']
      ? ` · ${day(run['first_day'])} – ${day(run['last_day'])}`
      : '';
  const pick = (c: Cluster): void =>
    go('explore', { ...(page === 'explore' ? params : {}), q: '', group: String(c.id) });
  const type = (text: string): void => {
    if (currentView().page === 'explore') patch({ q: text }, true);
  };
  // On a telephone the pages do not all fit: the one that is shown is brought to the middle.
  const nav = useRef<HTMLElement>(null);
  useEffect(() => {
    const line = nav.current!;
    const here = line.querySelector('[aria-current]')?.getBoundingClientRect();
    const all = line.getBoundingClientRect();
    if (here) line.scrollLeft += here.left + here.width / 2 - all.left - all.width / 2;
  }, [page]);
  return (
    <header class="bar">
      <a class="brand" {...linkTo('overview')}>
        <Mark />
        <b>Clio</b>
      </a>
      <nav aria-label="Pages" ref={nav}>
        {shown.map(([key, name]) => (
          <a key={key} {...linkTo(key)} aria-current={key === page ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <p class="corpus">
        {countOfAll(atlas)} conversations{period}
      </p>
      {atlas.trees.length > 1 ? (
        <Select
          label="Tree"
          value={run['clustered_facet'] ?? ''}
          options={atlas.trees.map((tree) => ({ value: tree, name: facetName(tree) }))}
          onPick={(tree) => goTree(tree === atlas.trees[0] ? '' : tree)}
        />
      ) : null}
      <SearchBox
        id="search"
        query={page === 'explore' ? (params['q'] ?? '') : ''}
        placeholder="Search groups  ( / )"
        onQuery={type}
        onPick={pick}
        shortcut
      />
      <a class="guarded" {...linkTo('about')} title="How people are protected">
        <span class="more">privacy: </span>
        {modeOf(atlas)}
        {run['noise_conversations'] && (
          <span class="more">{`, counts ± ${Number(run['noise_conversations']).toFixed(0)}`}</span>
        )}
      </a>
      <button
        type="button"
        class="theme"
        onClick={switchTheme}
        aria-label={theme === 'dark' ? 'Switch to light' : 'Switch to dark'}
        title={theme === 'dark' ? 'Light' : 'Dark'}
      >
        ◐
      </button>
    </header>
  );
}

function App({ sources }: { sources: (tree: string) => Source }) {
  const { page, tree } = useView();
  const source = sources(tree);
  const [shown, show] = useState<{ atlas: Atlas; source: Source } | null>(null);
  const [error, setError] = useState('');
  useEffect(() => {
    let dropped = false;
    source.index().then(
      (data) => {
        if (dropped) return;
        setNoise(data.run);
        setError('');
        show({ atlas: readAtlas(data), source });
      },
      (e: unknown) =>
        dropped || setError(e instanceof Error ? e.message : 'The atlas cannot be read.'),
    );
    return () => {
      dropped = true;
    };
  }, [source]);
  useEffect(() => {
    const name = pages.find(([key]) => key === page)?.[1] ?? '';
    document.title = page === 'overview' ? 'Clio' : `${name} · Clio`;
  }, [page]);
  if (error)
    return (
      <main>
        <Problem text={error} />
      </main>
    );
  if (!shown)
    return (
      <main class="loading">
        <Wait lines={12} />
      </main>
    );
  const View = views[page];
  const { atlas } = shown; // the one before, until the next is there
  return (
    <SharedContext.Provider value={shown}>
      <a
        class="skip"
        href="#main"
        onClick={(event) => {
          event.preventDefault(); // in a report the # names the view
          document.getElementById('main')?.focus();
        }}
      >
        To the content
      </a>
      <Bar atlas={atlas} />
      <main id="main" tabIndex={-1} class={`at-${page}`}>
        {atlas.clusters.length || page === 'about' ? (
          <View key={`${page} ${facetOf(atlas)}`} />
        ) : (
          <Nobody atlas={atlas} />
        )}
      </main>
    </SharedContext.Provider>
  );
}

const facetOf = (atlas: Atlas): string => atlas.run['clustered_facet'] ?? '';

function Nobody({ atlas }: { atlas: Atlas }) {
  return (
    <section class="empty">
      <h2>Nothing in this corpus is shared by enough people to show</h2>
      <p>A group needs {floorWords(atlas)}. More conversations may change that.</p>
      <p class="note">
        For data that is your own, <code>clio run … --privacy local --min-accounts 1</code> shows
        smaller ones.
      </p>
    </section>
  );
}

const root = document.getElementById('app');
if (root) render(<App sources={findSources()} />, root);
