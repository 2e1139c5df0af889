// What opening a problem source may need, started when it is first asked for.

import type { PythonProcess } from '../python/python-process.ts'
import { openGenerator } from './open-generator.ts'
import type { SourceServices } from './open-source.ts'

/** Dispose it to end the generator, where one was started. */
export function sourceServices(): SourceServices & AsyncDisposable {
  let generator: PythonProcess | undefined
  return {
    generator: () => {
      generator ??= openGenerator()
      return generator
    },
    async [Symbol.asyncDispose]() {
      await generator?.close()
    },
  }
}
