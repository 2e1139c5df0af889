// Tags of a run, for finding it again; the run may be running meanwhile.

import { existsSync } from 'node:fs'
import { basename } from 'node:path'
import { UserError } from '../base/errors.ts'
import { openDatabase, transaction } from './database.ts'
import { layout } from './layout.ts'

/**
 * Adding a tag that is there, or removing one that is not, changes nothing. Throws UserError where
 * the run's database is missing or damaged.
 */
export function changeTags(
  path: string,
  { add, remove }: { readonly add: readonly string[]; readonly remove: readonly string[] },
): void {
  const file = layout(path).database
  if (!existsSync(file)) {
    throw new UserError(`${path}: expected a run with its database, found no ${basename(file)}`)
  }
  const database = openDatabase(file)
  try {
    transaction(database, () => {
      const adding = database.prepare('INSERT OR IGNORE INTO tag VALUES (?)')
      const removing = database.prepare('DELETE FROM tag WHERE name = ?')
      for (const tag of add) adding.run(tag)
      for (const tag of remove) removing.run(tag)
    })
  } finally {
    database.close()
  }
}
