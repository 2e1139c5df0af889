// Which package indexes pip asks, from its own configuration and without the credentials in it.

import { spawnSync } from 'node:child_process'

const usual = 'https://pypi.org/simple'

/** Where pip finds a setting, the strongest last. */
const places = ['global', 'install', ':env:']

/**
 * The indexes in words, such as `https://pypi.org/simple, /opt/wheels`; undefined where pip does not
 * tell.
 * @param {string} python @param {NodeJS.ProcessEnv} environment
 */
export function pipIndexes(python, environment) {
  const { status, stdout } = spawnSync(python, ['-m', 'pip', 'config', 'list'], {
    encoding: 'utf8',
    env: environment,
    timeout: 30_000,
  })
  return status === 0 ? indexesOf(stdout) : undefined
}

/** @param {string} listing what `pip config list` prints: lines of `place.setting='value'` */
export function indexesOf(listing) {
  /** @param {string} setting */
  const strongest = (setting) =>
    places
      .map((place) => new RegExp(`^${place}\\.${setting}=(['"])(.*)\\1$`, 'm').exec(listing)?.[2])
      .findLast((value) => value !== undefined)
  const isCutOff = /^(1|true|yes|on|y|t)$/i.test(strongest('no-index') ?? '')
  const indexes = isCutOff ? [] : [strongest('index-url') ?? usual, strongest('extra-index-url')]
  return [...indexes, strongest('find-links')]
    .flatMap((value) => value?.split(/(?:\\n|\s)+/) ?? [])
    .filter((address) => address !== '')
    .map(withoutCredentials)
    .join(', ')
}

/** All before the last @ goes: a password may have any sign. @param {string} address */
function withoutCredentials(address) {
  if (!address.includes('://')) return address
  return address.replace(/:\/\/.*@/, '://').replace(/[?#].*/, '')
}
