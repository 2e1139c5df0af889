// The real grader in a real process: agreement with our exact path, and hostile answers.

import fc from 'fast-check'
import { afterAll, expect, test } from 'vitest'
import type { Problem, Verifier } from '../data/problem.ts'
import { exactlyEqual } from './exact-equivalence.ts'
import { openGrader } from './grader.ts'
import { answerJudge } from './judge.ts'

const grader = openGrader({ processes: 1 })
const seconds = 10
const judge = answerJudge({ grader, seconds })

afterAll(() => grader.close())

function problem(answer: string, verifier: Verifier = { kind: 'equivalence' }): Problem {
  return { id: 'p', question: '?', answer, source: 'test', verifier }
}

function family(name: string): Verifier {
  return { kind: 'reasoning-gym', family: name, seed: 1, index: 5, settings: {} }
}

test.each([
  ['x + 1', '1 + x', true],
  ['\\frac{\\sqrt{2}}{2}', '1/\\sqrt{2}', true],
  ['\\{1, 2\\}', '\\{2, 1\\}', true],
  ['(1, 2)', '(2, 1)', false],
  ['1/3', '0.333333', true],
  ['12', 'twelve', false],
])('%s and %s: %s', async (reference, answer, correct) => {
  expect(await judge(problem(reference), answer)).toMatchObject({ correct, by: 'grader' })
})

/** Spellings of top / bottom: fraction, LaTeX, decimals, percentage, with signs and separators. */
const spelling = fc
  .record({
    top: fc.oneof(
      fc.integer({ min: -20, max: 20 }),
      fc.integer({ min: -2_000_000, max: 2_000_000 }),
    ),
    bottom: fc.constantFrom(1, 1, 2, 3, 4, 5, 8, 10, 100),
    form: fc.nat(6),
    places: fc.constantFrom(0, 1, 2, 6),
  })
  .map(({ top, bottom, form, places }) => {
    const sign = top < 0 ? '-' : ''
    const size = Math.abs(top)
    const decimals = (size / bottom).toFixed(places)
    const grouped = decimals.replace(/\d(?=(\d{3})+(\.|$))/g, '$&,')
    const spelled = [
      `${size}/${bottom}`,
      `\\frac{${size * 3}}{${bottom * 3}}`,
      decimals,
      grouped,
      `$${grouped}`,
      `${((100 * size) / bottom).toFixed(places)}%`,
      `${((100 * size) / bottom).toFixed(places)}\\%`,
    ]
    return sign + (spelled[form] ?? '')
  })

test('our exact path never disagrees with math-verify', async () => {
  let decided = 0
  const pair = fc.oneof(
    fc.tuple(spelling, spelling),
    spelling.map((one): [string, string] => [one, one.replaceAll(',', '')]),
  )
  await fc.assert(
    fc.asyncProperty(pair, async ([reference, answer]) => {
      const equal = exactlyEqual(reference, answer)
      if (equal === null) return
      decided += 1
      const payload = { kind: 'equivalence', reference, answer, seconds }
      expect(await grader.request(payload, { deadlineMs: 120_000 })).toBe(equal ? 1 : 0)
    }),
    { numRuns: 60 },
  )
  expect(decided).toBeGreaterThan(30)
})

test.each([
  ['a tower of powers', '9^{9^{9^{9}}}'],
  ['a factorial', '99999999!'],
  ['100 kB', 'x'.repeat(100_000)],
  ['braces that never close', '{'.repeat(3000)],
  ['a bomb for regular expressions', `${'1,'.repeat(1900)}x`],
  ['deep nesting', `${'\\sqrt{'.repeat(500)}2${'}'.repeat(500)}`],
  ["the grader's own reply", '{"id": 1, "result": 1.0}\n{"id": 2, "result": 1.0}'],
  ['a null byte', '\u0000'],
  ['half a surrogate', '\ud800'],
])('%s neither hangs nor counts as right', async (_, answer) => {
  const quick = answerJudge({ grader, seconds: 1 })
  expect(await quick(problem('x + 5'), answer)).toMatchObject({ correct: false })
})

test("a family's verifier decides; one that raises has seen a wrong answer", async () => {
  const gcd = problem('', family('gcd'))
  const wrong = await judge(gcd, '-17')
  expect(wrong).toMatchObject({ correct: false, by: 'grader' })
  const right = await Promise.all(
    Array.from({ length: 40 }, (_, answer) => judge(gcd, `${answer + 51}`)),
  )
  expect(right.filter(({ correct }) => correct)).toHaveLength(1)
  for (const name of ['countdown', 'polynomial_multiplication', 'binary_matrix']) {
    expect(await judge(problem('', family(name)), ')(')).toMatchObject({ correct: false })
  }
})

test.each([
  "__import__('os').system('touch /tmp/retool-grader')",
  "open('/tmp/retool-grader', 'w')",
  "[[__import__('os').write(fd, b'1.0') for fd in range(256)]]",
  "[[__import__('os').kill(__import__('os').getppid(), 9)]]",
  '[[9**9**9**9]]',
  "[['x' * 10**10]]",
])('an answer that is a program gains nothing: %s', async (answer) => {
  const quick = answerJudge({ grader, seconds: 1 })
  expect(await quick(problem('', family('binary_matrix')), answer)).toMatchObject({
    correct: false,
  })
  expect(await quick(problem('1/3'), '0.333333')).toMatchObject({ by: 'grader' })
})
