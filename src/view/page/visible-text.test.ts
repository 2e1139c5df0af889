import { expect, test } from 'vitest'
import { visibleText } from './visible-text.ts'

test('escapes and turned text become visible, ordinary text stays', () => {
  expect(visibleText('a\n\tb é 汉 🙂')).toBe('a\n\tb é 汉 🙂')
  expect(visibleText('\u001b[31mred\u0007\u0000')).toBe('␛[31mred␇␀')
  expect(visibleText('x\u202Egpj.exe\u007f\u009b')).toBe('x⟨U+202E⟩gpj.exe␡⟨U+009B⟩')
})
