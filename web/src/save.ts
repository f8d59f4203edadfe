// SPDX-License-Identifier: Apache-2.0
// Taking along what is seen: CSV, JSON, SVG, PNG. A cell that a spreadsheet would take for a
// formula gets an apostrophe (OWASP, CSV injection).

export type Row = (string | number | null)[];
export interface Sheet {
  head: string[];
  rows: Row[];
}

function cell(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const safe = /^[=+\-@\t\r]/.test(value) ? "'" + value : value;
  return /[",\r\n']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
export const toCsv = (sheet: Sheet): string =>
  [sheet.head, ...sheet.rows].map((row) => row.map(cell).join(',')).join('\r\n') + '\r\n';
export const toJson = (sheet: Sheet): string =>
  JSON.stringify(
    sheet.rows.map((row) =>
      Object.fromEntries(sheet.head.map((name, i) => [name, row[i] ?? null])),
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
