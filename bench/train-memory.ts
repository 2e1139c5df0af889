// A child process of the training benchmark: one optimizer step over so many packed tokens in one
// micro-batch, and the most memory that was resident all along, from the start of the process.
//
//   npx tsx bench/train-memory.ts FOLDER TOKENS

import { RandomStream } from '../src/base/random.ts'
import { openTrainingModel } from '../src/train/training-model.ts'
import { learnerDefaults } from '../src/update/learner.ts'

/** Of one trajectory: sixteen of them make up the packed tokens of the goal. */
const trajectoryTokens = 1024

const [folder = '', wanted = ''] = process.argv.slice(2)
const packed = Number(wanted)
using model = await openTrainingModel(folder, {
  learner: { ...learnerDefaults, microBatchTokens: packed + 16 },
  engine: { cacheTokens: 256, maxBatch: 1 },
  dtype: 'bfloat16',
  tools: [],
})
const random = RandomStream.named(1, 'memory')
const sequences = Array.from({ length: packed / trajectoryTokens }, () => ({
  tokens: Array.from({ length: trajectoryTokens + 1 }, () => 100 + random.integer(40_000)),
  mask: Array.from({ length: trajectoryTokens + 1 }, (_, index) => Number(index > 0)),
}))
const begun = performance.now()
const { tokens } = model.learner.imitate(sequences)
const seconds = (performance.now() - begun) / 1000
// Kilobytes on Linux and macOS alike, as Node counts them.
const peakBytes = process.resourceUsage().maxRSS * 1024
process.stdout.write(`${JSON.stringify({ peakBytes, tokens, seconds })}\n`)
