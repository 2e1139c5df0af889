// The problems of a source by its name, for programs.

import { BadRows } from './bad-rows.ts'
import { openSource, type SourceOptions } from './open-source.ts'
import type { Problem } from './problem.ts'
import { readProblems } from './problem-stream.ts'
import { sourceServices } from './source-services.ts'

/** How a source is read: columns of files, size and seed of generated problems. */
export type ProblemsOptions = Omit<SourceOptions, 'bounds'>

/**
 * The problems of a file, a folder, `hub:OWNER/NAME` or `gym:FAMILY,...` in their order; each
 * iteration reads anew. Rows that are no problem are left out, and `onNotice` is told why. Throws
 * UserError where there is no such source, or it does not understand an option.
 *
 *   for await (const { question, answer } of problemsOf('gym:gcd', { size: 2 })) ...
 */
export function problemsOf(spec: string, options: ProblemsOptions = {}): AsyncIterable<Problem> {
  return {
    async *[Symbol.asyncIterator]() {
      await using services = sourceServices()
      const source = await openSource(spec, options, services)
      const badRows = new BadRows('skip')
      yield* readProblems(source, badRows)
      for (const { reason, count, examples } of badRows.summary()) {
        options.onNotice?.(`${spec}: ${count} rows left out: ${reason} (${examples[0]})`)
      }
    },
  }
}
