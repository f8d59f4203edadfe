// SPDX-License-Identifier: Apache-2.0
// The first page: in one screen what this corpus is. Printable.
import type { Atlas, FacetRow } from './atlas';
import { countOfAll, hasAccounts, levelName, levelsOf, nameOf } from './atlas';
import { Bars } from './bars';
import { Bubbles, bubbleLevel } from './bubbles';
import { Figure } from './chart';
import { change, count, day, percent } from './format';
import { GroupLink, atMost, floorWords, modeOf, useLoaded, useShared } from './shared';
import { linkTo } from './state';
import { colourOf, useTheme } from './theme';
import { allSeries, growthOf, hasTrend, isNew, moversOf } from './trend';

// Without what is no language.
const known = (rows: FacetRow[]): FacetRow[] =>
  rows.filter(([value]) => value !== 'Unknown' && value !== 'Other');

function Tile({ n, what }: { n: string; what: string }) {
  return (
    <div class="tile">
      <dd>{n}</dd>
      <dt>{what}</dt>
    </div>
  );
}

function Tiles({ atlas }: { atlas: Atlas }) {
  const run = atlas.run;
  const languages = known(atlas.facets['language'] ?? []);
  const rest = Number(run['share_unclustered'] ?? 0);
  return (
    <dl class="tiles">
      <Tile n={countOfAll(atlas)} what="conversations" />
      {hasAccounts(atlas) && run['n_accounts'] ? (
        <Tile n={`${atMost(atlas)}about ${count(Number(run['n_accounts']))}`} what="people" />
      ) : null}
      <Tile
        n={count(atlas.bases.length)}
        what={atlas.bases.length === 1 ? 'kind of use' : 'kinds of use'}
      />
      <Tile
        n={count(atlas.tops.length)}
        what={atlas.tops.length === 1 ? 'main group' : 'main groups'}
      />
      {languages.length ? (
        <Tile
          n={count(languages.length)}
          what={languages.length === 1 ? 'language' : 'languages'}
        />
      ) : null}
      <Tile n={percent(rest)} what="too few people to show" />
    </dl>
  );
}

function New({ atlas }: { atlas: Atlas }) {
  const { source } = useShared();
  const time = useLoaded(() => source.time(), 'time', hasTrend(atlas));
  if (!hasTrend(atlas))
    return (
      <section class="pane">
        <h2>When: not known</h2>
        <p class="note">
          The conversations of this corpus carry no times, so nothing can be said of what is new
          or growing. With times this place lists what rose and fell in the last weeks.
        </p>
      </section>
    );
  const growth = time.data ? growthOf(atlas, time.data) : new Map();
  // Of the smallest size of groups in which something is.
  const rising =
    levelsOf(atlas)
      .reverse()
      .map((level) => atlas.clusters.filter((c) => c.level === level))
      .map((list) => moversOf(list, growth).filter((m) => m.stands && m.g.low > 1))
      .find((list) => list.length)
      ?.sort((a, b) => b.g.low - a.g.low)
      .slice(0, 6) ?? [];
  const series = time.data ? allSeries(atlas, time.data) : null;
  const fresh = atlas.clusters.filter((c) => isNew(atlas, c, series?.get(c.id) ?? [])).slice(0, 4);
  const level = (rising[0]?.c ?? fresh[0])?.level;
  return (
    <section class="pane">
      <h2>
        {rising[0] ? (
          <>
            “<GroupLink of={rising[0].c} />” is growing most clearly
          </>
        ) : (
          'Nothing is growing clearly'
        )}
      </h2>
      <ul class="links split">
        {rising.map(({ c, g }) => (
          <li key={c.id}>
            <GroupLink of={c} /> <b>{change(g.ratio)}</b>
          </li>
        ))}
      </ul>
      {rising[0] ? (
        <p class="note">
          Shares of {levelName(atlas, rising[0].c.level)} against {rising[0].g.before}.
        </p>
      ) : null}
      {fresh.length ? (
        <p class="note">
          New:{' '}
          {fresh.map((c, i) => (
            <span key={c.id}>
              {i ? ' · ' : ''}
              <GroupLink of={c} />
            </span>
          ))}
        </p>
      ) : null}
      <p>
        <a {...linkTo('time', level === undefined ? {} : { level: String(level) })}>
          All of what rose and fell
        </a>
      </p>
    </section>
  );
}

export function PageOverview() {
  const { atlas } = useShared();
  const theme = useTheme();
  const run = atlas.run;
  const languages = known(atlas.facets['language'] ?? []).slice(0, 8);
  const level = bubbleLevel(atlas);
  const shown = atlas.clusters.filter((c) => c.level === level).sort((a, b) => b.n - a.n);
  const first = shown.find((c) => c.title !== null);
  const [largest, what] =
    level < atlas.topLevel
      ? ['most common kind of use', 'The most common kinds of use']
      : ['largest main group', 'The largest main groups'];
  const period =
    run['first_day'] && run['last_day']
      ? `, ${day(run['first_day'])} to ${day(run['last_day'])}`
      : '';
  return (
    <div class="page overview">
      <header class="lead">
        <h1>
          What {countOfAll(atlas).replace('about', 'some')} conversations are about{period}
        </h1>
        <p class="note">
          Every group has {floorWords(atlas)}. Nobody read a conversation for this.{' '}
          <a {...linkTo('about')}>Privacy: {modeOf(atlas)}</a>
        </p>
      </header>
      <Tiles atlas={atlas} />
      <div class="areas">
        <Figure
          title={
            first ? (
              <>
                “<GroupLink of={first} />” is the {largest}: {percent(first.share)}
              </>
            ) : (
              'Top uses'
            )
          }
          name="clio-top-uses"
          sheet={{
            head: ['group', 'conversations', 'share'],
            rows: shown.map((c) => [nameOf(c), c.n, c.share]),
          }}
          note={`${what}; the larger, the more conversations.`}
        >
          <Bubbles atlas={atlas} theme={theme} />
        </Figure>
        <section class="pane groups">
          <h2>Main groups</h2>
          <Bars
            label="Main groups"
            rows={atlas.tops.slice(0, 12).map((c) => ({
              key: String(c.id),
              name: <GroupLink of={c} />,
              share: c.share,
              n: c.n,
              colour: colourOf(c, theme),
            }))}
          />
          <p>
            <a {...linkTo('explore')}>Explore the tree and the map</a>
          </p>
        </section>
        {languages[0] ? (
          <section class="pane">
            <h2>
              {percent(languages[0][2])} of conversations are in {languages[0][0]}
            </h2>
            {languages.length > 1 ? (
              <Bars
                label="Languages"
                rows={languages.map(([v, n, share]) => ({
                  key: v,
                  name: <a {...linkTo('languages', { language: v })}>{v}</a>,
                  share,
                  n,
                }))}
              />
            ) : (
              <p class="note">No other language is shared by enough people to show.</p>
            )}
          </section>
        ) : null}
        <New atlas={atlas} />
      </div>
    </div>
  );
}
