// The way back: the metadata that a GGUF file needs for a tokenizer that we hold.

import { UserError } from '../base/errors.ts'
import { ggufTokenType } from './gguf-tokenizer.ts'
import { preTokenizerName, preTokenizers } from './pre-tokenizers.ts'
import type { Tokenizer } from './tokenizer.ts'
import type { TokenizerDefinition } from './tokenizer-definition.ts'

export type GgufTokenizerMetadata = Readonly<
  Record<string, string | number | boolean | readonly string[] | readonly number[]>
>

/**
 * `tokenizer.*` for a model whose embedding has `rows` rows; rows beyond the vocabulary are marked
 * unused. Refuses a tokenizer whose way of cutting text has no name there.
 */
export function ggufTokenizerMetadata(tokenizer: Tokenizer, rows: number): GgufTokenizerMetadata {
  const { definition, special } = tokenizer
  const pre = preTokenizerName(definition)
  if (pre === undefined) {
    throw new UserError(
      'the tokenizer cuts text in a way that GGUF has no name for here; known are ' +
        `${[...preTokenizers.keys()].join(', ')}. Save as a Hugging Face folder instead`,
    )
  }
  const ids = { bos: special.bos, eos: special.eos, padding: special.pad }
  const named = Object.entries(ids).flatMap(([name, id]) =>
    id === null ? [] : [[`tokenizer.ggml.${name}_token_id`, id] as const],
  )
  const templates = Object.entries(tokenizer.chatTemplates).map(
    ([name, template]) =>
      [`tokenizer.chat_template${name === 'default' ? '' : `.${name}`}`, template] as const,
  )
  return {
    'tokenizer.ggml.model': 'gpt2',
    'tokenizer.ggml.pre': pre,
    ...rowsOf(definition, rows),
    'tokenizer.ggml.merges': definition.model.merges.map((merge) =>
      typeof merge === 'string' ? merge : merge.join(' '),
    ),
    'tokenizer.ggml.add_bos_token': beginsWithToken(definition.post_processor),
    ...Object.fromEntries([...named, ...templates]),
  }
}

function rowsOf(definition: TokenizerDefinition, rows: number): GgufTokenizerMetadata {
  const tokens = Array.from({ length: rows }, (_, id) => `[PAD${id}]`)
  const types = new Array<number>(rows).fill(ggufTokenType.unused)
  const set = (id: number, content: string, type: number) => {
    if (id >= rows) throw new UserError(`token ${id} is beyond the model's ${rows} rows`)
    tokens[id] = content
    types[id] = type
  }
  for (const [content, id] of Object.entries(definition.model.vocab)) {
    set(id, content, ggufTokenType.normal)
  }
  for (const { id, content, special } of definition.added_tokens) {
    set(id, content, special ? ggufTokenType.control : ggufTokenType.userDefined)
  }
  return { 'tokenizer.ggml.tokens': tokens, 'tokenizer.ggml.token_type': types }
}

/** Whether the post-processor puts a special token before a text. */
function beginsWithToken(postProcessor: unknown): boolean {
  return /"single":\[\{"SpecialToken"/.test(JSON.stringify(postProcessor) ?? '')
}
