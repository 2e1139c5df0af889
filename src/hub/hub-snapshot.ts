// The files of one commit of a Hub repository, in the cache that all Hugging Face tools share.

import { existsSync, readFileSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import {
  datasetInfo,
  HubApiError,
  type ListFileEntry,
  listFiles,
  modelInfo,
} from '@huggingface/hub'
import { UserError } from '../base/errors.ts'
import { type HubAccess, type HubOptions, hubAccess } from './hub-access.ts'
import { fetchHubFile } from './hub-file.ts'

export interface HubReference {
  readonly type: 'model' | 'dataset'
  /** `OWNER/NAME`; a few old data sets are `NAME` alone. */
  readonly name: string
  /** Branch, tag or commit. */
  readonly revision: string
}

const words = { model: 'model', dataset: 'data set' } as const

/**
 * Downloads those files that `choose` picks by their paths and that are not there yet; returns the
 * snapshot's folder. Offline, or where the Hub does not answer, a snapshot that is there is used, as
 * it is. Throws UserError where there is none, and for whatever is wrong with name or token.
 */
export async function hubSnapshot(
  reference: HubReference,
  choose: (paths: readonly string[]) => readonly string[],
  options: HubOptions = {},
): Promise<string> {
  const access = hubAccess(options)
  const { type, name } = reference
  const folder = join(access.cacheFolder, `${type}s--${name.replace('/', '--')}`)
  if (access.offline) return cached(reference, folder, 'HF_HUB_OFFLINE is set')
  try {
    return await fetchSnapshot(reference, choose, folder, access)
  } catch (error) {
    if (error instanceof UserError) throw error
    if (error instanceof HubApiError) throw explained(error, reference)
    const why = error instanceof Error ? error.message : String(error)
    return cached(reference, folder, `the Hub does not answer (${why})`)
  }
}

async function fetchSnapshot(
  { type, name, revision }: HubReference,
  choose: (paths: readonly string[]) => readonly string[],
  folder: string,
  access: HubAccess,
): Promise<string> {
  const { accessToken, hubUrl } = access
  const request = { hubUrl, fetch: access.fetch, ...(accessToken ? { accessToken } : {}) }
  const asked = { ...request, name, revision }
  const { sha } =
    type === 'model'
      ? await modelInfo({ ...asked, additionalFields: ['sha'] })
      : await datasetInfo({ ...asked, additionalFields: ['sha'] })
  if (!/^[0-9a-f]{40}$/.test(sha)) throw new UserError(`the Hub gave no commit for ${name}`)
  const entries = new Map<string, ListFileEntry>()
  const repo = { type, name } as const
  for await (const entry of listFiles({ ...request, repo, revision: sha, recursive: true })) {
    if (entry.type === 'file') entries.set(entry.path, entry)
  }
  for (const path of choose([...entries.keys()])) {
    const entry = entries.get(path)
    if (entry) await fetchHubFile(entry, { repo, commit: sha, folder }, access)
  }
  // Last: a revision that is noted here is whole.
  const note = join(folder, 'refs', revision)
  await mkdir(dirname(note), { recursive: true })
  await writeFile(note, sha)
  return join(folder, 'snapshots', sha)
}

function cached({ type, name, revision }: HubReference, folder: string, why: string): string {
  const note = join(folder, 'refs', revision)
  const isCommit = /^[0-9a-f]{40}$/.test(revision)
  const commit = isCommit ? revision : existsSync(note) ? readFileSync(note, 'utf8').trim() : null
  const path = commit ? join(folder, 'snapshots', commit) : null
  if (path && existsSync(path)) return path
  throw new UserError(
    `${name}: ${why}, and the ${words[type]} is not in the cache (${folder}); check the network, or give ${type === 'model' ? 'a folder or GGUF file' : 'a file or folder'} on this machine`,
  )
}

function explained(error: HubApiError, { type, name, revision }: HubReference): UserError {
  switch (error.statusCode) {
    case 401:
    case 403:
      return new UserError(
        `${name}: not allowed (${error.statusCode}). Check the name; for a gated ${words[type]} accept its terms on the Hub and set HF_TOKEN`,
      )
    case 404:
      return new UserError(
        `${name}: the Hub has no such ${words[type]}, or no revision ${revision}`,
      )
    default:
      return new UserError(`${name}: the Hub answered ${error.statusCode}: ${error.message}`)
  }
}
