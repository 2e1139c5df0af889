// Finds the built page. A package ships it; a clone builds it when it is missing or older than its
// sources.

import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { packageFile } from '../base/package-root.ts'

/** Folder of the built page; `tell` gets a word before a build of a few seconds. */
export async function pageFiles(tell: (message: string) => void): Promise<string> {
  const built = packageFile('dist/page')
  const source = packageFile('src/view/page')
  if (!existsSync(source)) return built
  const index = statSync(join(built, 'index.html'), { throwIfNoEntry: false })
  if (index && index.mtimeMs >= newest(source)) return built
  tell('building the page ...')
  const { build } = await import('vite')
  await build({ root: source, logLevel: 'error' })
  return built
}

/** When the newest file below a folder was changed. */
function newest(folder: string): number {
  const times = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => statSync(join(entry.parentPath, entry.name)).mtimeMs)
  return Math.max(0, ...times)
}
