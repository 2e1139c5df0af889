import { expect, test } from 'vitest'
import { fastestDtype, flagsIn } from './processor.ts'

test('bfloat16 where the processor has instructions for it', () => {
  const flagsOf = (line: string) => flagsIn(`processor\t: 0\n${line}\nbugs\t\t: none\n`)
  expect(fastestDtype(flagsOf('flags\t\t: fpu avx2 avx512f avx512_bf16'))).toBe('bfloat16')
  expect(fastestDtype(flagsOf('flags\t\t: fpu avx2 fma'))).toBe('float32')
  expect(fastestDtype(flagsOf('Features\t: fp asimd bf16 i8mm'))).toBe('bfloat16')
  expect(fastestDtype([])).toBe('float32')
})
