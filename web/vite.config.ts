// SPDX-License-Identifier: Apache-2.0
// One script and one style, without hashes in their names: the C build embeds both, and
// serve/page_html.c puts them beside the page (serve) or into it (report).
import type { Plugin } from 'vite';
import { defineConfig } from 'vite';

// Plot makes a formatter of numbers while the script is read: half of what that costs, on pages
// that show no chart too. Made when the first number needs it, it writes the same.
const eager = 'export const formatDefault = formatAuto();';
const lazyNumbers: Plugin = {
  name: 'lazy-numbers',
  transform(code, id) {
    if (!id.endsWith('/plot/src/format.js')) return null;
    if (!code.includes(eager)) throw new Error(`${id} no longer says: ${eager}`);
    return code.replace(eager, 'export const formatDefault = (value) => formatAuto()(value);');
  },
};

export default defineConfig({
  plugins: [lazyNumbers],
  resolve: {
    alias: {
      'd3-geo': new URL('src/no_earth.ts', import.meta.url).pathname,
      'd3-scale-chromatic': new URL('src/no_schemes.ts', import.meta.url).pathname,
    },
  },
  esbuild: { jsx: 'automatic', jsxImportSource: 'preact', legalComments: 'none' },
  build: {
    target: 'es2020',
    outDir: '../build/web',
    emptyOutDir: false,
    cssCodeSplit: false,
    reportCompressedSize: false,
    modulePreload: false,
    rollupOptions: {
      input: 'src/main.tsx',
      output: {
        format: 'iife',
        entryFileNames: 'explorer.js',
        assetFileNames: 'explorer[extname]',
      },
    },
  },
});
