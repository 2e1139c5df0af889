// What the benchmarks of engine and training can be told.

import { mkdtempSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { UserError } from '../../src/base/errors.ts'
import type { WeightDtype } from '../../src/model/config.ts'
import { openPretrained } from '../../src/pretrained/pretrained.ts'
import { convertModel } from '../../src/pretrained/save-model.ts'
import {
  type ReferenceProgram,
  type TransformersSide,
  transformersSide,
} from './transformers-side.ts'

export interface BenchOptions {
  readonly model: string
  readonly dtype: WeightDtype
  readonly threads: number
  /** Small counts: to see that the program works, not to measure. */
  readonly quick: boolean
  readonly json: boolean
  /** Undefined with --alone. */
  readonly transformers: TransformersSide | undefined
  /** Those to be measured: all that the benchmark has unless some are named. */
  readonly sections: readonly string[]
}

const engineProgram: ReferenceProgram = {
  script: 'bench/engine/transformers_side.py',
  modules: ['transformers', 'torch'],
}

/** `sections`: what can be measured alone, where there is a choice. */
export function benchOptions(
  program = engineProgram,
  sections: readonly string[] = [],
): BenchOptions {
  const { values, positionals } = parseArgs({
    allowPositionals: sections.length > 0,
    options: {
      model: { type: 'string', default: 'smollm2-135m-instruct' },
      dtype: { type: 'string', default: 'bfloat16' },
      threads: { type: 'string', default: String(availableParallelism()) },
      python: { type: 'string' },
      alone: { type: 'boolean', default: false },
      quick: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
    },
  })
  const unknown = positionals.find((name) => !sections.includes(name))
  if (unknown) throw new UserError(`no section ${unknown}; there are ${sections.join(', ')}`)
  const { model, quick, json } = values
  const transformers = values.alone ? undefined : transformersSide(values.python, program)
  const dtype = values.dtype as WeightDtype
  const chosen = positionals.length > 0 ? positionals : sections
  const threads = Number(values.threads)
  return { model, dtype, threads, quick, json, transformers, sections: chosen }
}

/** The model as a folder that both sides read, in the dtype that both compute in. */
export async function sharedFolder({ model, dtype }: BenchOptions): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'retool-bench-')), 'model')
  convertModel(await openPretrained(model), folder, dtype)
  return folder
}
