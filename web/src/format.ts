// SPDX-License-Identifier: Apache-2.0
// Numbers and dates as people read them: shares to one decimal, never more digits than are true.

export function percent(share: number): string {
  const value = 100 * share;
  if (value > 0 && value < 0.05) return '<0.1\u00a0%';
  return value.toFixed(1) + '\u00a0%';
}
// Of a bound, which may not be told as less.
export const percentAtMost = (share: number): string => percent(Math.ceil(1000 * share) / 1000);
export const points = (difference: number): string =>
  `${difference < 0 ? '−' : '+'}${Math.abs(100 * difference).toFixed(1)} points`;
export const count = (n: number): string => String(n).replace(/\B(?=(\d{3})+$)/g, ',');
// To the power of ten that is no smaller than `deviation`, but to two digits at least.
export function roundedTo(n: number, deviation: number): number {
  const digits = Math.floor(Math.log10(Math.max(n, 10))) - 1;
  const step = 10 ** Math.max(0, Math.min(digits, Math.ceil(Math.log10(deviation))));
  return Math.round(n / step) * step;
}
export const plural = (n: number, one: string, many: string): string =>
  `${count(n)} ${n === 1 ? one : many}`;
export function times(ratio: number): string {
  if (ratio >= 10) return `${Math.round(ratio)} times`;
  return `${ratio.toFixed(1)} times`;
}
export function change(ratio: number): string {
  const value = Math.round(100 * (ratio - 1));
  return `${value < 0 ? '−' : '+'}${Math.abs(value)}\u00a0%`;
}

// The band that begins with `least`, of 1, 2, 5, 10, 20, 50 …: "20–49".
export function band(least: number): string {
  const size = 10 ** Math.floor(Math.log10(least));
  const next = [2, 5, 10].map((k) => k * size).find((v) => v > least) ?? 2 * least;
  return `${count(least)}–${count(next - 1)}`;
}

const months = 'Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec'.split(' ');
const parts = (day: string): [number, number, number] => {
  const [y, m, d] = day.split('-').map(Number);
  return [y ?? 1970, m ?? 1, d ?? 1];
};
export function day(text: string): string {
  const [y, m, d] = parts(text);
  return `${d} ${months[m - 1]} ${y}`;
}
// Two days, as short as they can be told apart: "5 Mar – 4 May 2026".
export function days(from: string, to: string): string {
  const first = from.slice(0, 4) === to.slice(0, 4) ? day(from).slice(0, -5) : day(from);
  return `${first} – ${day(to)}`;
}
export function period(step: string, first: string): string {
  const [y, m] = parts(first);
  if (step === 'month') return `${months[m - 1]} ${y}`;
  return step === 'week' ? `week of ${day(first)}` : day(first);
}
export const steps = (step: string, n: number): string => `${n} ${step}${n === 1 ? '' : 's'}`;

// Within a sentence a text of another direction stays in its place (Unicode isolates).
export const isolate = (text: string): string => `\u2068${text}\u2069`;
// As how many Latin letters a text is wide, about: Chinese, Japanese and Korean ones take nearly
// two, Greek and Cyrillic ones a little more than one, marks on letters nothing. The same on every
// machine.
function letterRoom(letter: string): number {
  const code = letter.codePointAt(0)!;
  if (code > 0x2e80) return 1.9;
  return code < 0x370 ? 1 : code < 0x590 ? 1.2 : /\p{M}/u.test(letter) ? 0 : 1.1;
}
export const roomOf = (text: string): number =>
  Array.from(text).reduce((room, letter) => room + letterRoom(letter), 0);
// How many letters of the text fit into the room.
function howMany(letters: string[], room: number): number {
  let n = 0;
  for (let left = room; n < letters.length; n++) {
    left -= letterRoom(letters[n]!);
    if (left < 0) break;
  }
  return n;
}
// Titles may be in any script; the browser finds each one's direction.
export function shorten(text: string, most: number): string {
  if (roomOf(text) <= most) return text;
  const letters = Array.from(text);
  return letters.slice(0, howMany(letters, most - 1)).join('').trimEnd() + '…';
}
// A word of a script that has no blanks, in pieces that fit.
const unspaced =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u9fff\uf900-\ufaff\uff66-\uff9f]/;
function pieces(word: string, most: number): string[] {
  if (roomOf(word) <= most || !unspaced.test(word)) return [word];
  const letters = Array.from(word);
  const n = Math.max(1, howMany(letters, most));
  return [letters.slice(0, n).join(''), ...pieces(letters.slice(n).join(''), most)];
}
// The same in up to `count` lines, broken behind a mark between parts where that will do, else at
// blanks, or between letters where a script has none: what tells a title from others often ends it.
export function inLines(text: string, most: number, count: number): string {
  const long = (t: string): boolean => roomOf(t) > most;
  if (!long(text)) return text;
  const parts = text.split(/(?<=\u00a0·) /);
  for (let k = parts.length - 1; k > 0; k--) {
    const two = [parts.slice(0, k).join(' '), parts.slice(k).join(' ')];
    if (!two.some(long)) return two.join('\n');
  }
  const lines: string[] = [];
  const words = text.split(/[^\S\u00a0]+/).flatMap((word) => pieces(word, most));
  while (words.length && lines.length < count) {
    let line = words.shift() ?? '';
    while (words[0] && !long(line + ' ' + words[0])) line += ' ' + words.shift();
    if (lines.length === count - 1) line = [line, ...words].join(' ');
    lines.push(shorten(line, most));
  }
  return lines.join('\n');
}
