// Messages to the text that a model was trained on, by the model's Jinja template.

import { existsSync, readFileSync } from 'node:fs'
import { Template } from '@huggingface/jinja'
import { UserError } from '../base/errors.ts'
import { nearest } from '../base/nearest.ts'
import { builtInTemplates } from './built-in-templates.ts'
import type { Tokenizer } from './tokenizer.ts'
import { textOf } from './utf8.ts'
import { tokenBytes } from './vocabulary.ts'

/** A message as templates read it; `role` and `content`, and what else a template knows of. */
export type ChatMessage = Readonly<Record<string, unknown>> & {
  readonly role: string
}

export interface TemplateOptions {
  /** Function schemas, as in OpenAI's `tools`. */
  readonly tools?: readonly unknown[]
  /** Ends with the beginning of the assistant's turn. */
  readonly addGenerationPrompt?: boolean
  readonly bosToken?: string
  readonly eosToken?: string
  /** Further variables, such as `enable_thinking`. */
  readonly variables?: Readonly<Record<string, unknown>>
}

/** A template that has been read once, for many conversations. */
export type Render = (messages: readonly ChatMessage[], options?: TemplateOptions) => string

/**
 * Renders as transformers does (trimmed blocks, `tools` none where there are none). A template that
 * is not Jinja is a UserError here; one that raises an exception is one when it is rendered, with
 * the template's own words.
 */
export function compileTemplate(template: string): Render {
  let parsed: Template
  try {
    parsed = new Template(template)
  } catch (error) {
    throw new UserError(`the chat template is not valid Jinja: ${wordsOf(error)}`)
  }
  return (messages, options = {}) => {
    try {
      return parsed.render({
        ...(options.bosToken === undefined ? {} : { bos_token: options.bosToken }),
        ...(options.eosToken === undefined ? {} : { eos_token: options.eosToken }),
        messages,
        tools: options.tools ?? null,
        documents: null,
        add_generation_prompt: options.addGenerationPrompt ?? false,
        ...options.variables,
      })
    } catch (error) {
      throw new UserError(`the chat template refuses these messages: ${wordsOf(error)}`)
    }
  }
}

/** Renders one conversation. */
export function renderTemplate(
  template: string,
  messages: readonly ChatMessage[],
  options: TemplateOptions = {},
): string {
  return compileTemplate(template)(messages, options)
}

function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The text of `--template`: a built-in name, or a file. */
export function namedTemplate(nameOrFile: string): string {
  const builtIn = builtInTemplates.get(nameOrFile)
  if (builtIn) return builtIn.text
  if (existsSync(nameOrFile)) return readFileSync(nameOrFile, 'utf8')
  const names = [...builtInTemplates.keys()]
  const near = nearest(nameOrFile, names)
  throw new UserError(
    `--template ${nameOrFile}: neither a file nor one of ${names.join(', ')}` +
      (near ? ` (did you mean ${near}?)` : ''),
    2,
  )
}

/**
 * The model's own template; the one for tools where the conversation has tools and the model has
 * such. A model without a template is a UserError that names the built-in one whose tokens it has.
 */
export function chatTemplateOf(tokenizer: Tokenizer, hasTools = false): string {
  const { default: usual, tool_use: forTools } = tokenizer.chatTemplates
  const own = (hasTools ? forTools : undefined) ?? usual
  if (own !== undefined) return own
  const names = [...builtInTemplates.keys()]
  const fitting = names.find((name) => {
    const marker = builtInTemplates.get(name)?.marker
    return marker && tokenizer.vocabulary.added.has(marker)
  })
  const advice = fitting
    ? `its vocabulary has the tokens of ${fitting}: try --template ${fitting}`
    : 'none of the built-in formats is in its vocabulary: for a base model try --template plain'
  throw new UserError(
    `the model has no chat template; ${advice} (or --template FILE; built in: ${names.join(', ')})`,
  )
}

/** The texts of bos and eos as templates want them; absent where the model has none. */
export function templateTokens(
  tokenizer: Tokenizer,
): Pick<TemplateOptions, 'bosToken' | 'eosToken'> {
  const { bos, eos } = tokenizer.special
  const text = (id: number) => textOf(tokenBytes(tokenizer.vocabulary, id))
  return {
    ...(bos === null ? {} : { bosToken: text(bos) }),
    ...(eos === null ? {} : { eosToken: text(eos) }),
  }
}
