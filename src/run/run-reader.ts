// A run folder opened for looking: live, finished, copied from elsewhere, or damaged. What cannot
// be read is listed in `damage`; the rest is shown.

import { existsSync, readFileSync } from 'node:fs'
import { basename, join, resolve } from 'node:path'
import { UserError } from '../base/errors.ts'
import { DamagedRowError, type Database, openForReading } from './database.ts'
import type { Environment } from './environment.ts'
import { layout } from './layout.ts'
import { type RunState, readState } from './run-state.ts'

export interface Damage {
  /** Which file of the run folder. */
  readonly file: string
  readonly message: string
}

/** Whether a folder looks like a run's, perhaps one whose writer was killed at its beginning. */
export function isRunFolder(path: string): boolean {
  const { database, config, environment } = layout(path)
  if ([database, environment].some((part) => existsSync(part))) return true
  // The first file of a run; a model's folder has one of this name as well.
  return existsSync(config) && !existsSync(join(path, 'tokenizer.json'))
}

export class RunReader {
  readonly path: string
  readonly name: string
  readonly #damage = new Map<string, Damage>()
  readonly #database: Database | null

  /** Throws UserError where the folder is no run folder at all. */
  constructor(path: string) {
    if (!isRunFolder(path)) {
      throw new UserError(
        `${path}: expected a run folder, found none of what one holds (config.json, run.db, ...); ` +
          'retool-rl runs lists what there is',
      )
    }
    this.path = resolve(path)
    this.name = basename(this.path)
    this.#database = this.#openDatabase()
  }

  get hasDatabase(): boolean {
    return this.#database !== null
  }

  /** What could not be read so far. */
  get damage(): readonly Damage[] {
    return [...this.#damage.values()]
  }

  /** What `read` makes of the database, or `otherwise` where it is missing or damaged. */
  query<T>(otherwise: T, read: (database: Database) => T): T {
    if (!this.#database) return otherwise
    try {
      return read(this.#database)
    } catch (error) {
      if (!isFromDatabase(error)) throw error
      this.#note('run.db', error)
      return otherwise
    }
  }

  state(): RunState | null {
    return this.query(null, readState)
  }

  /** Null where the file is missing or damaged. */
  config(): unknown {
    return this.#json(layout(this.path).config)
  }

  environment(): Environment | null {
    return this.#json(layout(this.path).environment) as Environment | null
  }

  /** A number that changes whenever somebody else has written to the database. */
  dataVersion(): number {
    return this.query(0, (database) => {
      const row = database.prepare('PRAGMA data_version').get() as { data_version: number }
      return row.data_version
    })
  }

  [Symbol.dispose](): void {
    this.#database?.close()
  }

  #openDatabase(): Database | null {
    try {
      return openForReading(layout(this.path).database)
    } catch (error) {
      this.#note('run.db', error)
      return null
    }
  }

  #json(path: string): unknown {
    try {
      return JSON.parse(readFileSync(path, 'utf8'))
    } catch (error) {
      this.#note(basename(path), error)
      return null
    }
  }

  #note(file: string, error: unknown): void {
    const message = error instanceof Error ? error.message : String(error)
    this.#damage.set(`${file} ${message}`, { file, message })
  }
}

function isFromDatabase(error: unknown): boolean {
  if (!(error instanceof Error)) return false
  return (
    error.name === 'SqliteError' ||
    error instanceof DamagedRowError ||
    // Text that should have been JSON.
    error instanceof SyntaxError
  )
}
