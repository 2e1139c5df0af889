// Opens the problem source that a command line names.

import type { Mapping } from '../data/columns.ts'
import { openSource } from '../data/open-source.ts'
import type { ProblemSource } from '../data/problem-source.ts'
import { sourceServices } from '../data/source-services.ts'
import type { SourceFlags } from './source-flags.ts'

export interface OpenedSource extends AsyncDisposable {
  readonly source: ProblemSource
}

/** Opens the source; dispose it to end the generator, where one was started. */
export async function openSourceOf(
  spec: string,
  flags: SourceFlags,
  onMapping: (file: string, mapping: Mapping) => void,
): Promise<OpenedSource> {
  const { question, answer, solution, split, subset, size, problemSeed, difficulty } = flags
  const columns = {
    ...(question !== undefined && { question }),
    ...(answer !== undefined && { answer }),
    ...(solution !== undefined && { solution }),
  }
  const options = {
    onMapping,
    onNotice: (message: string) => process.stderr.write(`${message}\n`),
    ...(Object.keys(columns).length > 0 && { columns }),
    ...(split !== undefined && { split }),
    ...(subset !== undefined && { subset }),
    ...(size !== undefined && { size }),
    ...(problemSeed !== undefined && { seed: problemSeed }),
    ...(difficulty !== undefined && { difficulty }),
  }
  const services = sourceServices()
  try {
    const source = await openSource(spec, options, services)
    return { source, [Symbol.asyncDispose]: () => services[Symbol.asyncDispose]() }
  } catch (error) {
    await services[Symbol.asyncDispose]()
    throw error
  }
}

/** "gsm8k/train.jsonl: read as GSM8K (question: question; answer: answer, after ####)". */
export function describeMapping(file: string, { name, columns, answerForm }: Mapping): string {
  const forms = {
    plain: '',
    hashes: ', after ####',
    boxed: ', in \\boxed{}',
    unit: ', without its unit',
  }
  const solution = columns.solution === undefined ? '' : `; solution: ${columns.solution}`
  return `${file}: read as ${name} (question: ${columns.question.join(' + ')}; answer: ${columns.answer}${forms[answerForm]}${solution})`
}
