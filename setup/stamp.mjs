// Stamps: small JSON files that say what is finished. They are written last and at once, so what has
// no stamp was not finished, and a half-written stamp cannot be seen.

import { createHash, randomBytes } from 'node:crypto'
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'

/** @param {string} file @param {unknown} content */
export function writeStamp(file, content) {
  mkdirSync(dirname(file), { recursive: true })
  const draft = `${file}.${process.pid}-${randomBytes(4).toString('hex')}`
  try {
    writeFileSync(draft, `${JSON.stringify(content, null, 2)}\n`, { flush: true })
    renameSync(draft, file)
  } catch (error) {
    rmSync(draft, { force: true })
    throw error
  }
}

/** The content of a stamp, or undefined where there is none that can be read.
 * @param {string} file @returns {unknown} */
export function readStamp(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined
  }
}

/** A short name for any content. @param {...(string | Buffer)} parts */
export function digest(...parts) {
  const hash = createHash('sha256')
  for (const part of parts) hash.update(part).update('\0')
  return hash.digest('hex').slice(0, 16)
}

/** A name for all files of a folder that end in one of `endings`, subfolders included.
 * @param {string} folder @param {readonly string[]} endings */
export function digestOfFolder(folder, endings) {
  const files = listFiles(folder).filter((file) => endings.some((ending) => file.endsWith(ending)))
  return digest(...files.sort().flatMap((file) => [file, readFileSync(join(folder, file))]))
}

/** Paths relative to the folder. @param {string} folder @returns {string[]} */
export function listFiles(folder) {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory()
      ? listFiles(join(folder, entry.name)).map((file) => join(entry.name, file))
      : [entry.name],
  )
}

/** What changes when a file is replaced, without reading it; '' where there is none.
 * @param {string} file */
export function fingerprint(file) {
  const found = statSync(file, { throwIfNoEntry: false })
  return found ? `${file} ${found.size} ${Math.floor(found.mtimeMs)}` : ''
}
