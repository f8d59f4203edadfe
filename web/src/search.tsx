// SPDX-License-Identifier: Apache-2.0
// Search as you type over titles, phrases and summaries; when nothing fits, titles that look alike.
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import type { Atlas, Cluster, Detail } from './atlas';
import { nameOf, pathOf } from './atlas';
import { percent } from './format';
import { Title, useLoaded, useShared } from './shared';

const plain = /^[ -~]*$/; // nothing to take apart, and ten times as fast
const fold = (text: string): string =>
  plain.test(text)
    ? text.toLowerCase()
    : text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();

interface Entry {
  c: Cluster;
  title: string;
  rest: string;
}
const entries = new WeakMap<Atlas, { details: Detail[] | null; list: Entry[] }>();
// Made when somebody searches, once for all search boxes.
function entriesOf(atlas: Atlas, details: Detail[] | null): Entry[] {
  const known = entries.get(atlas);
  if (known && (known.details === details || !details)) return known.list;
  const list = makeEntries(atlas, details);
  entries.set(atlas, { details, list });
  return list;
}
function makeEntries(atlas: Atlas, details: Detail[] | null): Entry[] {
  const more = new Map((details ?? []).map((d) => [d.id, d]));
  return atlas.clusters
    .filter((c) => c.title !== null)
    .map((c) => {
      const d = more.get(c.id);
      return {
        c,
        title: fold(nameOf(c)),
        rest: d ? fold([...d.phrases, d.summary ?? ''].join(' ')) : '',
      };
    });
}

// Every word must be somewhere; a title counts more than a summary, a large group more.
export function find(entries: Entry[], query: string): Cluster[] {
  const words = fold(query).split(/\s+/).filter(Boolean);
  if (!words.length) return [];
  const scored: [number, Cluster][] = [];
  for (const e of entries) {
    let score = 0;
    const all = words.every((w) => {
      const at = e.title.indexOf(w);
      if (at >= 0) score += at === 0 || e.title[at - 1] === ' ' ? 4 : 2;
      else if (e.rest.includes(w)) score += 1;
      else return false;
      return true;
    });
    if (all) scored.push([score + Math.min(1, e.c.share), e.c]);
  }
  return scored.sort((a, b) => b[0] - a[0] || a[1].id - b[1].id).map(([, c]) => c);
}

const trios = (text: string): Set<string> => {
  const padded = `  ${text} `;
  const set = new Set<string>();
  for (let i = 0; i + 3 <= padded.length; i++) set.add(padded.slice(i, i + 3));
  return set;
};
export function nearTitles(entries: Entry[], query: string): Cluster[] {
  const wanted = trios(fold(query));
  return entries
    .map((e) => {
      const own = trios(e.title);
      let same = 0;
      wanted.forEach((t) => own.has(t) && same++);
      return [same / Math.sqrt(wanted.size * own.size), e.c] as [number, Cluster];
    })
    .filter(([score]) => score > 0.18)
    .sort((a, b) => b[0] - a[0])
    .slice(0, 5)
    .map(([, c]) => c);
}

const nobody: Cluster[] = [];
export function useFound(query: string): { list: Cluster[]; near: Cluster[]; whole: boolean } {
  const { atlas, source } = useShared();
  const text = query.trim();
  const details = useLoaded(() => source.details(), 'details', text.length > 0);
  return useMemo(() => {
    if (!text) return { list: nobody, near: nobody, whole: false };
    const all = entriesOf(atlas, details.data);
    const list = find(all, text);
    return { list, near: list.length ? nobody : nearTitles(all, text), whole: !!details.data };
  }, [atlas, text, details.data]);
}

const READY_MS = 400; // after a view is there
const REST_MS = 250; // a question is asked when the hand rests

// Groups that lie near the question in meaning; only a server with an embedder can tell.
export function useMeaning(query: string): { list: Cluster[]; waiting: boolean } {
  const { atlas, source } = useShared();
  const [found, set] = useState<{ query: string; list: Cluster[]; waiting: boolean } | null>(null);
  const text = query.trim();
  useEffect(() => {
    if (text.length < 2 || source.kind === 'file') return;
    let dropped = false;
    const later = setTimeout(() => {
      source.meaning(text).then(
        ({ able, ready, hits }) => {
          if (dropped) return;
          const list = hits.flatMap(([id]) => atlas.byId.get(id) ?? []);
          set({ query: text, list, waiting: able && !ready });
        },
        () => undefined, // the words were searched anyway
      );
    }, REST_MS);
    return () => {
      dropped = true;
      clearTimeout(later);
    };
  }, [atlas, source, text]);
  return found?.query === text ? found : { list: [], waiting: false };
}

