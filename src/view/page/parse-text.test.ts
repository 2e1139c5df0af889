import fc from 'fast-check'
import { expect, test } from 'vitest'
import { parseText } from './parse-text.ts'

test('code, mathematics and tags are found, the rest is text', () => {
  expect(parseText('So $x^2$ is\n<code>\n```python\nprint(1)\n```\n</code>')).toEqual([
    { kind: 'text', text: 'So ' },
    { kind: 'math', text: 'x^2', display: false },
    { kind: 'text', text: ' is\n' },
    { kind: 'tag', text: '<code>' },
    { kind: 'text', text: '\n' },
    { kind: 'code', language: 'python', text: 'print(1)' },
    { kind: 'text', text: '\n' },
    { kind: 'tag', text: '</code>' },
  ])
  expect(parseText('\\boxed{\\frac{1}{2}}')).toEqual([
    { kind: 'math', text: '\\boxed{\\frac{1}{2}}', display: false },
  ])
  expect(parseText('\\[ a \\]')).toEqual([{ kind: 'math', text: ' a ', display: true }])
})

test('prices are not mathematics, and an open fence runs to the end', () => {
  expect(parseText('from $5 to $10')).toEqual([{ kind: 'text', text: 'from $5 to $10' }])
  expect(parseText('```js\nf(')).toEqual([{ kind: 'code', language: 'js', text: 'f(' }])
})

test('markup of pages is text like any other', () => {
  const text = '<script>alert(1)</script><img src=x onerror=alert(1)>'
  expect(parseText(text)).toEqual([{ kind: 'text', text }])
})

test('text without signs comes back whole, and no text hangs or throws', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      const plain = text.replace(/[`$\\<]/g, '')
      expect(parseText(plain).map((part) => part.text)).toEqual(plain === '' ? [] : [plain])
      parseText(text)
    }),
  )
})
