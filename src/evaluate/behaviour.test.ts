import { expect, test } from 'vitest'
import type { AttemptRecord, ResponsePart } from './attempt-record.ts'
import { correctedItself, snippetsOf } from './attempt-record.ts'
import { behaviourOf } from './behaviour.ts'

const call = (code: string, ok: boolean): ResponsePart[] => [
  { author: 'policy', text: `..${code}` },
  { author: 'tool', text: '====', code, ok },
]

const record = (correct: boolean | null, parts: ResponsePart[], tokens = 10): AttemptRecord => ({
  problemId: 'p',
  source: 's',
  index: 0,
  correct,
  answer: null,
  stop: 'answered',
  tokens,
  turns: 1,
  snippets: snippetsOf(parts),
})

test('a snippet knows its lines, its place and its purpose', () => {
  const parts = [...call('1+1\n\n2', true), { author: 'policy', text: '....' } as const]
  // 2 dots, 6 characters of code, 4 of output, 4 of answer: the code starts at 2 of 16.
  expect(snippetsOf(parts)).toEqual([
    { lines: 2, ok: true, startsAt: 2 / 16, purpose: 'calculation' },
  ])
})

test('the metrics of the paper, by hand', () => {
  const records = [
    record(true, [...call('1+1', false), ...call('1+2', true)], 20),
    record(false, call('x = 5', false), 10),
    record(false, [{ author: 'policy', text: 'no code' }], 6),
    record(null, call('1+1', true), 1_000),
  ]
  expect(behaviourOf(records)).toEqual({
    responseLength: 12,
    codeRatio: 2 / 3,
    codeLines: 1.5,
    correctCodeCount: 1,
    codePassRate: 0.5,
    codePassRateRight: 1,
    codePassRateWrong: 0,
    invocationTiming: (2 / 18 + 2 / 11) / 2,
    callsPerResponse: 1,
    withErrors: 2,
    selfCorrections: 1,
    purposes: { calculation: 2, none: 1 },
    stops: { answered: 3 },
  })
  expect(behaviourOf([]).codeRatio).toBeNull()
})

test('a correction comes after the error', () => {
  const [good] = snippetsOf(call('1', true))
  const [bad] = snippetsOf(call('1', false))
  expect(correctedItself(good && bad ? [good, bad] : [])).toBe(false)
  expect(correctedItself(good && bad ? [bad, good] : [])).toBe(true)
})
