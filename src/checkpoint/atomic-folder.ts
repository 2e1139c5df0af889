// Writing a folder so that its name never stands for half of it.

import { existsSync, mkdirSync, readdirSync, renameSync, rmdirSync, rmSync } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { removeQuietly } from './atomic-file.ts'
import { fileError } from './file-error.ts'

/**
 * Calls `write` with a new folder beside `folder` and gives it that name when all is written. A
 * folder that is there already and not empty is a UserError: nothing is ever overwritten.
 */
export function writeFolderAtomically(folder: string, write: (partial: string) => void): void {
  const target = resolve(folder)
  const partial = `${target}.partial-${process.pid}`
  try {
    if (existsSync(target) && readdirSync(target).length > 0) {
      throw new UserError(`${folder} is there already and not empty; name another folder`)
    }
    mkdirSync(dirname(target), { recursive: true })
    rmSync(partial, { recursive: true, force: true })
    mkdirSync(partial)
    write(partial)
    if (existsSync(target)) rmdirSync(target)
    renameSync(partial, target)
  } catch (error) {
    removeQuietly(partial)
    throw fileError('write', folder, error)
  }
}
