// The runs that a viewer shows: folders that were named, and all that lie or appear in a root.

import { basename, resolve } from 'node:path'
import { listRunFolders } from '../run/run-overview.ts'
import { isRunFolder, RunReader } from '../run/run-reader.ts'

export class RunLibrary {
  readonly #sources: readonly string[]
  readonly #readers = new Map<string, RunReader>()

  /** Each source is a run folder, or a folder that holds run folders. */
  constructor(sources: readonly string[]) {
    this.#sources = sources.map((source) => resolve(source))
  }

  /** Every run by its key: its name, with a number behind it where two have the same. */
  list(): ReadonlyMap<string, RunReader> {
    const found = new Map<string, RunReader>()
    const open = new Set<string>()
    for (const path of new Set(this.#sources.flatMap(runFoldersOf))) {
      const reader = this.#reader(path)
      open.add(path)
      found.set(freeKey(found, basename(path)), reader)
    }
    this.#closeAllBut(open)
    return found
  }

  get(key: string): RunReader | undefined {
    return this.list().get(key)
  }

  [Symbol.dispose](): void {
    this.#closeAllBut(new Set())
  }

  /** A run whose database could not be opened, since it was just being made, is tried again. */
  #reader(path: string): RunReader {
    const known = this.#readers.get(path)
    if (known?.hasDatabase) return known
    known?.[Symbol.dispose]()
    const reader = new RunReader(path)
    this.#readers.set(path, reader)
    return reader
  }

  #closeAllBut(kept: ReadonlySet<string>): void {
    for (const [path, reader] of this.#readers) {
      if (kept.has(path)) continue
      reader[Symbol.dispose]()
      this.#readers.delete(path)
    }
  }
}

function runFoldersOf(source: string): string[] {
  return isRunFolder(source) ? [source] : listRunFolders(source)
}

function freeKey(taken: ReadonlyMap<string, unknown>, name: string): string {
  if (!taken.has(name)) return name
  for (let number = 2; ; number++) {
    const key = `${name}-${number}`
    if (!taken.has(key)) return key
  }
}
