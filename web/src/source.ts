// SPDX-License-Identifier: Apache-2.0
// Where the atlas comes from: the server, asked as the reader goes, or the page's own file. Both
// give the same answers; nothing else in web/ knows which it is.
import type { CellData, Detail, IndexData, Meaning, OtherData, TimeData } from './atlas';
import { readJson } from './load';

export interface Source {
  kind: 'server' | 'file';
  index(): Promise<IndexData>;
  cells(): Promise<CellData>;
  time(): Promise<TimeData>;
  detail(id: number): Promise<Detail>;
  details(): Promise<Detail[]>; // all, for the search in summaries and phrases
  other(): Promise<{ of: OtherData | null }>; // the atlas to compare with
  meaning(query: string): Promise<Meaning>; // what lies near a question; a file cannot tell
}

interface FileData {
  trees?: Record<string, FileData>; // all but the first
  index: IndexData;
  cells: CellData;
  time: TimeData;
  details: Detail[];
  other?: OtherData | null;
}

export function fileSource(file: FileData, tree: string): Source {
  const data = file.trees?.[tree] ?? file;
  const byId = new Map(data.details.map((d) => [d.id, d]));
  return {
    kind: 'file',
    index: async () => data.index,
    cells: async () => data.cells,
    time: async () => data.time,
    detail: async (id) => {
      const found = byId.get(id);
      if (!found) throw new Error('This page holds no such group.');
      return found;
    },
    details: async () => data.details,
    other: async () => ({ of: data.other ?? null }),
    meaning: async () => ({ able: false, ready: false, hits: [] }),
  };
}

async function ask<T>(path: string): Promise<T> {
  let status = 0;
  try {
    const answer = await fetch(path, { credentials: 'same-origin' });
    if (answer.ok) return await readJson<T>(answer);
    status = answer.status;
  } catch {
    throw new Error('The server does not answer. What is here stays; reload when it is back.');
  }
  throw new Error(`The server could not give this part (${status}).`);
}

// Each address is asked for once; a failure is forgotten so that the next try asks again.
export function serverSource(tree: string): Source {
  const of = tree ? '?tree=' + encodeURIComponent(tree) : '';
  const answers = new Map<string, Promise<unknown>>();
  function once<T>(path: string): Promise<T> {
    let answer = answers.get(path);
    if (!answer) {
      answer = ask<T>(path);
      answer.catch(() => answers.delete(path));
      answers.set(path, answer);
    }
    return answer as Promise<T>;
  }
  return {
    kind: 'server',
    index: () => once<IndexData>('/explore.json' + of),
    cells: () => once<CellData>('/facets.json' + of),
    time: () => once<TimeData>('/time.json' + of),
    detail: (id) => once<Detail>(`/cluster/${id}.json`),
    details: () => once<Detail[]>('/clusters.json' + of),
    other: () => once<OtherData | null>('/other.json' + of).then((data) => ({ of: data })),
    meaning: (query) => ask<Meaning>('/search.json?q=' + encodeURIComponent(query)),
  };
}

// One source a tree; each keeps what it was asked for.
export function findSources(): (tree: string) => Source {
  const inside = document.getElementById('atlas');
  const file = inside ? (JSON.parse(inside.textContent ?? '{}') as FileData) : null;
  const made = new Map<string, Source>();
  return (tree) => {
    let source = made.get(tree);
    if (!source) made.set(tree, (source = file ? fileSource(file, tree) : serverSource(tree)));
    return source;
  };
}
