// SPDX-License-Identifier: Apache-2.0
// The gates of a release (run_info: gates) in words.
import type { Atlas } from './atlas';
import { floorWords } from './shared';

const most = (atlas: Atlas): string => {
  const n = atlas.run['max_per_account'];
  return n && n !== '0' ? `at most ${n} conversations` : 'a bounded number of conversations';
};
export const gateWords: Record<string, (atlas: Atlas) => string> = {
  scanner: () => 'Scanner: names, contacts, numbers and keys were taken out by program.',
  'own-words': () =>
    'Own words: an answer of the model holds words of its own conversation and of public lists.',
  bound: (atlas) => `Bound: each person adds ${most(atlas)}.`,
  'near-copies': () => 'Near-copies of a conversation count once.',
  cap: () => 'Cap: no person makes up much of a group.',
  floors: (atlas) => `Floors: every group has ${floorWords(atlas)}.`,
  support: () =>
    'Words: each is one that enough people of the very group use, or stands in a public list.',
  auditor: () =>
    'Auditor: title and summary were graded; what may point at a person was withheld.',
  cells: () => 'Numbers: those of too few people are left out, and no subtraction gives them.',
  noise: () => 'Noise on every number.',
  selection: () => 'Words are chosen by noisy counts out of public lists.',
};
const older = ['floors', 'support', 'auditor', 'cells']; // releases that name none
export const gatesOf = (atlas: Atlas): string[] => atlas.run['gates']?.split('.') ?? older;
