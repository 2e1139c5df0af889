// Folders that fill up over time: ours and the one that downloads from the Hub go to.

import { existsSync } from 'node:fs'
import { lstat, readdir, statfs } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { cacheFolder } from '../../../setup/cache-folder.mjs'
import type { Finding } from './finding.ts'

const littleSpace = 2 * 2 ** 30

export async function cacheFindings(): Promise<Finding[]> {
  const own = cacheFolder()
  const findings = await Promise.all([
    folderFinding('cache folder', own),
    ...['python', 'addon'].map((part) => folderFinding(`  ${part}`, join(own, part))),
    folderFinding('Hub cache', hubFolder()),
  ])
  return findings.filter((finding) => finding !== undefined)
}

function hubFolder(): string {
  const { HF_HUB_CACHE, HF_HOME, XDG_CACHE_HOME } = process.env
  if (HF_HUB_CACHE) return HF_HUB_CACHE
  return join(HF_HOME ?? join(XDG_CACHE_HOME ?? join(homedir(), '.cache'), 'huggingface'), 'hub')
}

async function folderFinding(name: string, path: string): Promise<Finding | undefined> {
  if (!existsSync(path)) return undefined
  const bytes = await sizeOf(path)
  const { bavail, bsize } = await statfs(path)
  const free = bavail * bsize
  return {
    name,
    state: free < littleSpace ? 'warning' : 'ok',
    found: `${megabytes(bytes)} in ${path}, ${megabytes(free)} free`,
    ...(free < littleSpace
      ? { advice: 'free some space, or set RETOOL_CACHE to another disk' }
      : {}),
    details: { path, bytes, freeBytes: free },
  }
}

async function sizeOf(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true })
  const sizes = await Promise.all(
    entries.map(async (entry) => {
      const path = join(folder, entry.name)
      if (entry.isDirectory()) return await sizeOf(path)
      return await lstat(path).then(
        (found) => found.size,
        () => 0,
      )
    }),
  )
  return sizes.reduce((sum, size) => sum + size, 0)
}

function megabytes(bytes: number): string {
  return bytes < 2 ** 30
    ? `${Math.round(bytes / 2 ** 20)} MB`
    : `${(bytes / 2 ** 30).toFixed(1)} GB`
}
