// Nightly: 20,000 mutated files for each of the two header readers, from a new seed each time.
// Run: npx tsx test/nightly/fuzz-headers.ts [FILES] [SEED]

import { fuzzHeader } from './header-fuzz.ts'

const runs = Number(process.argv[2] ?? 20_000)
const seed = Number(process.argv[3] ?? Date.now() % 2 ** 31)

for (const format of ['safetensors', 'gguf'] as const) {
  const start = performance.now()
  const { accepted, refused } = fuzzHeader(format, runs, seed)
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  const memory = Math.round(process.memoryUsage().rss / 2 ** 20)
  process.stdout.write(
    `${format}: ${runs} mutated files from seed ${seed} in ${seconds} s: ${refused} refused, ` +
      `${accepted} harmless, none crashed; ${memory} MB resident\n`,
  )
}
