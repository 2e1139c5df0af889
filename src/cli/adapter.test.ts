import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { demonstrationOf } from '../cold-start/problem.fixture.ts'
import { packedAttention } from '../model/attention.ts'
import { hiddenStates, logits } from '../model/decoder.ts'
import { openModel } from '../policy/open-model.ts'
import { liveTensors } from '../tensor/memory.ts'
import { scope } from '../tensor/scope.ts'
import { integers, readFloats } from '../tensor/transfer.ts'
import { writeTinyModel } from '../train/fixtures/tiny-model-folder.ts'
import { printedBy } from './printed-by.fixture.ts'

const root = scratchFolder()
const at = (name: string) => join(root, name)
let alive = 0

beforeAll(() => {
  alive = liveTensors().count
  writeTinyModel(at('base'))
  const demonstrations = ['a', 'b', 'c', 'd'].map((id) => demonstrationOf({ id }))
  const lines = demonstrations.map((one) => `${JSON.stringify(one)}\n`)
  writeFileSync(at('demonstrations.jsonl'), lines.join(''))
})
afterAll(() => {
  expect(liveTensors().count).toBe(alive)
})

/** One epoch over the demonstrations; the loss of the last held-out one. */
async function sft(name: string, model: string, lora: string): Promise<number> {
  writeFileSync(
    at(`${name}.yaml`),
    `model: { reference: ${model}, dtype: float32 }
demonstrations: ${at('demonstrations.jsonl')}
miniBatchSize: 2
heldOut: 0.25
learner: { learningRate: 1.0e-2, lora: ${lora} }
`,
  )
  return JSON.parse(await printedBy('sft', at(`${name}.yaml`), '--run', at(name), '--json')).best
    .loss
}

/** The logits of a few tokens under a model, opened as commands open it. */
async function logitsOf(reference: string, adapter?: string): Promise<number[]> {
  using model = await openModel(reference, { ...(adapter !== undefined && { adapter }) })
  const ids = [72, 101, 108, 108, 111]
  return scope(() => {
    const positions = integers([...ids.keys()])
    const attend = packedAttention([ids.length])
    return [
      ...readFloats(
        logits(model.decoder, hiddenStates(model.decoder, integers(ids), positions, attend)),
      ),
    ]
  })
}

test('an adapter is trained, opened, trained further and merged', async () => {
  const fresh = '{ rank: 4, alpha: 8, modules: [q_proj, down_proj] }'
  const first = await sft('first', at('base'), fresh)
  const adapter = at('first/model')
  expect(JSON.parse(readFileSync(join(adapter, 'adapter_config.json'), 'utf8'))).toMatchObject({
    r: 4,
    lora_alpha: 8,
    target_modules: ['q_proj', 'down_proj'],
    base_model_name_or_path: at('base'),
  })
  const beside = await logitsOf(at('base'), adapter)
  expect(beside).not.toEqual(await logitsOf(at('base')))
  // The folder itself stands for its base with the adapter.
  expect(await logitsOf(adapter)).toEqual(beside)
  await printedBy('convert', at('base'), at('merged'), '--adapter', adapter)
  const close = beside.map((value) => expect.closeTo(value, 4))
  expect(await logitsOf(at('merged'))).toEqual(close)
  await printedBy('convert', adapter, at('merged.gguf'), '--type', 'float32')
  expect(await logitsOf(at('merged.gguf'))).toEqual(close)
  // One that starts anew is where the first one started; one that goes on is further.
  expect(await sft('anew', at('base'), fresh)).toBe(first)
  expect(await sft('further', at('base'), `{ from: ${adapter} }`)).toBeLessThan(first)
  expect(await logitsOf(at('further/model'))).not.toEqual(beside)
})

test('an adapter where weights are to be trained is refused with the ways out', async () => {
  const told = /is an adapter for .*learner\.lora\.from.*retool-rl convert/s
  await expect(sft('full', at('first/model'), 'null')).rejects.toThrow(told)
  await expect(sft('twice', at('first/model'), '{ rank: 2 }')).rejects.toThrow(told)
  await expect(logitsOf(at('base'), at('base'))).rejects.toThrow('is no adapter')
})
