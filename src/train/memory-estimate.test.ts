import { expect, test } from 'vitest'
import { tinyConfig } from '../update/fixtures/tiny-model.ts'
import { loraDefaults } from '../update/lora.ts'
import {
  checkpointBytes,
  inAll,
  neededMemory,
  type TrainingSize,
  trainingMemory,
} from './memory-estimate.ts'

const model = { config: tinyConfig }
const size: TrainingSize = {
  dtype: 'bfloat16',
  lora: null,
  hasReference: true,
  hasCritic: true,
  cacheTokens: 100,
  microBatchTokens: 10,
  checkpointActivations: 'auto',
}

function partsOf(changes: Partial<TrainingSize>): Record<string, number> {
  const parts = trainingMemory(model, { ...size, ...changes })
  return Object.fromEntries(parts.map(({ name, bytes }) => [name, bytes]))
}

// 23 * 16 in the embedding, 1,952 in each of two layers, 16 in the last norm: 4,288 numbers.
test('each part follows from shapes, in bfloat16 and float32', () => {
  expect(partsOf({})).toMatchObject({
    'masters, float32': 4 * 4288,
    'compute copies': 2 * 4288,
    gradients: 4 * 4288,
    'optimizer moments': 8 * 4288,
    'reference policy': 2 * 4288,
    critic: 18 * 4288,
    // Two layers with keys and values of 2 * 4 numbers.
    'cache of the engine': 2 * 2 * 8 * 2 * 100,
    // 184 numbers of a token in each layer, its 23 logits, and the head's gradient.
    'a micro-batch, about': 2 * (10 * (2 * 184 + 23) + 23 * 16),
  })
  const single = partsOf({ dtype: 'float32', hasReference: false, hasCritic: false })
  expect(single).toMatchObject({ 'masters, float32': 4 * 4288, 'cache of the engine': 12_800 })
  for (const name of ['compute copies', 'reference policy', 'critic', 'packed copy of the engine'])
    expect(single).not.toHaveProperty([name])
})

test('of a short micro-batch the gradients of the layers are what counts; adapters have few', () => {
  expect(partsOf({ microBatchTokens: 1 })).toMatchObject({ 'a micro-batch, about': 2 * 2 * 1952 })
  const lora: TrainingSize['lora'] = { ...loraDefaults, rank: 1, modules: ['q_proj'] }
  // 16 + 16 numbers beside each of two maps; the frozen weights are there in bfloat16.
  expect(partsOf({ lora })).toMatchObject({
    'masters, float32': 4 * 64,
    'compute copies': 2 * 64 + 2 * 4288,
  })
  expect(checkpointBytes(model, { lora, hasCritic: true })).toBe(12 * (64 + 4288))
})

test('all parts together are what training needs', () => {
  const parts = trainingMemory(model, size)
  const [part] = parts
  expect(inAll(part ? [part, part] : [])).toBe(2 * 4 * 4288)
  expect(inAll(trainingMemory(model, { ...size, hasCritic: false }))).toBe(inAll(parts) - 18 * 4288)
  // A sixteenth of the machine's memory is for what is kept when freed.
  expect(neededMemory([{ name: 'x', bytes: 15 }])).toBe(16)
})
