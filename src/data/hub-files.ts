// Data files of a Hub data set by name: listed, chosen, downloaded once into a cache.

import { downloadFileToCacheDir, HubApiError, listFiles } from '@huggingface/hub'
import { UserError } from '../base/errors.ts'
import type { FileChoice } from './data-files.ts'
import { chooseFiles } from './data-files.ts'

export interface HubOptions {
  /** Branch, tag or commit; `main` if omitted. */
  readonly revision?: string
  /** Another Hub; the environment's HF_ENDPOINT if omitted. */
  readonly hubUrl?: string
  readonly accessToken?: string
  readonly cacheFolder: string
  readonly fetch?: typeof fetch
}

/** Paths in the cache of the chosen files, sorted by their name in the data set. */
export async function hubFiles(
  name: string,
  choice: FileChoice,
  options: HubOptions,
): Promise<readonly string[]> {
  const hubUrl = options.hubUrl ?? process.env['HF_ENDPOINT']
  const accessToken = options.accessToken ?? process.env['HF_TOKEN']
  const request = {
    repo: { type: 'dataset', name } as const,
    ...(options.revision && { revision: options.revision }),
    ...(hubUrl && { hubUrl }),
    ...(accessToken && { accessToken }),
    ...(options.fetch && { fetch: options.fetch }),
  }
  try {
    const paths: string[] = []
    for await (const entry of listFiles({ ...request, recursive: true })) {
      if (entry.type === 'file') paths.push(entry.path)
    }
    const chosen = chooseFiles(paths, choice, `hub:${name}`)
    const files: string[] = []
    for (const path of chosen) {
      files.push(await downloadFileToCacheDir({ ...request, path, cacheDir: options.cacheFolder }))
    }
    return files
  } catch (error) {
    throw explained(error, name)
  }
}

function explained(error: unknown, name: string): unknown {
  if (error instanceof UserError) return error
  if (error instanceof HubApiError && [401, 403].includes(error.statusCode)) {
    return new UserError(
      `hub:${name}: not allowed (${error.statusCode}); accept its terms on the Hub and set HF_TOKEN, or check the name`,
    )
  }
  if (error instanceof HubApiError && error.statusCode === 404) {
    return new UserError(`hub:${name}: no such data set or revision; check the name OWNER/NAME`)
  }
  const why = error instanceof Error ? error.message : String(error)
  return new UserError(
    `hub:${name}: the Hub did not answer (${why}); check the network, or give a file or folder on this machine`,
  )
}
