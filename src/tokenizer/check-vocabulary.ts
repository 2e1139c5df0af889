// Whether a definition holds together. The library ends the whole process over a merge whose parts it
// does not find, so nothing is handed to it unchecked.

import { UserError } from '../base/errors.ts'
import { maxVocabulary, type TokenizerDefinition } from './tokenizer-definition.ts'

/**
 * Every id is a whole number and has one token; every merge joins two tokens to a third; no merge
 * spells a special token, so that no text can become one. `place` begins every message.
 */
export function checkVocabulary(definition: TokenizerDefinition, place: string): void {
  const refuse = (why: string) => new UserError(`${place}: ${why}`)
  checkIds(definition, refuse)
  checkMerges(definition, refuse)
  const { unk_token: unknown, vocab } = definition.model
  if (unknown !== null && !Object.hasOwn(vocab, unknown)) {
    throw refuse(`unk_token ${JSON.stringify(unknown)} is not in the vocabulary`)
  }
}

function checkIds(definition: TokenizerDefinition, refuse: (why: string) => UserError): void {
  const owners = new Map<number, string>()
  for (const [token, id] of Object.entries(definition.model.vocab)) {
    if (!Number.isInteger(id) || id < 0 || id >= maxVocabulary) {
      throw refuse(`token ${JSON.stringify(token)} has id ${String(id)}`)
    }
    const other = owners.get(id)
    if (other !== undefined)
      throw refuse(`${JSON.stringify(other)} and ${JSON.stringify(token)}: id ${id}`)
    owners.set(id, token)
  }
  const contents = new Set<string>()
  for (const { id, content } of definition.added_tokens) {
    const other = owners.get(id)
    if (other !== undefined && other !== content) {
      throw refuse(`${JSON.stringify(other)} and ${JSON.stringify(content)}: id ${id}`)
    }
    if (contents.has(content)) throw refuse(`added token ${JSON.stringify(content)} is there twice`)
    contents.add(content)
    owners.set(id, content)
  }
}

function checkMerges(definition: TokenizerDefinition, refuse: (why: string) => UserError): void {
  const { vocab, merges } = definition.model
  const special = new Set(definition.added_tokens.flatMap((t) => (t.special ? t.content : [])))
  for (const [index, merge] of merges.entries()) {
    // Out of a file: it may be anything.
    const parts: unknown = typeof merge === 'string' ? merge.split(' ') : merge
    const [left, right] = Array.isArray(parts) && parts.length === 2 ? parts : []
    if (typeof left !== 'string' || typeof right !== 'string') {
      throw refuse(`merge ${index} is not a pair of tokens`)
    }
    for (const token of [left, right, left + right]) {
      if (!Object.hasOwn(vocab, token)) {
        throw refuse(
          `merge ${index} needs ${JSON.stringify(token)}, which is not in the vocabulary`,
        )
      }
    }
    if (special.has(left + right)) {
      throw refuse(
        `a merge spells the special token ${JSON.stringify(left + right)}, so that any text ` +
          'could become it',
      )
    }
  }
}
