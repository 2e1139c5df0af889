import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { expectNoTensorsLeft } from '../../test/no-tensors-left.ts'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { RunFolder } from '../run/folder.ts'
import { readFloats } from '../tensor/transfer.ts'
import { byteTokenizer } from '../tokenizer/byte-tokenizer.ts'
import { learnerDefaults } from '../update/learner.ts'
import { tinyStage } from './fixtures/tiny-training.ts'
import { imitate } from './imitate.ts'

expectNoTensorsLeft()

test('a loss that is no number stops imitation before its step, with the demonstrations saved', () => {
  using tiny = tinyStage('float32')
  const { learner } = tiny.stage
  const decay = { kind: 'constant' } as const
  const tooHigh = { peak: 1e38, warmUpSteps: 0, decay }
  learner.beginStage({ ...learnerDefaults, learningRate: tooHigh })
  const path = join(scratchFolder(), 'run')
  using run = RunFolder.create(path, { command: 'sft', config: {}, totalSteps: null })
  const place = { run, tokenizer: byteTokenizer(), from: 0 }
  const tokens = [...Buffer.from('ab')]
  const sequences = [{ tokens, mask: [0, 1] }]
  const steps = imitate(learner, sequences, { epochs: 3, miniBatchSize: 1, seed: 1 }, place)
  expect(steps.next().value).toMatchObject({ step: 1, tokens: 1 })
  const weightsOf = () => [...learner.state().tensors.values()].map(readFloats)
  const before = weightsOf()
  expect(() => steps.next()).toThrow(UserError)
  expect(weightsOf()).toEqual(before)
  const saved = readFileSync(join(path, 'non-finite-step-2.jsonl'), 'utf8')
  expect(JSON.parse(saved)).toEqual({ text: 'ab', tokens, mask: [0, 1] })
})
