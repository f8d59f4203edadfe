// SPDX-License-Identifier: Apache-2.0
// The whole hierarchy at a glance: one column a level, each group as high as its share. Beside the
// tree it shows the shape: a few broad groups, or many thin ones.
import { useMemo } from 'preact/hooks';
import { useAfterPaint } from './after_paint';
import type { Atlas, Cluster } from './atlas';
import { isInside, nameOf } from './atlas';
import { percent } from './format';
import type { Theme } from './theme';
import { colourOf } from './theme';

const HEIGHT = 560;
const COLUMN = 14;
const LEAST = 0.6; // lower ones are not drawn

interface Slice {
  c: Cluster;
  y: number;
  h: number;
}
function slicesOf(atlas: Atlas): Slice[] {
  const total = atlas.tops.reduce((sum, c) => sum + c.n, 0) || 1;
  const list: Slice[] = [];
  const walk = (clusters: Cluster[], from: number): void => {
    let y = from;
    for (const c of clusters) {
      const h = (HEIGHT * c.n) / total;
      if (h >= LEAST) list.push({ c, y, h });
      if (h >= LEAST) walk(c.children, y);
      y += h;
    }
  };
  walk(atlas.tops, 0);
  return list;
}

// The place keeps its width from the first; its many slices come when the map is drawn.
export function Icicle(props: {
  atlas: Atlas;
  chosen: Cluster | null;
  onChoose: (c: Cluster) => void;
  theme: Theme;
}) {
  const { atlas, chosen, onChoose, theme } = props;
  const width = COLUMN * (atlas.topLevel + 1);
  const painted = useAfterPaint();
  const slices = useMemo(() => (painted ? slicesOf(atlas) : []), [atlas, painted]);
  const lit = (c: Cluster): boolean => !chosen || isInside(c, chosen) || isInside(chosen, c);
  return (
    <svg
      class="icicle"
      viewBox={`0 0 ${width} ${HEIGHT}`}
      preserveAspectRatio="none"
      aria-hidden="true"
      style={{ width: `${width}px` }}
    >
      {slices.map(({ c, y, h }) => (
        <rect
          key={c.id}
          x={COLUMN * c.depth}
          y={y.toFixed(2)}
          width={COLUMN - 1}
          height={Math.max(0.4, h - 0.6).toFixed(2)}
          fill={colourOf(c, theme)}
          opacity={lit(c) ? 1 : 0.25}
          onClick={() => onChoose(c)}
        >
          <title>{`${nameOf(c)} · ${percent(c.share)}`}</title>
        </rect>
      ))}
    </svg>
  );
}
