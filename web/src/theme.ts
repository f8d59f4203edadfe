// SPDX-License-Identifier: Apache-2.0
// Light and dark, and colours: ten hues that the colour-blind can tell apart (after Okabe and Ito,
// and Tol), one a main group; one ramp for amounts, one for change with a named zero.
import { useEffect, useState } from 'preact/hooks';
import type { Cluster } from './atlas';

export type Theme = 'light' | 'dark';
type Rgb = [number, number, number];

const hues: Rgb[] = [
  [0, 114, 178],
  [213, 94, 0],
  [0, 158, 115],
  [204, 121, 167],
  [181, 137, 0],
  [86, 180, 233],
  [122, 81, 149],
  [127, 139, 149],
  [107, 142, 35],
  [160, 82, 45],
];
// The same, dark or light enough to be read as text.
const inks: Record<Theme, string[]> = {
  light: [
    '#00619a',
    '#a84a00',
    '#00704f',
    '#a03f74',
    '#7a5c00',
    '#1a6fa5',
    '#68417f',
    '#59646d',
    '#4f6a17',
    '#8a4423',
  ],
  dark: [
    '#6cbcf0',
    '#ff9d5c',
    '#4fd1a9',
    '#eba5cb',
    '#e3bd4d',
    '#8fd0f5',
    '#c39fdd',
    '#b9c2ca',
    '#aecb72',
    '#e0a07c',
  ],
};

const paper: Record<Theme, Rgb> = { light: [255, 255, 255], dark: [27, 31, 37] };
const mix = (a: Rgb, b: Rgb, t: number): Rgb => [
  a[0] + (b[0] - a[0]) * t,
  a[1] + (b[1] - a[1]) * t,
  a[2] + (b[2] - a[2]) * t,
];
const css = (c: Rgb): string => `rgb(${c.map(Math.round).join(',')})`;

const TINTS = 4;
const made: Record<Theme, string[]> = { light: [], dark: [] }; // hue by hue, tint by tint
export function colourOf(c: Cluster, theme: Theme): string {
  const i = c.group % hues.length;
  const place = i * TINTS + c.tint;
  return (made[theme][place] ??= css(mix(hues[i]!, paper[theme], 0.14 * c.tint)));
}
export const inkOf = (c: Cluster, theme: Theme): string =>
  inks[theme][c.group % hues.length] ?? 'currentColor';

// Cividis (Nuñez, Anderton and Renslow 2018) at nine places; light end for much in the dark.
const cividis: Rgb[] = [
  [253, 234, 69],
  [217, 199, 88],
  [186, 171, 106],
  [158, 145, 117],
  [125, 124, 120],
  [103, 104, 112],
  [77, 86, 108],
  [38, 68, 110],
  [0, 46, 94],
];
// Blue – grey – orange (after ColorBrewer's PuOr and Tol's sunset).
const diverging: Rgb[] = [
  [33, 92, 158],
  [84, 144, 196],
  [155, 190, 219],
  [205, 208, 210],
  [238, 187, 139],
  [221, 130, 62],
  [166, 80, 12],
];
function along(ramp: Rgb[], t: number): string {
  const at = Math.max(0, Math.min(1, t)) * (ramp.length - 1);
  const i = Math.min(ramp.length - 2, Math.floor(at));
  return css(mix(ramp[i]!, ramp[i + 1]!, at - i));
}
export const amount = (t: number, theme: Theme): string =>
  along(cividis, theme === 'dark' ? 1 - (0.12 + 0.88 * t) : 0.12 + 0.88 * t);
export const shift = (t: number): string => along(diverging, (t + 1) / 2); // −1 … 1
export const unknownColour = (theme: Theme): string =>
  theme === 'dark' ? 'rgb(58,64,72)' : 'rgb(222,220,214)';

const key = 'clio-theme';
const remembered = (): Theme | null => {
  try {
    const found = localStorage.getItem(key);
    return found === 'dark' || found === 'light' ? found : null;
  } catch {
    return null; // a page from disk may have no storage
  }
};
const dark = matchMedia('(prefers-color-scheme: dark)');
let theme: Theme = remembered() ?? (dark.matches ? 'dark' : 'light');
const listeners = new Set<(t: Theme) => void>();

function apply(next: Theme): void {
  theme = next;
  document.documentElement.dataset['theme'] = next;
  listeners.forEach((listener) => listener(next));
}
apply(theme);
dark.addEventListener('change', () => {
  if (!remembered()) apply(dark.matches ? 'dark' : 'light');
});

export function switchTheme(): void {
  apply(theme === 'dark' ? 'light' : 'dark');
  try {
    localStorage.setItem(key, theme);
  } catch {
    // it then lasts until the page is closed
  }
}
export function useTheme(): Theme {
  const [seen, set] = useState(theme);
  useEffect(() => {
    listeners.add(set);
    return () => void listeners.delete(set);
  }, []);
  return seen;
}
export const variable = (name: string): string =>
  getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const calm = (): boolean => matchMedia('(prefers-reduced-motion: reduce)').matches;
