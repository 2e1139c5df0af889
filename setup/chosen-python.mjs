// The Python that RETOOL_PYTHON names: used as it is, nothing is installed into it.

import { SetupFailure } from './failure.mjs'
import { askFacts } from './python-facts.mjs'

/** @typedef {import('./state.mjs').PythonFacts} PythonFacts */

const oldestTorch = 10
const newestTorch = 13

/** @param {string} executable @param {string} log @returns {Promise<PythonFacts>} */
export async function chosenPython(executable, log) {
  const answer = await askFacts(executable, { log, own: false })
  const wayOut = `RETOOL_PYTHON must name a Python with torch 2.${oldestTorch} to 2.${newestTorch}; unset it to let the set-up make a private one.`
  if (answer.kind === 'failed') {
    const last = answer.output.trim().split('\n').at(-1) ?? ''
    throw new SetupFailure(`RETOOL_PYTHON=${executable} cannot be used: ${last}`, wayOut)
  }
  const { version } = answer.facts.torch
  const [major, minor] = version.split('.').map(Number)
  if (major !== 2 || minor === undefined || minor < oldestTorch || minor > newestTorch) {
    throw new SetupFailure(`RETOOL_PYTHON=${executable} has torch ${version}.`, wayOut)
  }
  return answer.facts
}
