// One rule for every command that reads what a person names: if it is not there, that is wrong use.

import { writeFileSync } from 'node:fs'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { writeTinyModel } from '../train/fixtures/tiny-model-folder.ts'
import { outcomeOf } from './outcome.fixture.ts'

const before = process.cwd()
beforeAll(() => {
  process.chdir(scratchFolder())
  writeTinyModel('model')
  writeFileSync('problems.jsonl', '{"question":"1 + 1?","answer":"2"}\n')
})
afterAll(() => process.chdir(before))

test.each([
  'sandbox run nowhere.py',
  'problems nowhere.jsonl',
  'problems nowhere.parquet',
  'grade nowhere.jsonl',
  'cold-start nowhere.jsonl --output out.jsonl',
  'cold-start problems.jsonl --output out.jsonl --pass-rates nowhere.json',
  'cold-start problems.jsonl --output out.jsonl --against nowhere.jsonl',
  'cold-start problems.jsonl --output out.jsonl --teacher ./nowhere',
  'evaluate run ./nowhere problems.jsonl',
  'evaluate run ./model nowhere.jsonl',
  'evaluate run ./model problems.jsonl --run nowhere --resume',
  'evaluate compare nowhere.json other.json',
  'sft nowhere.yaml',
  'train nowhere.yaml',
  'train nowhere.ts',
  'train --resume nowhere',
  'recipe show nowhere.yaml',
  'convert ./nowhere out',
  'runs compare nowhere other',
  'runs export nowhere --output x.csv',
  'runs tag nowhere good',
  'runs delete nowhere',
  'view nowhere',
  'chat --model ./nowhere',
  'chat --model ./model --adapter nowhere',
  'chat --model ./model --template nowhere.jinja',
  'serve --model ./nowhere',
  'serve --model ./model --adapter nowhere',
  'serve --model ./model --template nowhere.jinja',
  'convert ./model out --adapter nowhere',
  'quickstart --resume nowhere',
])('%s', async (line) => {
  const { code, out, said } = await outcomeOf(...line.split(' '))
  expect([code, out, said]).toEqual([2, '', expect.stringContaining('nowhere')])
})
