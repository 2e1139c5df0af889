// Data files on this machine: one file, or all that a folder holds.

import { readdir, stat } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { UserError } from '../base/errors.ts'
import type { FileChoice } from './data-files.ts'
import { chooseFiles } from './data-files.ts'

/** The file itself, or the chosen files of a folder and the folders in it. */
export async function localFiles(path: string, choice: FileChoice): Promise<readonly string[]> {
  const found = await stat(path).catch(() => undefined)
  if (!found) {
    throw new UserError(
      `${path}: no such file or folder; expected a data file, a folder of them, hub:OWNER/NAME or gym:FAMILY`,
      2,
    )
  }
  if (!found.isDirectory()) return [path]
  const entries = await readdir(path, { recursive: true, withFileTypes: true })
  const names = entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.replace(/\/$/, '').length + 1))
  return chooseFiles(names, choice, path).map((name) => join(path, name))
}

/** What a file's problems are called: `gsm8k` for gsm8k/train.jsonl, `aime24` for aime24.jsonl. */
export function sourceNameOf(path: string): string {
  const name = basename(path).replace(/(\.[a-z]+)(\.gz)?$/i, '')
  const isSplit = /^(train|test|validation|valid|val|dev|eval|data)([-_.].*)?$/i.test(name)
  const folder = basename(dirname(path))
  return isSplit && folder !== '' && folder !== '.' ? folder : name
}
