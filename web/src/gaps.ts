// SPDX-License-Identifier: Apache-2.0
// What a model that was asked for did not do, and what stands in its place: a sentence each.
import { count } from './format';

const parts: [stage: string, what: string][] = [
  ['describe', 'about titles'],
  ['hierarchy', 'about the tree'],
  ['audit', 'of the auditor'],
];

// "note_describe_unanswered_not_asked": "9" gives "not asked 9".
function reasonsOf(run: Record<string, string>, stage: string): string {
  const start = `note_${stage}_unanswered_`;
  return Object.keys(run)
    .filter((key) => key.startsWith(start))
    .map((key) => `${key.slice(start.length).replaceAll('_', ' ')} ${run[key]}`)
    .join(', ');
}

// Whether titles may be withheld because the model that was to judge gave no grade.
const hasUnjudged = (run: Record<string, string>): boolean => reasonsOf(run, 'audit') !== '';

// Why words are withheld: only the audit withholds any, for a grade that is too low or for none.
export const notPassed = (run: Record<string, string>, were: 'was' | 'were'): string =>
  `did not pass the audit${hasUnjudged(run) ? ` or ${were} not judged` : ''}`;

// Numbers are rounded, each by itself: 0 stands for a few, and a part is at most the whole.
function ruleGap(byRule: number, notAsked: number): string {
  const many = byRule > 0 ? `about ${count(byRule)}` : 'a few';
  const some = notAsked > 0 ? ` (about ${count(notAsked)} of them not asked about)` : '';
  const part = byRule > 0 && notAsked >= byRule ? ', as these were not asked about' : some;
  return `The facets of ${many} conversations are by rule, not by the model${part}.`;
}

const vectorGap = (left: number): string =>
  `${left > 0 ? `About ${count(left)}` : 'A few'} conversations have no vector and are left out.`;

export function gapsOf(run: Record<string, string>): string[] {
  const byRule = run['note_facet_by_rule_instead'];
  const noVector = run['note_embed_without_vector'];
  const asked = parts
    .map(([stage, what]) => [what, reasonsOf(run, stage)] as const)
    .filter(([, reasons]) => reasons)
    .map(([what, reasons]) => `${what} (${reasons})`);
  return [
    ...(byRule ? [ruleGap(Number(byRule), Number(run['note_facet_not_asked'] ?? 0))] : []),
    ...(noVector ? [vectorGap(Number(noVector))] : []),
    ...(asked.length
      ? [
          `Questions without an answer: ${asked.join('; ')}. Titles and tree there are by ` +
            'program, and what was not judged is withheld.',
        ]
      : []),
  ];
}
