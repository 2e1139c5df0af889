// The Python that runs our helper programs.

import { locate } from '../../setup/locate.mjs'
import { installation } from '../base/installation.ts'

/**
 * Path of the Python with torch, numpy, scipy, sympy, math-verify and reasoning-gym: the private one,
 * or the one that `RETOOL_PYTHON` names. Throws a UserError that names the set-up's command where
 * there is none yet.
 */
export function pythonExecutable(): string {
  return locate()?.python ?? process.env['RETOOL_PYTHON'] ?? installation().python
}
