import fc from 'fast-check'
import { expect, test } from 'vitest'
import { extractAnswer } from './extract-answer.ts'

test.each([
  ['<answer>\n\\boxed{156}\n</answer>', '156', 'taggedBox'],
  ['<answer>1</answer> no, <answer> 2 </answer>', '2', 'tag'],
  ['<answer>a \\boxed{1} or \\boxed{2}</answer>', '2', 'taggedBox'],
  ['\\boxed{9} <answer>8</answer>', '8', 'tag'],
  ['so \\boxed{\\frac{1}{2}}.', '\\frac{1}{2}', 'box'],
  ['\\boxed{\\left\\{1, 2\\right\\}}', '\\left\\{1, 2\\right\\}', 'box'],
  ['\\boxed{\\boxed{7}}', '7', 'box'],
  ['{ \\boxed{3', '3', 'number'],
  ['\\boxed{3} and then \\boxed{4', '3', 'box'],
  ['\\boxed{ \\boxed{5}', '5', 'box'],
  ['} } \\boxed{6} }', '6', 'box'],
  ['The total is $1,234.50.', '1,234.50', 'number'],
  ['10-5', '5', 'number'],
  ['it is -5, I think', '-5', 'number'],
  ['about 3/4', '3/4', 'number'],
  ['that is 40 %', '40 %', 'number'],
  ['<answer>unclosed 12', '12', 'number'],
] as const)('%j', (text, answer, place) => {
  expect(extractAnswer(text)).toEqual({ text: answer, place })
})

test.each(['', 'no idea', '<answer></answer>', '\\boxed{', '</answer><answer>'])(
  '%j has no answer',
  (text) => expect(extractAnswer(text)).toBeNull(),
)

test('an empty box is an empty answer, not the number before it', () => {
  expect(extractAnswer('5 \\boxed{}')).toEqual({ text: '', place: 'box' })
})

test('any balanced content comes out of its box as it went in', () => {
  const { tree } = fc.letrec<{ tree: string }>((tie) => ({
    tree: fc.oneof(
      { maxDepth: 4 },
      fc.constantFrom('a', '1', '\\{', '\\}', ' + ', '\\\\'),
      fc.array(tie('tree'), { maxLength: 3 }).map((parts) => `{${parts.join('x')}}`),
    ),
  }))
  fc.assert(
    fc.property(tree, fc.string(), (content, before) => {
      expect(extractAnswer(`${before.replaceAll('\\', '')} \\boxed{${content}}`)?.text).toBe(
        content.trim(),
      )
    }),
  )
})

test('hostile text of 200 kB is read once', () => {
  for (const piece of ['{', '}', '\\boxed{', '\\boxed{}', '<answer>', '1,', '-', '1/', '\\', '9']) {
    const text = piece.repeat(200_000 / piece.length)
    expect(() => extractAnswer(text)).not.toThrow()
    expect(() => extractAnswer(`${text}</answer>`)).not.toThrow()
  }
})
