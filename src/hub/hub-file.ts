// One file of a Hub repository, in the cache layout that all Hugging Face tools share
// (blobs/<digest>, snapshots/<commit>/<path> as links). A broken download goes on where it stopped,
// and nothing gets its name before its digest is right.

import { createHash, type Hash } from 'node:crypto'
import { createReadStream, createWriteStream, existsSync, statSync } from 'node:fs'
import { mkdir, rename, rm, symlink } from 'node:fs/promises'
import { dirname, join, relative } from 'node:path'
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import type { ReadableStream } from 'node:stream/web'
import { downloadFile, type ListFileEntry } from '@huggingface/hub'
import { UserError } from '../base/errors.ts'
import type { HubAccess } from './hub-access.ts'

export type HubRepository = {
  readonly repo: { readonly type: 'model' | 'dataset'; readonly name: string }
  readonly commit: string
  /** The repository's folder in the cache. */
  readonly folder: string
}

/** Makes sure that the file is in the snapshot; returns its path. */
export async function fetchHubFile(
  entry: ListFileEntry,
  repository: HubRepository,
  access: HubAccess,
): Promise<string> {
  if (entry.path.split('/').includes('..')) {
    throw new UserError(`the Hub names the file ${entry.path}, which would leave the cache`)
  }
  const pointer = join(repository.folder, 'snapshots', repository.commit, entry.path)
  if (existsSync(pointer)) return pointer
  const digest = digestOf(entry)
  const blob = join(repository.folder, 'blobs', digest.hex)
  if (!existsSync(blob)) await download(entry, blob, { repository, access, digest })
  await mkdir(dirname(pointer), { recursive: true })
  await rm(pointer, { force: true }) // A link whose blob is gone.
  await symlink(relative(dirname(pointer), blob), pointer)
  return pointer
}

type Digest = { readonly hex: string; readonly start: () => Hash }

/** Large files are known by the SHA-256 of their content, the others by git's name for it. */
function digestOf({ path, size, lfs, oid }: ListFileEntry): Digest {
  const hex = lfs?.oid ?? oid
  if (!hex || !/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(hex)) {
    throw new UserError(`the Hub gave no digest for ${path}`)
  }
  if (lfs) return { hex, start: () => createHash('sha256') }
  return { hex, start: () => createHash('sha1').update(`blob ${size}\0`) }
}

type Download = {
  readonly repository: HubRepository
  readonly access: HubAccess
  readonly digest: Digest
}

async function download(
  entry: ListFileEntry,
  blob: string,
  { repository, access, digest }: Download,
): Promise<void> {
  const partial = `${blob}.incomplete`
  await mkdir(dirname(blob), { recursive: true })
  const source = await downloadFile({
    repo: repository.repo,
    path: entry.path,
    revision: repository.commit,
    hubUrl: access.hubUrl,
    fetch: access.fetch,
    ...(access.accessToken ? { accessToken: access.accessToken } : {}),
  })
  if (!source) throw new UserError(`${repository.repo.name} has no file ${entry.path}`)
  let done = sizeOf(partial)
  if (done > entry.size) {
    await rm(partial)
    done = 0
  }
  if (done < entry.size) {
    const rest = done === 0 ? source : source.slice(done, entry.size)
    const counted = async function* (chunks: AsyncIterable<Uint8Array>) {
      for await (const chunk of chunks) {
        done += chunk.byteLength
        access.onProgress(entry.path, done, entry.size)
        yield chunk
      }
    }
    const stream = Readable.fromWeb(rest.stream() as ReadableStream<Uint8Array>)
    try {
      await pipeline(stream, counted, createWriteStream(partial, { flags: 'a' }))
    } catch (error) {
      const why = error instanceof Error ? error.message : String(error)
      throw new UserError(
        `${entry.path}: the download broke off after ${done} of ${entry.size} bytes (${why}); run the same command again and it goes on from there`,
      )
    }
  } else if (entry.size === 0) await pipeline(Readable.from([]), createWriteStream(partial))
  await verify(partial, digest, entry)
  await rename(partial, blob)
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0
}

async function verify(partial: string, digest: Digest, entry: ListFileEntry): Promise<void> {
  const found = sizeOf(partial)
  if (found < entry.size) {
    throw new UserError(
      `${entry.path}: the download ended after ${found} of ${entry.size} bytes; run the same command again and it goes on from there`,
    )
  }
  const hash = digest.start()
  await pipeline(createReadStream(partial), hash)
  if (hash.digest('hex') === digest.hex) return
  await rm(partial)
  throw new UserError(
    `${entry.path}: what was downloaded does not have the digest that the Hub names; it was removed, run the same command again`,
  )
}
