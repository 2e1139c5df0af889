// Opens a run's database: WAL, so that people look at a run while it is written.

import { copyFileSync, existsSync, mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import Libsql from 'libsql'
import { UserError } from '../base/errors.ts'
import { migrations } from './migrations.ts'

export type Database = Libsql.Database

/** A row that no writer of ours has written: the file is damaged where SQLite cannot see it. */
export class DamagedRowError extends Error {
  override readonly name = 'DamagedRowError'
}

/**
 * Opens for writing, makes the file where there is none, and brings it to the newest version.
 * Throws UserError for a damaged one.
 */
export function openDatabase(path: string): Database {
  const database = new Libsql(path)
  try {
    database.exec('PRAGMA busy_timeout = 10000')
    database.exec('PRAGMA journal_mode = WAL')
    // With WAL, a power cut may lose the last commits but never the file; a killed process loses none.
    database.exec('PRAGMA synchronous = NORMAL')
    migrate(database, path)
    return database
  } catch (error) {
    database.close()
    if (!isAboutDamage(error)) throw error
    throw new UserError(
      `${path} is damaged: ${error.message}; put back a copy of it, or begin a new run`,
    )
  }
}

/**
 * Opens an existing file for looking only. A file of an older version is migrated first. Where
 * the folder cannot be written (a read-only copy), a temporary copy is opened in its place.
 */
export function openForReading(path: string): Database {
  if (!existsSync(path)) throw new UserError(`${path}: expected a run's database, found no file`)
  try {
    return opened(path)
  } catch (error) {
    if (error instanceof UserError || !isAboutWriting(error)) throw error
    const copy = join(mkdtempSync(join(tmpdir(), 'retool-run-')), basename(path))
    copyFileSync(path, copy)
    if (existsSync(`${path}-wal`)) copyFileSync(`${path}-wal`, `${copy}-wal`)
    return opened(copy)
  }
}

function opened(path: string): Database {
  const database = new Libsql(path)
  try {
    database.exec('PRAGMA busy_timeout = 2000')
    migrate(database, path)
    database.exec('PRAGMA query_only = 1')
    database.exec('PRAGMA cache_size = -65536')
    return database
  } catch (error) {
    database.close()
    throw error
  }
}

function isAboutDamage(error: unknown): error is Error {
  return error instanceof Error && /not a database|malformed|corrupt/i.test(error.message)
}

function isAboutWriting(error: unknown): boolean {
  return error instanceof Error && /readonly|read-only|unable to open/i.test(error.message)
}

/** Applies what is missing of `steps`, all or nothing. */
export function migrate(database: Database, path: string, steps = migrations): void {
  if (version(database) === steps.length) return
  database.exec('BEGIN IMMEDIATE')
  try {
    // Read again under the lock: another process may have just done it.
    const from = version(database)
    if (from > steps.length) {
      throw new UserError(
        `${path}: its version is ${from}, this retool-rl knows versions up to ${steps.length}; ` +
          'open it with the newer retool-rl that wrote it',
      )
    }
    for (const sql of steps.slice(from)) database.exec(sql)
    database.exec(`PRAGMA user_version = ${steps.length}`)
    database.exec('COMMIT')
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}

function version(database: Database): number {
  const row = database.prepare('PRAGMA user_version').get() as { user_version: number }
  return row.user_version
}

/** Runs `work` in one transaction. */
export function transaction<T>(database: Database, work: () => T): T {
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    database.exec('ROLLBACK')
    throw error
  }
}
