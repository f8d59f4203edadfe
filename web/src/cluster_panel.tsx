// SPDX-License-Identifier: Apache-2.0
// All that the atlas says of one group: title, summary, share with its interval, trend, facets
// beside the rate of all conversations, what is inside and what is near, phrases, gates.
import { useState } from 'preact/hooks';
import type { Atlas, Cluster, Detail } from './atlas';
import { drawOf, facetName, hasAccounts, inOrder, nameOf, pathOf, valueName } from './atlas';
import { Bars } from './bars';
import { Taking } from './chart';
import { band, change, count, percent, period, plural } from './format';
import { notPassed } from './gaps';
import type { Sheet } from './save';
import { gateWords, gatesOf } from './gates';
import { GroupLink, Loading, Title, atMost, useLoaded, useShared } from './shared';
import { linkTo } from './state';
import { halfWidth } from './stats';
import type { Theme } from './theme';
import { colourOf } from './theme';
import type { Point } from './trend';
import { compareWindows, hasTrend, lastWindows, seriesOf } from './trend';

// A line of shares; a gap where a period has too few people.
export function Spark({ series, n, colour }: { series: Point[]; n: number; colour: string }) {
  if (series.length < 2) return null;
  const most = Math.max(...series.map((p) => p.n / p.of), 1e-9);
  const x = (p: Point): number => (n > 1 ? (p.period / (n - 1)) * 196 + 2 : 100);
  const y = (p: Point): number => 38 - (34 * p.n) / p.of / most;
  let path = '';
  series.forEach((p, i) => {
    const gap = i === 0 || p.period !== series[i - 1]!.period + 1;
    path += `${gap ? 'M' : 'L'}${x(p).toFixed(1)} ${y(p).toFixed(1)}`;
  });
  return (
    <svg class="spark" viewBox="0 0 200 42" role="img" aria-label="Share over time">
      <path d={path} fill="none" stroke={colour} stroke-width="1.8" stroke-linejoin="round" />
      {series.map((p) => (
        <circle key={p.period} cx={x(p)} cy={y(p)} r="1.6" fill={colour} />
      ))}
    </svg>
  );
}

function Trend({
  atlas,
  detail,
  c,
  theme,
}: {
  atlas: Atlas;
  detail: Detail;
  c: Cluster;
  theme: Theme;
}) {
  if (!hasTrend(atlas) || !atlas.periods)
    return <p class="note">This corpus has no times, so there is no trend to show.</p>;
  const series = seriesOf(atlas, detail.time);
  if (series.length < 2)
    return <p class="note">Too few people in any {atlas.periods.step} to show a trend.</p>;
  const { before, after, k } = lastWindows(atlas);
  const ratio = compareWindows(series, before, after, drawOf(atlas, c));
  const clear = ratio && (ratio.low > 1 || ratio.high < 1);
  const step = atlas.periods.step;
  const span = plural(k, step, step + 's');
  return (
    <div class="trend">
      <Spark series={series} n={atlas.periods.first.length} colour={colourOf(c, theme)} />
      {ratio ? (
        <p>
          <b>{clear ? change(ratio.ratio) : 'About as before'}</b>{' '}
          <small>
            last {span} against the {span} before
          </small>
        </p>
      ) : (
        <p class="note">Too few people in the last {step}s to compare.</p>
      )}
    </div>
  );
}

function FacetBars({
  atlas,
  detail,
  c,
  theme,
}: {
  atlas: Atlas;
  detail: Detail;
  c: Cluster;
  theme: Theme;
}) {
  const names = Object.keys(atlas.facets);
  const hidden = names.filter((facet) => !detail.facets[facet]?.length);
  return (
    <>
      {names.map((facet) => {
        if (hidden.includes(facet)) return null;
        const rows = inOrder(facet, detail.facets[facet] ?? []);
        const base = new Map((atlas.facets[facet] ?? []).map(([v, , share]) => [v, share]));
        return (
          <section key={facet}>
            <h3>{facetName(facet)}</h3>
            <Bars
              label={`${facetName(facet)} in ${nameOf(c)}`}
              rows={rows.map(([value, n, share]) => ({
                key: value,
                name: valueName(facet, value),
                share,
                n,
                colour: colourOf(c, theme),
                ...(base.has(value) ? { base: base.get(value)! } : {}),
              }))}
            />
          </section>
        );
      })}
      {hidden.length ? (
        <p class="note">
          {hidden.map(facetName).join(', ')}: nothing that can be shown without pointing at few
          people.
        </p>
      ) : null}
    </>
  );
}

