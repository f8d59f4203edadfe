// SPDX-License-Identifier: Apache-2.0
// One script and one style, without hashes in their names: the C build embeds both, and
// serve/page_html.c puts them beside the page (serve) or into it (report).
import { defineConfig } from 'vite';

export default defineConfig({
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
