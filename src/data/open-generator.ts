// Starts the generator program in the private Python.

import { packageFile } from '../base/package-root.ts'
import { PythonProcess } from '../python/python-process.ts'

/** The program starts with its first request (about three seconds); close it when done. */
export function openGenerator(): PythonProcess {
  return new PythonProcess({ script: packageFile('src/data/generator.py') })
}
