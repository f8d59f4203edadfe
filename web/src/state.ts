// SPDX-License-Identifier: Apache-2.0
// What is shown, as the address says it: a page, a tree where there are several, and a few short
// parameters. A link, the back button and a reload bring back the same view. On a server the page
// is the path (/explore?group=7), in a file it stands behind the # (report.html#explore?group=7).
import { useEffect, useState } from 'preact/hooks';

export const pages = [
  ['overview', 'Overview'],
  ['explore', 'Explore'],
  ['facets', 'Facets'],
  ['languages', 'Languages'],
  ['time', 'Time'],
  ['compare', 'Compare'],
  ['lineage', 'Lineage'],
  ['about', 'About'],
] as const;
export type Page = (typeof pages)[number][0];
export type Params = Record<string, string>;
export interface View {
  page: Page;
  tree: string; // the clustered facet; empty: the first
  params: Params;
}

const onServer = !document.getElementById('atlas');

function parse(path: string, query: string): View {
  const name = path.replace(/^\/+|\/+$/g, '');
  const known = pages.find(([page]) => page === name);
  const params: Params = {};
  new URLSearchParams(query).forEach((value, key) => (params[key] = value.slice(0, 2000)));
  const tree = params['tree'] ?? '';
  delete params['tree']; // it stays from page to page, unlike the others
  return {
    tree,
    page: known ? known[0] : name === 'map' || name === 'tree' ? 'explore' : 'overview',
    params,
  };
}

function fromAddress(): View {
  if (onServer) return parse(location.pathname, location.search);
  const [path = '', query = ''] = location.hash.slice(1).split('?');
  return parse(path, query);
}

export function hrefOf(page: Page, params: Params = {}): string {
  const given = Object.entries({ ...params, tree: view.tree }).filter(([, v]) => v !== '');
  const query = new URLSearchParams(given)
    .toString()
    .replace(/%(2C|3A|3B)/g, (code) => decodeURIComponent(code)); // , : ; may stand in an address
  const tail = query ? '?' + query : '';
  if (onServer) return (page === 'overview' ? '/' : '/' + page) + tail;
  return '#' + page + tail;
}

let view = fromAddress();
const listeners = new Set<(v: View) => void>();
const tell = (): void => listeners.forEach((listener) => listener(view));

export const currentView = (): View => view;

// Goes to a page. `quiet` keeps the back button as it is: for moves of the map and typing.
export function go(page: Page, params: Params, quiet = false): void {
  view = { page, tree: view.tree, params };
  history[quiet ? 'replaceState' : 'pushState'](null, '', hrefOf(page, params));
  tell();
}
// Changes some parameters of the page that is shown; an empty text takes one away.
export function patch(changes: Params, quiet = false): void {
  const params = { ...view.params, ...changes };
  for (const key of Object.keys(params)) if (!params[key]) delete params[key];
  go(view.page, params, quiet);
}

// Another tree, on the page that is shown: groups and areas of the one before are not in it.
export function goTree(tree: string): void {
  view = { ...view, tree };
  go(view.page, {});
}

addEventListener('popstate', () => {
  view = fromAddress();
  tell();
});

export function useView(): View {
  const [seen, set] = useState(view);
  useEffect(() => {
    listeners.add(set);
    set(view);
    return () => void listeners.delete(set);
  }, []);
  return seen;
}

// A link that changes the view without loading anything.
export function linkTo(
  page: Page,
  params: Params = {},
): {
  href: string;
  onClick: (event: MouseEvent) => void;
} {
  return {
    href: hrefOf(page, params),
    onClick: (event) => {
      if (event.metaKey || event.ctrlKey || event.shiftKey || event.button) return;
      event.preventDefault();
      go(page, params);
      scrollTo(0, 0);
    },
  };
}
