// SPDX-License-Identifier: Apache-2.0
// What every view is handed: the atlas and where more of it comes from; and small shared parts.
import type { ComponentChildren } from 'preact';
import { createContext } from 'preact';
import { useContext, useEffect, useState } from 'preact/hooks';
import type { Atlas, Cluster } from './atlas';
import { hasAccounts, nameOf } from './atlas';
import { notPassed } from './gaps';
import { underWay } from './load';
import type { Source } from './source';
import { linkTo } from './state';

export interface Shared {
  atlas: Atlas;
  source: Source;
}
export const SharedContext = createContext<Shared | null>(null);
export function useShared(): Shared {
  const shared = useContext(SharedContext);
  if (!shared) throw new Error('no atlas around this view');
  return shared;
}

export interface Loaded<T> {
  data: T | null;
  error: string;
}
// Asks when `wanted` says so and keeps what came; `key` changes when something else is wanted.
export function useLoaded<T>(ask: () => Promise<T>, key: string, wanted = true): Loaded<T> {
  const [state, set] = useState<Loaded<T> & { key: string }>({ data: null, error: '', key: '' });
  useEffect(() => {
    let dropped = false;
    if (!wanted) return;
    ask().then(
      (data) => dropped || set({ data, error: '', key }),
      (e: unknown) =>
        dropped || set({ data: null, error: e instanceof Error ? e.message : '', key }),
    );
    return () => {
      dropped = true;
    };
  }, [key, wanted]);
  return state.key === key ? state : { data: null, error: '' };
}

export function Title({ of }: { of: Cluster }) {
  const { run } = useShared().atlas;
  return of.title === null ? (
    <span class="withheld">Withheld: the title {notPassed(run, 'was')}</span>
  ) : (
    <bdi dir="auto">{nameOf(of)}</bdi>
  );
}
export function GroupLink({ of, extra = {} }: { of: Cluster; extra?: Record<string, string> }) {
  return (
    <a {...linkTo('explore', { ...extra, group: String(of.id) })}>
      <Title of={of} />
    </a>
  );
}

// How much of what is asked for is here; what is over in a moment shows no bar.
function Amount() {
  const [load, set] = useState(null as ReturnType<typeof underWay>);
  useEffect(() => {
    const timer = setInterval(() => set(underWay()), 300);
    return () => clearInterval(timer);
  }, []);
  if (!load) return null;
  const { n, of } = load;
  const size = ((of || n) / 1e6).toFixed(1) + ' MB';
  return (
    <p class="amount">
      <progress aria-label="Loaded" {...(of ? { value: n / of } : {})} />
      <small aria-hidden="true">
        {of ? `${Math.floor((100 * n) / of)} % of ${size}` : `${size} so far`}
      </small>
    </p>
  );
}
export function Wait({ lines = 4 }: { lines?: number }) {
  return (
    <div class="skeleton" role="status" aria-label="Loading">
      <Amount />
      {Array.from({ length: lines }, (_, i) => (
        <span key={i} />
      ))}
    </div>
  );
}
export function Problem({ text }: { text: string }) {
  return (
    <p class="problem" role="alert">
      {text}
    </p>
  );
}
// Either of the two, or the content.
export function Loading<T>(props: {
  of: Loaded<T>;
  children: (data: T) => ComponentChildren;
  lines?: number;
}) {
  if (props.of.error) return <Problem text={props.of.error} />;
  if (!props.of.data) return <Wait lines={props.lines ?? 4} />;
  return <>{props.children(props.of.data)}</>;
}

export const modeOf = (atlas: Atlas): string => atlas.run['privacy'] ?? 'not told';

// Before the number of people in several groups: mode dp adds up those of each, so who is in two of
// them counts twice.
export const atMost = (atlas: Atlas): string => (modeOf(atlas) === 'dp' ? 'at most ' : '');

// In mode dp the floors hold for noisy numbers; what lies behind them may be less.
export const floorWords = (atlas: Atlas): string => {
  const n = atlas.run['min_conversations'] ?? '?';
  const floors = hasAccounts(atlas)
    ? `at least ${n} conversations from ${atlas.run['min_accounts'] ?? '?'} people`
    : `at least ${n} conversations (this corpus names no people)`;
  return modeOf(atlas) === 'dp' ? `${floors}, as far as noisy numbers tell` : floors;
};

export function Empty({ title, children }: { title: string; children: ComponentChildren }) {
  return (
    <section class="empty">
      <h2>{title}</h2>
      {children}
    </section>
  );
}
