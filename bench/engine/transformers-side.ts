// The Python that others' libraries run in, and what it measures.

import { spawnSync } from 'node:child_process'
import { UserError } from '../../src/base/errors.ts'
import { packageFile } from '../../src/base/package-root.ts'
import { PythonProcess } from '../../src/python/python-process.ts'

/** A program of ours in Python, and the modules that it needs. */
export interface ReferenceProgram {
  readonly script: string
  readonly modules: readonly string[]
}

/** One measurement at a time, in seconds, as the program does them. */
export interface TransformersSide {
  ask(payload: Readonly<Record<string, unknown>>): Promise<unknown>
  seconds(payload: Readonly<Record<string, unknown>>): Promise<number>
  close(): Promise<void>
}

export function transformersSide(
  python: string | undefined,
  { script, modules }: ReferenceProgram,
): TransformersSide {
  const helper = new PythonProcess({
    script: packageFile(script),
    executable: findPython(python, modules),
  })
  const ask: TransformersSide['ask'] = (payload) =>
    helper.request(payload, { deadlineMs: 3_600_000 })
  return {
    ask,
    seconds: async (payload) => Number(await ask(payload)),
    close: () => helper.close(),
  }
}

/** The given Python, else RETOOL_REFERENCE_PYTHON, else one on the path; it must have the modules. */
function findPython(given: string | undefined, modules: readonly string[]): string {
  const candidates = [given ?? process.env['RETOOL_REFERENCE_PYTHON'], 'python3', 'python']
  for (const candidate of candidates) {
    if (candidate === undefined) continue
    const { status } = spawnSync(candidate, ['-c', `import ${modules.join(', ')}`], {
      stdio: 'ignore',
    })
    if (status === 0) return candidate
    if (candidate === candidates[0]) break
  }
  throw new UserError(
    `no ${modules.join(' or no ')} in ${candidates[0] ?? 'python3'}; make an environment and name it:\n` +
      '  python3 -m venv /tmp/reference\n' +
      '  /tmp/reference/bin/pip install -r test/reference/requirements.txt trl==1.13.0\n' +
      'then --python /tmp/reference/bin/python or RETOOL_REFERENCE_PYTHON; --alone measures ours only',
  )
}
