import { copyFileSync } from 'node:fs'
import { join } from 'node:path'
import Libsql from 'libsql'
import { expect, test } from 'vitest'
import { scratchFolder } from '../../test/scratch-folder.ts'
import { migrate, openDatabase, openForReading } from './database.ts'
import { migrations } from './migrations.ts'

const root = scratchFolder()

const versionOf = (database: ReturnType<typeof openDatabase>) =>
  database.prepare('PRAGMA user_version').raw().get()

test('an older database gets what it lacks and keeps what it has', () => {
  const database = new Libsql(join(root, 'old.db'))
  const steps = ['CREATE TABLE a (x)', 'ALTER TABLE a ADD COLUMN y DEFAULT 7']
  migrate(database, 'old.db', steps.slice(0, 1))
  database.exec('INSERT INTO a VALUES (1)')
  migrate(database, 'old.db', steps)
  expect(database.prepare('SELECT x, y FROM a').raw().get()).toEqual([1, 7])
  expect(versionOf(database)).toEqual([2])
})

test('a migration that fails leaves the database as it was', () => {
  const database = new Libsql(join(root, 'failing.db'))
  const steps = ['CREATE TABLE a (x)', 'CREATE TABLE a (y)']
  expect(() => migrate(database, 'failing.db', steps)).toThrow(/already exists/)
  expect(versionOf(database)).toEqual([0])
  expect(database.prepare("SELECT name FROM sqlite_master WHERE name = 'a'").all()).toEqual([])
})

test('a newer database is refused with the way out', () => {
  const path = join(root, 'new.db')
  const database = openDatabase(path)
  database.exec(`PRAGMA user_version = ${migrations.length + 1}`)
  database.close()
  expect(() => openForReading(path)).toThrow(/open it with the newer retool-rl/)
})

test('readers cannot write, and a copy without its side files opens', () => {
  const path = join(root, 'plain.db')
  openDatabase(path).close()
  copyFileSync(path, join(root, 'copy.db'))
  const reader = openForReading(join(root, 'copy.db'))
  expect(() => reader.exec("INSERT INTO tag VALUES ('x')")).toThrow(/readonly/)
  reader.close()
})
