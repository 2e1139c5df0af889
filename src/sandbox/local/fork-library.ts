// The loop of a zygote in C, compiled once per machine; where there is no compiler the loop in Python serves.

import { execFile } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readFile, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { cacheFolder } from '../../../setup/cache-folder.mjs'
import { packageFile } from '../../base/package-root.ts'

const folder = 'src/sandbox/worker'
const sources = ['fork_loop.c', 'confine.c', 'arenas.c']
const headers = ['orders.h']
const flags = ['-std=gnu11', '-O2', '-fPIC', '-shared', '-Wl,-z,now']
const compileDeadlineMs = 60_000

/** Without a path each program starts more slowly, in the same way otherwise; `why` says what failed. */
export type ForkLibrary = { readonly path: string } | { readonly path: null; readonly why: string }

/** Compiles it with `$CC`, or cc, unless that has been done. Never rejects. */
export async function forkLibrary(cache: string = cacheFolder()): Promise<ForkLibrary> {
  if (process.platform !== 'linux') return { path: null, why: `not for ${process.platform}` }
  try {
    return { path: await compiled(cache) }
  } catch (error) {
    return { path: null, why: reason(error) }
  }
}

async function compiled(cache: string): Promise<string> {
  const [compiler = 'cc', ...own] = (process.env['CC']?.trim() || 'cc').split(/\s+/)
  const hash = createHash('sha256').update([process.arch, compiler, ...own, ...flags].join('\0'))
  for (const name of [...sources, ...headers]) hash.update(await readFile(sourceFile(name)))
  const path = join(cache, 'sandbox', `fork-loop-${hash.digest('hex').slice(0, 16)}.so`)
  if (existsSync(path)) return path
  await mkdir(join(cache, 'sandbox'), { recursive: true })
  const draft = `${path}.${randomUUID()}`
  try {
    const parameters = [...own, ...flags, '-o', draft, ...sources.map(sourceFile)]
    await promisify(execFile)(compiler, parameters, { timeout: compileDeadlineMs })
    await rename(draft, path)
  } finally {
    await rm(draft, { force: true })
  }
  return path
}

function sourceFile(name: string): string {
  return packageFile(`${folder}/${name}`)
}

function reason(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  const said = 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : ''
  return said || error.message
}
