// Runs pip in the private environment, and says what became of it where it fails.

import { explain } from './diagnosis.mjs'
import { pipIndexes } from './pip-index.mjs'
import { runLogged } from './processes.mjs'

/** @typedef {{ python: string, folder: string, log: string }} Pip */
/** @typedef {import('./progress.mjs').Step} Step */

/** @param {Pip} pip @param {Step} step @param {readonly string[]} parameters */
export function runPip({ python, log }, step, parameters) {
  const common = ['--disable-pip-version-check', '--no-input', '--no-warn-script-location']
  return runLogged(python, ['-m', 'pip', 'install', ...common, ...parameters], {
    log,
    environment: pipEnvironment(),
    onLine: (line) => {
      const status =
        /^(Collecting|Downloading|Building wheel for|Installing collected packages|Using cached) ?(\S*)(.*\(.*\))?/.exec(
          line,
        )
      if (status) step.update(status[0].startsWith('Installing') ? 'unpacking' : status[0])
    },
  })
}

/** The failure to throw, with the indexes that pip asked.
 * @param {string} doing for example "installing torch" @param {Pip} pip @param {string} output */
export function pipFailure(doing, { python, folder, log }, output) {
  const index = pipIndexes(python, pipEnvironment())
  return explain(doing, { output, log, folder, ...(index && { index }) })
}

/** What the person set for pip counts (mirrors, proxies), except what would install elsewhere. */
function pipEnvironment() {
  /** @type {NodeJS.ProcessEnv} */
  const environment = { ...process.env, PYTHONNOUSERSITE: '1' }
  for (const name of [
    'PIP_TARGET',
    'PIP_PREFIX',
    'PIP_USER',
    'PIP_REQUIRE_VIRTUALENV',
    'PYTHONPATH',
    'PYTHONHOME',
  ]) {
    delete environment[name]
  }
  return environment
}
