// The matrix products of a training step, and nothing else: what the machine's own speed at them
// leaves as the least time for the step.

import type { ModelConfig } from '../../src/model/config.ts'
import { expectedWeights } from '../../src/model/weights.ts'
import { withoutGradient } from '../../src/tensor/autograd.ts'
import { zeros } from '../../src/tensor/creation.ts'
import { linear, matmul } from '../../src/tensor/neural.ts'
import { scope } from '../../src/tensor/scope.ts'
import { transpose } from '../../src/tensor/shape.ts'
import type { BenchSequence } from './workload.ts'

/** Rows of the head's products at once, as training has them. */
const headRows = 1024

export interface MatmulFloor {
  readonly seconds: number
  readonly gigaflops: number
}

/** Forward, gradient by the input and gradient by the weight of every linear map, the head's too. */
export function matmulFloor(
  config: ModelConfig,
  batch: readonly BenchSequence[],
  rounds: number,
): MatmulFloor {
  const inputs = batch.reduce((sum, { tokens }) => sum + tokens.length - 1, 0)
  const trained = batch.reduce((sum, { tokens, context }) => sum + tokens.length - context, 0)
  const shapes = [...expectedWeights(config).values()].filter((shape) => shape.length === 2)
  const counts = new Map<string, number>()
  for (const shape of shapes.slice(1)) {
    const key = shape.join(',')
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  let seconds = 0
  let operations = 0
  const take = (rows: number, [outputs = 0, inputSize = 0]: readonly number[], times: number) => {
    seconds += times * productSeconds(rows, [outputs, inputSize], rounds)
    operations += times * 6 * rows * outputs * inputSize
  }
  for (const [key, times] of counts) take(inputs, key.split(',').map(Number), times)
  const head = [config.vocabularySize, config.hiddenSize]
  take(Math.min(trained, headRows), head, trained / Math.min(trained, headRows))
  return { seconds, gigaflops: operations / seconds / 1e9 }
}

/** The three products of a linear map over so many rows, the fastest of a few rounds. */
function productSeconds(rows: number, shape: readonly number[], rounds: number): number {
  const [outputs = 0, inputs = 0] = shape
  return scope(() =>
    withoutGradient(() => {
      const dtype = 'bfloat16'
      const input = zeros([rows, inputs], { dtype })
      const weight = zeros(shape, { dtype })
      const slope = zeros([rows, outputs], { dtype })
      const once = () =>
        scope(() => {
          const begun = performance.now()
          linear(input, weight)
          matmul(slope, weight)
          matmul(transpose(slope, 0, 1), input)
          return (performance.now() - begun) / 1000
        })
      once()
      return Math.min(...Array.from({ length: rounds }, once))
    }),
  )
}
