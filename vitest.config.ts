import { fileURLToPath } from 'node:url'
import { defineConfig } from 'vitest/config'

export default defineConfig({
  // What `retool-rl new` copies is tested here as it stands, against these sources.
  resolve: { alias: { 'retool-rl': fileURLToPath(new URL('src/index.ts', import.meta.url)) } },
  test: {
    include: ['{src,test,setup,templates}/**/*.test.ts'],
    setupFiles: ['test/fixed-seed.ts'],
    pool: 'forks',
    // More than the two cores that are there at least: many tests wait for processes.
    maxWorkers: 3,
    env: { OMP_NUM_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
