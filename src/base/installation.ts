// What the set-up made on this machine, or the command that makes it.

import { type Location, locate, setupCommand } from '../../setup/locate.mjs'
import { UserError } from './errors.ts'

/** Where Python, torch and the addon are; throws a UserError with the command to run where set-up is missing. */
export function installation(): Location {
  const found = locate()
  if (found) return found
  throw new UserError(
    `the set-up has not run yet (or what it made is gone); run: ${setupCommand()}`,
  )
}

/** Path of the addon; `RETOOL_ADDON` names another build of it. */
export function addonFile(): string {
  const chosen = process.env['RETOOL_ADDON']
  if (chosen) return chosen
  const { addon } = installation()
  if (addon) return addon
  throw new UserError(
    `the native addon is not built, or is older than its sources; run: ${setupCommand()}`,
  )
}
