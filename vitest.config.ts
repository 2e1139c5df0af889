import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    include: ['{src,test,setup}/**/*.test.ts'],
    setupFiles: ['test/fixed-seed.ts'],
    pool: 'forks',
    maxWorkers: 2,
    env: { OMP_NUM_THREADS: '1' },
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
})
