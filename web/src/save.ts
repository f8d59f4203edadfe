// SPDX-License-Identifier: Apache-2.0
// Taking along what is seen: CSV, JSON, SVG, PNG. A cell that a spreadsheet would take for a
// formula gets an apostrophe (OWASP, CSV injection).

export type Row = (string | number | null)[];
export interface Sheet {
  head: string[];
  rows: Row[];
}

const plain = (text: string): string => text.replaceAll('\u00a0', ' ');

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[\s\p{Cf}]*[=+\-@|%＝＋－＠\t\r]/u.test(value) ? "'" + plain(value) : plain(value);
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
export const toCsv = (sheet: Sheet): string =>
  [sheet.head, ...sheet.rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
export const toJson = (sheet: Sheet): string =>
  JSON.stringify(
    sheet.rows.map((row) =>
      Object.fromEntries(
        sheet.head.map((name, i) => {
          const value = row[i] ?? null;
          return [name, typeof value === 'string' ? plain(value) : value];
        }),
      ),
    ),
    null,
    1,
  );

export function save(name: string, type: string, content: string | Blob): void {
  const blob = typeof content === 'string' ? new Blob([content], { type }) : content;
  const link = document.createElement('a');
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// The drawing with the styles that it gets from the page, so that it looks the same alone.
export function toSvg(svg: SVGSVGElement): string {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const style = getComputedStyle(document.documentElement);
  copy.setAttribute('xmlns', 'http://www.w3.org/2000/svg');
  copy.setAttribute('font-family', 'system-ui, sans-serif');
  const text = new XMLSerializer().serializeToString(copy);
  return text.replace(/var\((--[a-z-]+)\)/g, (_, name: string) =>
    style.getPropertyValue(name).trim(),
  );
}
// The same as a picture, twice as fine as on the screen.
export function svgToPng(svg: SVGSVGElement, name: string): void {
  const box = svg.getBoundingClientRect();
  const image = new Image();
  image.onload = () => {
    const canvas = document.createElement('canvas');
    canvas.width = 2 * box.width;
    canvas.height = 2 * box.height;
    canvas.getContext('2d')!.drawImage(image, 0, 0, canvas.width, canvas.height);
    canvasToPng(canvas, name);
  };
  const copy = svg.cloneNode(true) as SVGSVGElement;
  copy.setAttribute('width', String(box.width));
  copy.setAttribute('height', String(box.height));
  image.src = 'data:image/svg+xml;charset=utf-8,' + encodeURIComponent(toSvg(copy));
}
export function canvasToPng(canvas: HTMLCanvasElement, name: string): void {
  const copy = document.createElement('canvas');
  copy.width = canvas.width;
  copy.height = canvas.height;
  const pen = copy.getContext('2d')!;
  pen.fillStyle = getComputedStyle(document.documentElement).getPropertyValue('--pane');
  pen.fillRect(0, 0, copy.width, copy.height);
  pen.drawImage(canvas, 0, 0);
  copy.toBlob((blob) => blob && save(name, 'image/png', blob));
}
