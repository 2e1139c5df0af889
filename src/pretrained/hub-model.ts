// A model of the Hub on this machine: which of a repository's files are needed, and where they are.

import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { HubOptions } from '../hub/hub-access.ts'
import { hubSnapshot } from '../hub/hub-snapshot.ts'
import type { ModelReference } from './model-reference.ts'

type HubReference = Extract<ModelReference, { kind: 'hub' }>

/** Beside the weights: what describes the model, its tokenizer and its templates. */
const described =
  /^(config|generation_config|tokenizer|tokenizer_config|special_tokens_map|added_tokens)\.json$|^chat_template\.(jinja|json)$|^additional_chat_templates\/[\w-]+\.jinja$/
const single = 'model.safetensors'
const index = 'model.safetensors.index.json'
const shard = /^model-\d{5}-of-\d{5}\.safetensors$/

/**
 * Downloads what is not there yet and returns the snapshot's folder, or the GGUF file that the
 * reference names.
 */
export async function hubModel(reference: HubReference, options: HubOptions = {}): Promise<string> {
  const { name, revision, file } = reference
  const folder = await hubSnapshot(
    { type: 'model', name, revision },
    (paths) => needed(paths, reference),
    options,
  )
  const path = file ? join(folder, file) : folder
  if (existsSync(path)) return path
  throw new UserError(
    `${name}: ${file} is not in the cache (${folder}), and the Hub cannot be asked; check the network`,
  )
}

function needed(paths: readonly string[], { name, file }: HubReference): readonly string[] {
  const ggufs = paths.filter((path) => path.endsWith('.gguf'))
  if (file) {
    if (paths.includes(file)) return [file]
    throw new UserError(`${name} has no file ${file}; its GGUF files: ${listed(ggufs)}`)
  }
  const isSharded = paths.includes(index)
  const isWeight = (path: string) =>
    isSharded ? path === index || shard.test(path) : path === single
  if (!paths.includes('config.json') || !paths.some(isWeight)) {
    const way =
      ggufs.length > 0
        ? `name one of its GGUF files: ${listed(ggufs.map((path) => `${name}/${path}`))}`
        : 'other formats must be converted first'
    throw new UserError(`${name} has no config.json with ${single} or ${index}; ${way}`)
  }
  return paths.filter((path) => described.test(path) || isWeight(path))
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 10).join(', ')
}
