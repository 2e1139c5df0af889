// A model of the Hub on this machine: which of a repository's files are needed, and where they are.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { HubApiError, type ListFileEntry, listFiles, modelInfo } from '@huggingface/hub'
import { UserError } from '../base/errors.ts'
import { type HubAccess, type HubOptions, hubAccess } from './hub-access.ts'
import { fetchHubFile, type HubRepository } from './hub-file.ts'
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
 * reference names. Offline, or where the Hub does not answer, a snapshot that is there is used.
 */
export async function hubModel(reference: HubReference, options: HubOptions = {}): Promise<string> {
  const access = hubAccess(options)
  const folder = join(access.cacheFolder, `models--${reference.name.replace('/', '--')}`)
  if (access.offline) return cached(reference, folder, 'HF_HUB_OFFLINE is set')
  try {
    return await fetchModel(reference, folder, access)
  } catch (error) {
    if (error instanceof UserError) throw error
    if (error instanceof HubApiError) throw explained(error, reference)
    const why = error instanceof Error ? error.message : String(error)
    return cached(reference, folder, `the Hub does not answer (${why})`)
  }
}

async function fetchModel(
  reference: HubReference,
  folder: string,
  access: HubAccess,
): Promise<string> {
  const { name, revision } = reference
  const { accessToken, hubUrl } = access
  const request = { hubUrl, fetch: access.fetch, ...(accessToken ? { accessToken } : {}) }
  const { sha } = await modelInfo({ ...request, name, revision, additionalFields: ['sha'] })
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new UserError(`the Hub gave no commit for ${name}`)
  const repository: HubRepository = { name, commit: sha, folder }
  const entries: ListFileEntry[] = []
  const repo = { type: 'model', name } as const
  for await (const entry of listFiles({ ...request, repo, revision: sha, recursive: true })) {
    if (entry.type === 'file') entries.push(entry)
  }
  for (const entry of needed(entries, reference)) await fetchHubFile(entry, repository, access)
  // Last: a revision that is noted here is whole.
  const note = join(folder, 'refs', revision)
  await mkdir(dirname(note), { recursive: true })
  await writeFile(note, sha)
  return snapshot(folder, sha, reference)
}

function snapshot(folder: string, commit: string, { file }: HubReference): string {
  return join(folder, 'snapshots', commit, ...(file ? [file] : []))
}

function needed(entries: readonly ListFileEntry[], reference: HubReference): ListFileEntry[] {
  const { name, file } = reference
  const paths = entries.map(({ path }) => path)
  const ggufs = paths.filter((path) => path.endsWith('.gguf'))
  if (file) {
    const found = entries.filter(({ path }) => path === file)
    if (found.length > 0) return found
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
  return entries.filter(({ path }) => described.test(path) || isWeight(path))
}

function listed(names: readonly string[]): string {
  return names.length === 0 ? 'none' : names.slice(0, 10).join(', ')
}

function cached(reference: HubReference, folder: string, why: string): string {
  const { name, revision } = reference
  const note = join(folder, 'refs', revision)
  const isCommit = /^[0-9a-f]{40}$/.test(revision)
  const commit = isCommit ? revision : existsSync(note) ? readFileSync(note, 'utf8').trim() : null
  const path = commit ? snapshot(folder, commit, reference) : null
  if (path && existsSync(path)) return path
  throw new UserError(
    `${name}: ${why}, and the model is not in the cache (${folder}); check the network, or give a folder or GGUF file on this machine`,
  )
}

function explained(error: HubApiError, { name, revision }: HubReference): UserError {
  switch (error.statusCode) {
    case 401:
    case 403:
      return new UserError(
        `${name}: not allowed (${error.statusCode}). Check the name; for a gated model accept its terms on the Hub and set HF_TOKEN`,
      )
    case 404:
      return new UserError(`${name}: the Hub has no such model, or no revision ${revision}`)
    default:
      return new UserError(`${name}: the Hub answered ${error.statusCode}: ${error.message}`)
  }
}
