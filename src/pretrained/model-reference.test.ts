import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { UserError } from '../base/errors.ts'
import { parseModelReference } from './model-reference.ts'

const folder = scratchFolder()

test('what is on this machine comes before the Hub', () => {
  const file = join(folder, 'm.gguf')
  writeFileSync(file, '')
  expect(parseModelReference(folder)).toEqual({ kind: 'folder', path: folder })
  expect(parseModelReference(file)).toEqual({ kind: 'gguf', path: file })
  writeFileSync(join(folder, 'notes.txt'), '')
  expect(() => parseModelReference(join(folder, 'notes.txt'))).toThrow('neither a folder nor')
})

test.each([
  ['Qwen/Qwen3-0.6B', { name: 'Qwen/Qwen3-0.6B', revision: 'main', file: null }],
  ['hub:a/b@refs/pr/1', { name: 'a/b', revision: 'refs/pr/1', file: null }],
  ['a/b.c-GGUF/q/x.Q8_0.gguf', { name: 'a/b.c-GGUF', revision: 'main', file: 'q/x.Q8_0.gguf' }],
])('%s is a name on the Hub', (text, expected) => {
  expect(parseModelReference(text)).toEqual({ kind: 'hub', ...expected })
})

test('an alias, in any case', () => {
  const expected = { kind: 'alias', alias: 'smollm2-135m-instruct' }
  expect(parseModelReference('SmolLM2-135M-Instruct')).toEqual(expected)
})

test('anything else says the four forms and the nearest alias', () => {
  const parse = () => parseModelReference('smollm2-135m-instuct')
  expect(parse).toThrow(UserError)
  expect(parse).toThrow('did you mean smollm2-135m-instruct?')
  expect(parse).toThrow(/folder[\s\S]*GGUF file[\s\S]*name on the Hub[\s\S]*an alias/)
  expect(() => parseModelReference('./nowhere')).toThrow('there is no model at ./nowhere')
  expect(() => parseModelReference('nowhere.gguf')).toThrow('no such file')
})
