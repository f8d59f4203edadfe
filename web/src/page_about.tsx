// SPDX-License-Identifier: Apache-2.0
// How this atlas was made: the privacy label, the stages with their counts, models, limits.
import { countOfAll, facetName, hasAccounts } from './atlas';
import { SheetTable } from './chart';
import { count, day, percent, percentAtMost, plural } from './format';
import { gapsOf, notPassed } from './gaps';
import { gateWords, gatesOf } from './gates';
import { floorWords, modeOf, useShared } from './shared';

const stageWords: Record<string, string> = {
  ingest: 'Conversations are read; identical ones count once.',
  screen: 'Conversations that do not belong here are left out.',
  bound: 'Near-copies count once, and nobody adds more than a few conversations.',
  facet: 'Of each conversation only short answers are kept: what is asked, in which language.',
  embed: 'Each answer becomes a point, so that like answers lie near each other.',
  cluster: 'Near points become groups.',
  threshold: 'Groups of too few people are taken apart.',
  describe: 'Titles are made of phrases that enough different people share.',
  hierarchy: 'Groups are put together into larger ones.',
  audit: 'Every title and summary is judged; what may point at a person is withheld.',
  map: 'Groups get their places on the map.',
};
// What mode dp promises and has spent.
function Budget({ run }: { run: Record<string, string> }) {
  return (
    <li>
      Differential privacy for every {run['unit'] ?? 'account'}: epsilon {run['epsilon']} at
      delta {run['delta']} for this release; {run['epsilon_spent']} spent over{' '}
      {plural(Number(run['n_releases']), 'release', 'releases')}, {run['epsilon_left']} left. Every
      number is noisy (standard deviation {run['noise_conversations']} conversations in a group);
      titles are made of noisy numbers and public words alone. Left out, as it would cost more:{' '}
      {run['left_out']?.replaceAll('.', ', ')}.
    </li>
  );
}
const asks = {
  embedded: 'a small language model inside the program',
  none: 'rules, no model',
  remote: 'a language model of a provider',
} as Record<string, string>;

const keeping = (days: string): string =>
  days === '0' ? 'until somebody purges them' : `until they are ${count(Number(days))} days old`;

function auditWords(run: Record<string, string>): string[] {
  const told: [key: string, what: string][] = [
    ['n_replaced', 'did not pass the audit: phrases that people share stand there instead.'],
    ['n_withheld', `${notPassed(run, 'were')}: withheld.`],
  ];
  const found = told.flatMap(([key, what]) => {
    const n = Number(run[key] ?? 0);
    return n ? [`${plural(n, 'title', 'titles')} ${what}`] : [];
  });
  return found.length ? found : ['All titles passed the audit.'];
}