export function SearchBox(props: {
  query: string;
  onQuery?: (text: string) => void;
  onPick: (c: Cluster) => void;
  placeholder: string;
  shortcut?: boolean;
  id: string;
}) {
  const { atlas } = useShared();
  const [text, setText] = useState(props.query);
  const [open, setOpen] = useState(false);
  const [at, setAt] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const later = useRef(0); // tree and map follow when the hand rests
  const { list, near } = useFound(text);
  const meaning = useMeaning(open ? text : '');
  const worded = list.slice(0, 8);
  const alike = meaning.list.filter((c) => !worded.includes(c)).slice(0, list.length ? 6 : 10);
  const offered = [...worded, ...alike, ...(list.length || alike.length ? [] : near)];

  // Within the very turn that changed the address: later, after the next key, what this box itself
  // wrote there would come back and take letters away.
  useLayoutEffect(() => setText(props.query), [props.query]);
  useEffect(() => {
    // The titles are made ready before the first letter, when nothing else is to be done.
    const timer = setTimeout(() => entriesOf(atlas, null), READY_MS);
    return () => clearTimeout(timer);
  }, [atlas]);
  useEffect(() => {
    if (!props.shortcut) return;
    const listen = (event: KeyboardEvent): void => {
      const typing = document.activeElement instanceof HTMLInputElement;
      if (event.key === '/' && !typing) {
        event.preventDefault();
        input.current?.focus();
      }
    };
    document.addEventListener('keydown', listen);
    return () => document.removeEventListener('keydown', listen);
  }, [props.shortcut]);

  const type = (value: string): void => {
    setText(value);
    setAt(0);
    setOpen(true);
    clearTimeout(later.current);
    later.current = window.setTimeout(() => props.onQuery?.(value), value ? 120 : 0);
  };
  const pick = (c: Cluster | undefined): void => {
    if (!c) return;
    setOpen(false);
    setText('');
    clearTimeout(later.current);
    props.onPick(c);
  };
  const key = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') setAt(Math.min(offered.length - 1, at + 1));
    else if (event.key === 'ArrowUp') setAt(Math.max(0, at - 1));
    else if (event.key === 'Enter') pick(offered[at]);
    else if (event.key === 'Escape' && (text || open)) {
      event.stopPropagation();
      type('');
      setOpen(false);
    } else return;
    event.preventDefault();
  };
  const shown = open && text.trim() !== '';
  const listId = `${props.id}-list`;
  return (
    <div class="search">
      <input
        ref={input}
        id={props.id}
        type="search"
        role="combobox"
        aria-expanded={shown}
        aria-controls={listId}
        aria-autocomplete="list"
        aria-label={props.placeholder}
        {...(shown && offered[at] ? { 'aria-activedescendant': `${listId}-${at}` } : {})}
        placeholder={props.placeholder}
        autocomplete="off"
        value={text}
        onInput={(event) => type(event.currentTarget.value)}
        onFocus={() => setOpen(true)}
        onBlur={() => setTimeout(() => setOpen(false), 150)}
        onKeyDown={key}
      />
      <div class="hits" hidden={!shown}>
        {shown && !list.length ? (
          <p class="note" role="status">
            {alike.length
              ? 'No group has these words. Alike in meaning:'
              : near.length
                ? 'No group has these words. Titles that look alike:'
                : 'No group has these words. Words that few people use are not shown.'}
          </p>
        ) : null}
        {shown && meaning.waiting ? (
          <p class="note">The search by meaning is being prepared.</p>
        ) : null}
        <ul role="listbox" id={listId} aria-label="Groups found">
          {shown
            ? offered.map((c, i) => (
                <li
                  class={list.length && i === worded.length ? 'first-alike' : undefined}
                  key={c.id}
                  id={`${listId}-${i}`}
                  role="option"
                  aria-selected={i === at}
                  onMouseDown={(event) => {
                    event.preventDefault();
                    pick(c);
                  }}
                >
                  <span>
                    <Title of={c} />
                    {c.parent ? (
                      <small dir="auto">{pathOf(c).map(nameOf).join(' › ')}</small>
                    ) : null}
                  </span>
                  <span class="part">{percent(c.share)}</span>
                </li>
              ))
            : null}
        </ul>
      </div>
    </div>
  );
}
