// Builds the viewer's page into dist/page, with everything that it needs: no request leaves the machine.

import { defineConfig } from 'vite'

export default defineConfig({
  base: './',
  build: {
    outDir: '../../../dist/page',
    emptyOutDir: true,
    target: 'es2022',
    // Fonts stay files: as data in the style sheet they would be loaded with every formula or none.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 1500,
  },
  oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
})
