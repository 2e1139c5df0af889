// Where everything is kept that is made once per machine: the Python environment, the addon, models.

import { homedir } from 'node:os'
import { join, resolve } from 'node:path'

/** `$RETOOL_CACHE`, else `$XDG_CACHE_HOME/retool-rl`, else the system's usual place.
 * @param {NodeJS.ProcessEnv} [environment] */
export function cacheFolder(environment = process.env) {
  const own = environment['RETOOL_CACHE']
  if (own) return resolve(own)
  const shared = environment['XDG_CACHE_HOME']
  if (shared) return join(resolve(shared), 'retool-rl')
  const home = process.platform === 'darwin' ? join('Library', 'Caches') : '.cache'
  return join(homedir(), home, 'retool-rl')
}
