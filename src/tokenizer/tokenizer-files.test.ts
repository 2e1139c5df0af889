import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { ggufTokenizer } from './gguf-tokenizer.ts'
import { ggufTokenizerMetadata } from './gguf-tokenizer-metadata.ts'
import { loadTokenizer } from './load-tokenizer.ts'
import { tokenizerFiles } from './tokenizer-files.ts'

const fixtures = resolve(import.meta.dirname, '../../test/fixtures/tokenizers')

test.each(['smollm', 'qwen', 'llama3'])(
  '%s: a folder written from GGUF metadata reads as the original',
  async (name) => {
    const loaded = loadTokenizer(join(fixtures, name))
    const original = { ...loaded, chatTemplates: { default: 'A', tool_use: 'B' } }
    const metadata = ggufTokenizerMetadata(original, original.vocabulary.size + 5)
    const folder = scratchFolder()
    for (const [file, content] of Object.entries(
      tokenizerFiles(ggufTokenizer(metadata, 'x.gguf')),
    )) {
      mkdirSync(dirname(join(folder, file)), { recursive: true })
      writeFileSync(join(folder, file), content)
    }
    const again = loadTokenizer(folder)
    expect(again.special).toEqual(original.special)
    expect(again.chatTemplates).toEqual(original.chatTemplates)
    expect(again.vocabulary).toEqual(original.vocabulary)
    const text = "They'll see 4096 e\u0301 <|im_end|><think>\r\n\n  你好<|eot_id|>"
    const framed = { addSpecialTokens: true }
    expect(await again.encode(text, framed)).toEqual(await original.encode(text, framed))
    expect(await again.encodeOutside(text)).toEqual(await original.encodeOutside(text))
  },
)
