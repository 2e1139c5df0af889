// The tokenizer of a Hugging Face folder: tokenizer.json, and what the config files beside it say of
// special tokens and chat templates.

import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import { type ChatTemplates, createTokenizer, type Tokenizer } from './tokenizer.ts'
import {
  type AddedToken,
  addedToken,
  isRecord,
  parseRecord,
  parseTokenizerDefinition,
  type TokenizerDefinition,
} from './tokenizer-definition.ts'

type Settings = Readonly<Record<string, unknown>>

export function loadTokenizer(folder: string): Tokenizer {
  const path = join(folder, 'tokenizer.json')
  if (!existsSync(path)) {
    const other = existsSync(join(folder, 'tokenizer.model'))
      ? ' (tokenizer.model, the SentencePiece form, is not read: save it again with transformers)'
      : ''
    throw new UserError(`${folder}: no tokenizer.json${other}`)
  }
  const config = readSettings(folder, 'tokenizer_config.json')
  const definition = withConfiguredTokens(
    parseTokenizerDefinition(readFileSync(path, 'utf8'), path),
    config,
    join(folder, 'tokenizer_config.json'),
  )
  const idOf = (name: string) => idOfNamed(definition, config[name])
  const generation = readSettings(folder, 'generation_config.json')
  const model = readSettings(folder, 'config.json')
  const ends = [...idsIn(generation['eos_token_id']), ...idsIn(model['eos_token_id'])]
  const special = {
    bos: idOf('bos_token') ?? idsIn(generation['bos_token_id'])[0] ?? null,
    eos: idOf('eos_token') ?? ends[0] ?? null,
    pad: idOf('pad_token') ?? idsIn(generation['pad_token_id'])[0] ?? null,
    endOfTurn: ends,
  }
  return createTokenizer(definition, { special, chatTemplates: templatesOf(folder, config) }, path)
}

/** The JSON object of a file, or an empty one where there is no such file. */
function readSettings(folder: string, name: string): Settings {
  const path = join(folder, name)
  return existsSync(path) ? parseRecord(readFileSync(path, 'utf8'), path) : {}
}

/** One id, a list of ids, or nothing: config files have all three. */
function idsIn(value: unknown): number[] {
  const values = Array.isArray(value) ? value : [value]
  return values.filter((id): id is number => Number.isInteger(id) && id >= 0)
}

/** tokenizer_config.json names a token by its text, or by a record with its text. */
function idOfNamed(definition: TokenizerDefinition, value: unknown): number | undefined {
  const content = isRecord(value) ? value['content'] : value
  if (typeof content !== 'string') return undefined
  const added = definition.added_tokens.find((token) => token.content === content)
  if (added) return added.id
  return Object.hasOwn(definition.model.vocab, content)
    ? definition.model.vocab[content]
    : undefined
}

/** Adds the tokens that only tokenizer_config.json knows: some fine-tuned models have such. */
function withConfiguredTokens(
  definition: TokenizerDefinition,
  config: Settings,
  place: string,
): TokenizerDefinition {
  const configured = config['added_tokens_decoder']
  if (!isRecord(configured)) return definition
  const known = new Map(definition.added_tokens.map((token) => [token.id, token.content]))
  const missing: AddedToken[] = []
  for (const [id, flags] of Object.entries(configured)) {
    const content = isRecord(flags) ? flags['content'] : undefined
    if (!isRecord(flags) || typeof content !== 'string' || !/^\d+$/.test(id)) {
      throw new UserError(`${place}: added_tokens_decoder.${id} is not a token`)
    }
    const other = known.get(Number(id))
    if (other !== undefined && other !== content) {
      throw new UserError(
        `${place}: token ${id} is ${JSON.stringify(content)}, but in tokenizer.json ` +
          JSON.stringify(other),
      )
    }
    if (other === undefined) missing.push(addedToken(Number(id), content, flags))
  }
  const added = [...definition.added_tokens, ...missing].sort((a, b) => a.id - b.id)
  return { ...definition, added_tokens: added }
}

/** chat_template.jinja and additional_chat_templates/ come before tokenizer_config.json. */
function templatesOf(folder: string, config: Settings): ChatTemplates {
  const configured = config['chat_template']
  const templates: Record<string, string> = {}
  if (typeof configured === 'string') templates['default'] = configured
  for (const entry of Array.isArray(configured) ? configured : []) {
    if (!isRecord(entry)) continue
    const { name, template } = entry
    if (typeof name === 'string' && typeof template === 'string') templates[name] = template
  }
  const path = join(folder, 'chat_template.jinja')
  if (existsSync(path)) templates['default'] = readFileSync(path, 'utf8')
  const toolUse = join(folder, 'additional_chat_templates', 'tool_use.jinja')
  if (existsSync(toolUse)) templates['tool_use'] = readFileSync(toolUse, 'utf8')
  return templates
}
