// SPDX-License-Identifier: Apache-2.0
// Reads answers bit by bit and knows how much is here, so that a long load can show it.

export interface Load {
  n: number; // bytes that are here
  of: number; // in all; 0: not told
}
const loads = new Set<Load>(); // until the last is over, so that what is here does not shrink
let open = 0;

// All that is on its way as one; null: nothing is.
export function underWay(): Load | null {
  if (!open) return null;
  const list = [...loads];
  const sum = (key: keyof Load): number => list.reduce((s, load) => s + load[key], 0);
  return { n: sum('n'), of: list.every((load) => load.of) ? sum('of') : 0 };
}

// An answer that is packed tells its length unpacked beside the packed one (src/serve/listen.c).
function lengthOf(answer: Response): number {
  const { headers } = answer;
  const packed = headers.has('Content-Encoding');
  return Number(headers.get(packed ? 'X-Plain-Length' : 'Content-Length') ?? 0);
}

export async function readJson<T>(answer: Response): Promise<T> {
  const load = { n: 0, of: lengthOf(answer) };
  const reader = answer.body!.getReader();
  const decoder = new TextDecoder();
  let text = '';
  loads.add(load);
  open++;
  try {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return JSON.parse(text + decoder.decode()) as T;
      load.n += value.length;
      text += decoder.decode(value, { stream: true });
    }
  } finally {
    if (!--open) loads.clear();
  }
}