const bandOf = (detail: Detail, i: number): string | null =>
  detail.support?.[i] ? band(detail.support[i]) : null;

function sheetOf(atlas: Atlas, c: Cluster, detail: Detail): Sheet {
  const rows: Sheet['rows'] = [['share', 'all conversations', c.n, c.share]];
  for (const [facet, list] of Object.entries(detail.facets))
    for (const [value, n, share] of list) rows.push([facetName(facet), value, n, share]);
  detail.phrases.forEach((p, i) => rows.push(['phrase', p, bandOf(detail, i), null]));
  for (const p of seriesOf(atlas, detail.time))
    rows.push([atlas.periods?.step ?? '', atlas.periods?.first[p.period] ?? '', p.n, p.n / p.of]);
  return { head: ['what', 'value', 'conversations', 'share'], rows };
}

// What stood between people's words and this group, as the release says it.
function Gates({ atlas, c }: { atlas: Atlas; c: Cluster }) {
  const names = gatesOf(atlas);
  return (
    <details class="gates">
      <summary>
        {c.title === null
          ? 'Privacy: its words did not pass, its numbers did'
          : `Privacy: ${names.length} gates passed`}
      </summary>
      <ul>
        {names.map((name) => (
          <li key={name}>{gateWords[name]?.(atlas) ?? name}</li>
        ))}
      </ul>
      <a {...linkTo('about')}>How this atlas was made</a>
    </details>
  );
}

function CopyLink() {
  const [done, setDone] = useState(false);
  return (
    <button
      type="button"
      onClick={() => {
        navigator.clipboard?.writeText(location.href).then(
          () => {
            setDone(true);
            setTimeout(() => setDone(false), 1500);
          },
          () => undefined, // not allowed here; the address bar has it
        );
      }}
    >
      {done ? 'Copied' : 'Copy link'}
    </button>
  );
}

export function Path({ of }: { of: Cluster }) {
  return (
    <p class="path">
      <a {...linkTo('explore')}>All conversations</a>
      {pathOf(of).map((p) => (
        <span key={p.id}>
          {' '}
          › <GroupLink of={p} />
        </span>
      ))}
    </p>
  );
}

// How alike the conversations of a smallest group are, in words and as the number behind them.
function Alike({ c }: { c: Cluster }) {
  const { source } = useShared();
  const cells = useLoaded(() => source.cells(), 'cells', c.level === 0);
  const measure = cells.data?.measures?.['coherence'];
  const value = measure?.value[measure.cluster.indexOf(c.id)];
  if (value === undefined) return null;
  const words = value >= 0.7 ? 'very much alike' : value >= 0.5 ? 'alike' : 'of many kinds';
  return (
    <div>
      <dt>its conversations are {words}</dt>
      <dd>
        {value.toFixed(2)} <small>of 1</small>
      </dd>
    </div>
  );
}

function Numbers({ atlas, c }: { atlas: Atlas; c: Cluster }) {
  const room = halfWidth(c.n, atlas.total, c.draws, drawOf(atlas, c));
  return (
    <dl class="numbers">
      <div>
        <dt>of conversations</dt>
        <dd>
          {percent(c.share)}{' '}
          <small>± {(100 * room).toFixed(1)}</small>
        </dd>
      </div>
      <div>
        <dt>conversations</dt>
        <dd>{count(c.n)}</dd>
      </div>
      {c.accounts !== null && hasAccounts(atlas) ? (
        <div>
          <dt>people</dt>
          <dd>
            {c.children.length ? atMost(atlas) : ''}
            {count(c.accounts)}
          </dd>
        </div>
      ) : null}
      <Alike c={c} />
    </dl>
  );
}