export function PageAbout() {
  const { atlas } = useShared();
  const run = atlas.run;
  const rest = Number(run['share_unclustered'] ?? 0);
  const all = countOfAll(atlas);
  const sum = all === count(atlas.total) ? '' : `; the noisy sizes add up to ${count(atlas.total)}`;
  const facts: [string, string][] = [
    ['Conversations', all + sum],
    ...(run['first_day'] && run['last_day']
      ? [['Period', `${day(run['first_day'])} to ${day(run['last_day'])}`] as [string, string]]
      : []),
    ...(run['clustered_facet']
      ? [['Groups are made by', facetName(run['clustered_facet'])] as [string, string]]
      : []),
    ['Facets asked of', asks[run['profile'] ?? ''] ?? run['profile'] ?? 'not said'],
    ...(run['model'] ? [['Model', run['model']] as [string, string]] : []),
    ...(run['embedder'] ? [['Embedder', run['embedder']] as [string, string]] : []),
    ...(run['keep_days']
      ? [['Conversations are kept', keeping(run['keep_days'])] as [string, string]]
      : []),
    ['Records that could not be read, rounded', count(Number(run['n_bad_records'] ?? 0))],
    ['Clio', `version ${run['version'] ?? '?'}`],
  ];
  return (
    <div class="page about">
      <h1>About this atlas</h1>
      <section class="pane label">
        <h2>Privacy label: {modeOf(atlas)}</h2>
        <ul>
          {atlas.trees.length > 1 && (
            <li>
              This atlas holds {atlas.trees.length} trees of the same people, one for each clustered
              facet ({atlas.trees.map((tree) => facetName(tree).toLowerCase()).join(', ')}): so many
              releases. Nothing tells who is in a group of one and in a group of another.
            </li>
          )}
          <li>
            {percent(rest)} of conversations fit no group that may be shown; their words are
            nowhere in this atlas.
          </li>
          {run['epsilon'] && <Budget run={run} />}
          {!run['epsilon'] && run['noise_conversations'] && (
            <li>
              Every count carries noise, drawn once: standard deviation{' '}
              {Number(run['noise_conversations']).toFixed(1)} conversations
              {run['noise_accounts'] &&
                ` and ${Number(run['noise_accounts']).toFixed(1)} accounts`}{' '}
              in a group and in each of its cells. Shares are made of these counts, so they may
              differ a little from what they would be, and the values of a facet may add up to less
              than their group.
            </li>
          )}
          {gatesOf(atlas).includes('floors') ? null : (
            <li>Every group has {floorWords(atlas)}.</li>
          )}
          {gatesOf(atlas).map((gate) => (
            <li key={gate}>{gateWords[gate]?.(atlas) ?? gate}</li>
          ))}
          {run['n_audited'] && run['leak_bound_95'] && (
            <li>
              {count(Number(run['n_audited']))} texts were judged and none was seen to leak: with
              95 % confidence no more than {percentAtMost(Number(run['leak_bound_95']))} of such
              texts hold what the gates look for. What they do not know they do not see.
            </li>
          )}
          {auditWords(run).map((words) => (
            <li key={words}>{words}</li>
          ))}
          {gapsOf(run).map((gap) => (
            <li key={gap}>{gap}</li>
          ))}
          <li>No sentence of a person is in this atlas; words of titles are shared or public.</li>
          <li>
            {hasAccounts(atlas)
              ? 'People are counted by account; who they are is not known.'
              : 'This corpus names no accounts: the floors count conversations.'}
          </li>
        </ul>
        <p class="note">
          {run['epsilon']
            ? 'A formal guarantee about numbers and words, as wide as epsilon says.'
            : 'Strong habits, not a formal guarantee: see the limits below before you publish.'}
        </p>
      </section>
      <div class="columns even">
      <section class="pane">
        <h2>How it was made</h2>
        <ol class="stages">
          {atlas.stages.map(([name, nIn, nOut]) => (
            <li key={name}>
              <b>{name}</b>
              <span>{stageWords[name] ?? ''}</span>
              <small>
                {count(nIn)} → {count(nOut)}
              </small>
            </li>
          ))}
        </ol>
        {atlas.stages.length ? (
          <p class="note">Counts of conversations are rounded.</p>
        ) : (
          <p class="note">This atlas does not say how it was made.</p>
        )}
      </section>
      <div class="stack">
      <section class="pane">
        <h2>Facts</h2>
        <dl class="facts">
          {facts.map(([key, value]) => (
            <div key={key}>
              <dt>{key}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </section>
      <section class="pane">
        <h2>Limits</h2>
        <ul>
          <li>
            Groups are made by a machine. A title says what people share, not why they came.
          </li>
          <li>
            Intervals show the chance in who happened to be counted and the noise of the counts, not
            errors of the grouping itself.
          </li>
          <li>Conversations in languages the embedder knows little may be grouped worse.</li>
          <li>Distances on the map are a picture: near is alike, far says little.</li>
        </ul>
      </section>
      </div>
      </div>
      <section class="pane">
        <h2>Everything the atlas says of its making</h2>
        <SheetTable
          label="All settings and counts"
          sheet={{
            head: ['key', 'value'],
            rows: Object.entries(run).sort((a, b) => a[0].localeCompare(b[0])),
          }}
        />
      </section>
    </div>
  );
}
