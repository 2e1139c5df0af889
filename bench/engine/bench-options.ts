// What the benchmarks of engine and training can be told.

import { mkdtempSync } from 'node:fs'
import { availableParallelism, tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
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
}

const engineProgram: ReferenceProgram = {
  script: 'bench/engine/transformers_side.py',
  modules: ['transformers', 'torch'],
}

export function benchOptions(program = engineProgram): BenchOptions {
  const { values } = parseArgs({
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
  const { model, quick, json } = values
  const transformers = values.alone ? undefined : transformersSide(values.python, program)
  const dtype = values.dtype as WeightDtype
  return { model, dtype, threads: Number(values.threads), quick, json, transformers }
}

/** The model as a folder that both sides read, in the dtype that both compute in. */
export async function sharedFolder({ model, dtype }: BenchOptions): Promise<string> {
  const folder = join(mkdtempSync(join(tmpdir(), 'retool-bench-')), 'model')
  convertModel(await openPretrained(model), folder, dtype)
  return folder
}
