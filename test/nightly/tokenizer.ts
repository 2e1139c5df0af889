// Longer than a test: compares our tokenizer with Python's on 10,000 hard texts.
//
//   RETOOL_REFERENCE_PYTHON=/path/to/python npx tsx test/nightly/tokenizer.ts MODEL REFERENCE [COUNT]
//
// MODEL is a Hugging Face folder or a GGUF file; REFERENCE a folder with the tokenizer.json that
// Python reads (the same folder, or for a GGUF file the original's).

import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { readGgufHeader } from '../../src/checkpoint/gguf-header.ts'
import { ggufTokenizer } from '../../src/tokenizer/gguf-tokenizer.ts'
import { IncrementalDecoder } from '../../src/tokenizer/incremental-decoder.ts'
import { loadTokenizer } from '../../src/tokenizer/load-tokenizer.ts'
import type { Tokenizer } from '../../src/tokenizer/tokenizer.ts'

interface Expected {
  readonly text: string
  readonly ids: readonly number[]
  readonly framed: readonly number[]
  readonly outside: readonly number[]
  readonly decoded: string
  readonly decodedWithoutSpecial: string
  readonly halves: string
}

const [model = '', reference = '', count = '10000'] = process.argv.slice(2)
const python = process.env['RETOOL_REFERENCE_PYTHON'] ?? 'python3'
const program = join(import.meta.dirname, '../reference', 'tokenizer_reference.py')

const tokenizer = open(model)
const helper = spawn(python, [program, reference, '--count', count], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let texts = 0
let tokens = 0
let differences = 0
for await (const line of createInterface({ input: helper.stdout })) {
  const expected: Expected = JSON.parse(line)
  const wrong = await differencesOf(tokenizer, expected)
  texts++
  tokens += expected.ids.length
  if (wrong.length > 0 && differences++ < 10) {
    console.log(`${JSON.stringify(expected.text)}: ${wrong.join('; ')}`)
  }
}
console.log(`${model}: ${texts} texts, ${tokens} tokens, ${differences} texts differ`)
process.exitCode = differences === 0 && texts === Number(count) ? 0 : 1

function open(path: string): Tokenizer {
  if (!path.endsWith('.gguf')) return loadTokenizer(path)
  const plain = [...readGgufHeader(path).metadata].map(([key, entry]) => [
    key,
    entry.kind === 'array' ? entry.values : entry.value,
  ])
  return ggufTokenizer(Object.fromEntries(plain), path)
}

async function differencesOf(ours: Tokenizer, expected: Expected): Promise<string[]> {
  const { text, ids } = expected
  const incremental = new IncrementalDecoder(ours.vocabulary)
  const pieces = [...ids.map((id) => incremental.push(id)), incremental.flush()]
  const pairs: readonly (readonly [string, unknown, unknown])[] = [
    ['ids', await ours.encode(text), ids],
    ['framed', await ours.encode(text, { addSpecialTokens: true }), expected.framed],
    ['outside', await ours.encodeOutside(text), expected.outside],
    ['decoded', ours.decode(ids), expected.decoded],
    ['without special', ours.decode(ids, { skipSpecial: true }), expected.decodedWithoutSpecial],
    ['half', ours.decode(ids.slice(0, Math.floor(ids.length / 2))), expected.halves],
    ['incremental', pieces.join(''), expected.decoded],
  ]
  return pairs
    .map(([name, found, wanted]) => [name, JSON.stringify(found), JSON.stringify(wanted)] as const)
    .filter(([, found, wanted]) => found !== wanted)
    .map(([name, found, wanted]) => `${name}: ${found} instead of ${wanted}`)
}