export function ClusterPanel({ c, theme }: { c: Cluster; theme: Theme }) {
  const { atlas, source } = useShared();
  const detail = useLoaded(() => source.detail(c.id), String(c.id));
  const inside = c.children.length ? c.children : [];
  const siblings = (c.parent?.children ?? atlas.tops).filter((s) => s !== c);
  return (
    <article class="cluster">
      <Path of={c} />
      <h2 class="big">
        <Title of={c} />
      </h2>
      <Loading of={detail} lines={8}>
        {(d) => (
          <>
            {c.title === null ? (
              <p>
                Its words {notPassed(atlas.run, 'were')}, so they are not shown. Its conversations
                count here and in the group above.
              </p>
            ) : (
              <p dir="auto">{d.summary}</p>
            )}
            {!c.parent && c.level < atlas.topLevel ? (
              <p>It fits in no group above and stands apart.</p>
            ) : null}
            <Numbers atlas={atlas} c={c} />
            <Trend atlas={atlas} detail={d} c={c} theme={theme} />
            {inside.length ? (
              <section>
                <h3>Inside</h3>
                <Bars
                  label={`Groups inside ${nameOf(c)}`}
                  rows={inside.slice(0, 12).map((k) => ({
                    key: String(k.id),
                    name: <GroupLink of={k} />,
                    share: k.share,
                    n: k.n,
                    colour: colourOf(k, theme),
                  }))}
                />
                {inside.length > 12 ? (
                  <p class="note">and {inside.length - 12} smaller ones, in the tree.</p>
                ) : null}
              </section>
            ) : null}
            <FacetBars atlas={atlas} detail={d} c={c} theme={theme} />
            {d.near.length ? (
              <section>
                <h3>Nearest in meaning</h3>
                <ul class="links">
                  {d.near.flatMap((id) => {
                    const other = atlas.byId.get(id);
                    return other
                      ? [
                          <li key={id}>
                            <GroupLink of={other} />
                          </li>,
                        ]
                      : [];
                  })}
                </ul>
              </section>
            ) : null}
            {siblings.length ? (
              <section>
                <h3>Beside it in the tree</h3>
                <ul class="links">
                  {siblings.slice(0, 6).map((s) => (
                    <li key={s.id}>
                      <GroupLink of={s} />
                    </li>
                  ))}
                </ul>
              </section>
            ) : null}
            {d.phrases.length ? (
              <section>
                <h3>Phrases that many share</h3>
                <ul class="chips">
                  {d.phrases.map((p, i) => (
                    <li key={p}>
                      <bdi dir="auto">{p}</bdi>
                      {bandOf(d, i) ? (
                        <small>
                          {' '}
                          {bandOf(d, i)}
                          {i ? null : hasAccounts(atlas) ? ' people' : ' conversations'}
                        </small>
                      ) : null}
                    </li>
                  ))}
                </ul>
              </section>
            ) : null}
            <p class="note">
              Thin marks: the rate among all conversations. Values that too few people share are
              not shown, so bars need not add up.
            </p>
            <Gates atlas={atlas} c={c} />
            <div class="foot">
              <CopyLink />
              <Taking name="clio-group" sheet={sheetOf(atlas, c, d)} />
            </div>
          </>
        )}
      </Loading>
    </article>
  );
}

// The corpus over time, and the chosen group in it: one bar a period.
export function TimeStrip({ c, detail }: { c: Cluster | null; detail: Detail | null }) {
  const { atlas } = useShared();
  if (!atlas.periods || !hasTrend(atlas))
    return <p class="note strip-none">This corpus has no times: nothing to show week by week.</p>;
  const { first, n, step } = atlas.periods;
  const part = new Map(c && detail && detail.id === c.id ? detail.time : []);
  const most = Math.max(1, ...(c ? part.values() : n.map((v) => v ?? 0)));
  return (
    <div class="strip pane" role="img" aria-label={`Conversations by ${step}`}>
      <span class="strip-name">
        {c ? <bdi dir="auto">{nameOf(c)}</bdi> : 'All conversations'} by {step}
      </span>
      <div class="strip-bars">
        {first.map((day, i) => {
          const v = c ? part.get(i) : n[i];
          const shown = v !== undefined && v !== null;
          return (
            <i
              key={day}
              class={shown ? '' : 'gap'}
              title={`${period(step, day)}: ${shown ? count(v) : 'too few people'}`}
              style={{ height: shown ? `${Math.max(4, (100 * v) / most)}%` : '4%' }}
            />
          );
        })}
      </div>
      <span class="strip-ends">
        <small>{period(step, first[0] ?? '')}</small>
        <small>{period(step, first[first.length - 1] ?? '')}</small>
      </span>
    </div>
  );
}
