// SPDX-License-Identifier: Apache-2.0
// A chart: its title says what it shows, the caveat stands below, the table behind it. Drawn by
// Observable Plot; its style element is left out, because the page's policy allows no inline
// style, and its rules stand in style.css instead.
import { plot } from '@observablehq/plot';
import type { PlotOptions } from '@observablehq/plot';
import type { ComponentChildren } from 'preact';
import { useEffect, useRef, useState } from 'preact/hooks';
import type { Sheet } from './save';
import { save, svgToPng, toCsv, toJson, toSvg } from './save';
import { useTheme } from './theme';

export function SheetTable({ sheet, label }: { sheet: Sheet; label: string }) {
  return (
    <div class="sheet" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {sheet.head.map((name) => (
              <th key={name} scope="col">
                {name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sheet.rows.map((row, i) => (
            <tr key={i}>
              {row.map((value, j) => (
                <td key={j} dir="auto">
                  {value}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

export function Taking(props: { name: string; sheet: Sheet; svg?: () => SVGSVGElement | null }) {
  const { name, sheet } = props;
  return (
    <span class="taking">
      <button type="button" onClick={() => save(`${name}.csv`, 'text/csv', toCsv(sheet))}>
        CSV
      </button>
      <button
        type="button"
        onClick={() => save(`${name}.json`, 'application/json', toJson(sheet))}
      >
        JSON
      </button>
      {props.svg ? (
        <button
          type="button"
          onClick={() => {
            const svg = props.svg?.();
            if (svg) save(`${name}.svg`, 'image/svg+xml', toSvg(svg));
          }}
        >
          SVG
        </button>
      ) : null}
      {props.svg ? (
        <button
          type="button"
          onClick={() => {
            const svg = props.svg?.();
            if (svg) svgToPng(svg, `${name}.png`);
          }}
        >
          PNG
        </button>
      ) : null}
    </span>
  );
}

// Title, chart, caveat, table and ways to take it along.
export function Figure(props: {
  title: ComponentChildren;
  note?: ComponentChildren;
  name: string;
  sheet: Sheet;
  children: ComponentChildren;
}) {
  const ref = useRef<HTMLElement>(null);
  const [open, setOpen] = useState(false);
  const [drawn, setDrawn] = useState(false);
  useEffect(() => {
    const figure = ref.current!;
    const look = (): void => setDrawn(!!figure.querySelector('svg'));
    const watch = new MutationObserver(look); // a chart comes when its width is known
    watch.observe(figure, { childList: true, subtree: true });
    look();
    return () => watch.disconnect();
  }, []);
  return (
    <figure class="pane figure" ref={ref}>
      <figcaption>
        <h2>{props.title}</h2>
      </figcaption>
      {props.children}
      {props.note ? <p class="note">{props.note}</p> : null}
      <div class="foot">
        <button type="button" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide table' : 'Table'}
        </button>
        <Taking
          name={props.name}
          sheet={props.sheet}
          {...(drawn ? { svg: () => ref.current?.querySelector('svg') ?? null } : {})}
        />
      </div>
      {open ? <SheetTable sheet={props.sheet} label="The numbers of the chart" /> : null}
    </figure>
  );
}

// An element and how wide it is, 0 before it is there.
export function useWidth() {
  const ref = useRef<HTMLDivElement>(null);
  const [width, setWidth] = useState(0);
  useEffect(() => {
    const box = ref.current;
    if (!box) return;
    const watch = new ResizeObserver(() => setWidth(Math.round(box.clientWidth)));
    watch.observe(box);
    return () => watch.disconnect();
  }, []);
  return [ref, width] as const;
}

// `make` gives Plot's options for a width; it is called again when the width or the theme changes.
export function Chart(props: {
  make: (width: number) => PlotOptions;
  label: string;
  key?: string;
}) {
  const [ref, width] = useWidth();
  const theme = useTheme();
  useEffect(() => {
    if (!ref.current || width < 40) return;
    const svg = plot({ ...props.make(width), width, className: 'plot' });
    svg.querySelectorAll('style').forEach((style) => style.remove());
    svg.querySelectorAll('g[aria-label]').forEach((g) => g.removeAttribute('aria-label'));
    svg.setAttribute('role', 'img');
    svg.setAttribute('aria-label', props.label);
    ref.current.replaceChildren(svg);
  }, [width, theme, props.make]);
  return <div class="chart" ref={ref} />;
}
