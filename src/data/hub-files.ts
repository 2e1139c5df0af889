// Data files of a Hub data set by name: listed, chosen, downloaded once into a cache.

import { createWriteStream } from 'node:fs'
import { mkdir, rename, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { downloadFile, HubApiError, type ListFileEntry, listFiles } from '@huggingface/hub'
import { UserError } from '../base/errors.ts'
import type { FileChoice } from './data-files.ts'
import { chooseFiles } from './data-files.ts'

export interface HubOptions {
  /** Branch, tag or commit; `main` if omitted. */
  readonly revision?: string
  /** Another Hub; the environment's HF_ENDPOINT if omitted. */
  readonly hubUrl?: string
  /** For data sets that are not public; the environment's HF_TOKEN if omitted. */
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
  const request = requestOf(name, options)
  try {
    const entries = new Map<string, ListFileEntry>()
    for await (const entry of listFiles({ ...request, recursive: true })) {
      if (entry.type === 'file') entries.set(entry.path, entry)
    }
    const files: string[] = []
    for (const path of chooseFiles([...entries.keys()], choice, `hub:${name}`)) {
      const entry = entries.get(path)
      if (entry) files.push(await cached(entry, request, options.cacheFolder))
    }
    return files
  } catch (error) {
    throw explained(error, name)
  }
}

type HubRequest = Omit<Parameters<typeof downloadFile>[0], 'path' | 'accessToken'>

function requestOf(name: string, options: HubOptions): HubRequest {
  const hubUrl = options.hubUrl ?? process.env['HF_ENDPOINT']
  const accessToken = options.accessToken ?? process.env['HF_TOKEN']
  return {
    repo: { type: 'dataset', name },
    ...(options.revision && { revision: options.revision }),
    ...(hubUrl && { hubUrl }),
    ...(accessToken && { accessToken }),
    ...(options.fetch && { fetch: options.fetch }),
  }
}

/** The file in the cache, under the digest of its content, so that a revision is never stale. */
async function cached(
  entry: ListFileEntry,
  request: HubRequest,
  cacheFolder: string,
): Promise<string> {
  const digest = entry.lfs?.oid ?? entry.oid
  if (!digest || !/^[0-9a-f]+$/.test(digest)) {
    throw new UserError(`the Hub gave no digest for ${entry.path}`)
  }
  const target = join(cacheFolder, digest, basename(entry.path))
  const found = await stat(target).catch(() => undefined)
  if (found?.size === entry.size) return target
  const source = await downloadFile({ ...request, path: entry.path })
  if (!source) throw new UserError(`the Hub lists ${entry.path} and does not have it`)
  await mkdir(dirname(target), { recursive: true })
  const partial = `${target}.part`
  const stream = Readable.fromWeb(source.stream() as ReadableStream<Uint8Array>)
  await pipeline(stream, createWriteStream(partial))
  const { size } = await stat(partial)
  if (size !== entry.size) {
    throw new UserError(
      `${entry.path}: the download ended after ${size} of ${entry.size} bytes; run the command again`,
    )
  }
  await rename(partial, target)
  return target
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
