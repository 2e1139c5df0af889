// A tokenizer as the files of a Hugging Face folder, for weights that we save or convert.

import type { Tokenizer } from './tokenizer.ts'
import { textOf } from './utf8.ts'
import { tokenBytes } from './vocabulary.ts'

/**
 * File names and contents: tokenizer.json, tokenizer_config.json, generation_config.json and, where
 * the model has a template, chat_template.jinja. Reading them gives the same ids again, here and in
 * transformers.
 */
export function tokenizerFiles(tokenizer: Tokenizer): Readonly<Record<string, string>> {
  const { definition, special, vocabulary, chatTemplates } = tokenizer
  const added = definition.added_tokens.map(({ content, id }) => [content, id] as const)
  const file = {
    ...definition,
    truncation: null,
    padding: null,
    // Added tokens stand in the vocabulary as well: readers number those that do not anew.
    model: {
      ...definition.model,
      vocab: { ...definition.model.vocab, ...Object.fromEntries(added) },
    },
  }
  const text = (id: number | null) => (id === null ? null : textOf(tokenBytes(vocabulary, id)))
  const { default: template, ...others } = chatTemplates
  const config = {
    tokenizer_class: 'PreTrainedTokenizerFast',
    bos_token: text(special.bos),
    eos_token: text(special.eos),
    pad_token: text(special.pad),
    clean_up_tokenization_spaces: false,
  }
  const generation = {
    bos_token_id: special.bos,
    eos_token_id: special.endOfTurn,
    pad_token_id: special.pad,
  }
  const templates = Object.entries(others).map(
    ([name, content]) => [`additional_chat_templates/${name}.jinja`, content] as const,
  )
  return {
    'tokenizer.json': JSON.stringify(file),
    'tokenizer_config.json': `${JSON.stringify(config, null, 2)}\n`,
    'generation_config.json': `${JSON.stringify(generation, null, 2)}\n`,
    ...(template === undefined ? {} : { 'chat_template.jinja': template }),
    ...Object.fromEntries(templates),
  }
}
