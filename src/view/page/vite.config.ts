// Builds the viewer's page into dist/page, with everything that it needs: no request leaves the machine.

import { defineConfig } from 'vite'

/** Every browser that runs the page reads woff2; KaTeX's other forms of the same fonts stay out. */
const woff2Only = {
  name: 'woff2-only',
  enforce: 'pre' as const,
  transform: (code: string, id: string) =>
    /katex[^/]*\.css$/.test(id)
      ? code.replaceAll(/,\s*url\([^)]*\.(?:woff|ttf)\)\s*format\("\w+"\)/g, '')
      : undefined,
}

export default defineConfig({
  base: './',
  plugins: [woff2Only],
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
