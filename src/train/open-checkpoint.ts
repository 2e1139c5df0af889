// A checkpoint of a run as a model that writes: the run's own base, with the saved weights.

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { z } from 'zod'
import { UserError } from '../base/errors.ts'
import { openAdapter } from '../checkpoint/stored-adapter.ts'
import { learnerSchema, modelSchema } from '../config/learner-schema.ts'
import { type Adapter, type AdapterScaling, withAdapters } from '../model/adapter.ts'
import type { WeightDtype } from '../model/config.ts'
import { type Decoder, makeDecoder } from '../model/decoder.ts'
import { arrangeWeights } from '../model/decoder-weights.ts'
import { type ModelOptions, type OpenModel, openModel } from '../policy/open-model.ts'
import { unowned } from '../tensor/scope.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { clone, toDtype } from '../tensor/transfer.ts'
import { withTensorFile } from './tensor-file.ts'

const runConfig = z.object({ model: modelSchema, learner: learnerSchema })

const ending = '.master'

/**
 * Opens `RUN/checkpoints/step-N` of a run of `train` or `sft`, computing as the run did unless
 * `options` says otherwise. Throws UserError where the folder is none.
 */
export async function openCheckpoint(path: string, options: ModelOptions): Promise<OpenModel> {
  const { model, learner } = readRunConfig(path)
  const { reference, dtype, template } = model
  const opened = await openModel(reference, {
    dtype,
    ...(template !== undefined && { template }),
    ...options,
  })
  try {
    const saved = mastersOf(join(path, 'learner.safetensors'), options.dtype ?? dtype)
    const adapter = learner.lora && { options: scalingOf(learner.lora), weights: saved }
    const decoder = decoderOf(opened, saved, adapter)
    return {
      ...opened,
      decoder,
      adapter,
      weights: adapter ? opened.weights : saved,
      [Symbol.dispose]() {
        for (const tensor of saved.values()) tensor.dispose()
        if (decoder.inverseFrequencies !== opened.decoder.inverseFrequencies) {
          decoder.inverseFrequencies.dispose()
        }
        opened[Symbol.dispose]()
      },
    }
  } catch (error) {
    opened[Symbol.dispose]()
    throw error
  }
}

function readRunConfig(path: string): z.output<typeof runConfig> {
  const file = join(dirname(dirname(resolve(path))), 'config.json')
  if (!existsSync(file)) {
    throw new UserError(`${path}: no checkpoint of a run (${file} is missing)`, 2)
  }
  const read = runConfig.safeParse(JSON.parse(readFileSync(file, 'utf8')))
  if (read.success) return read.data
  throw new UserError(`${file}: expected the configuration of train or sft, with a model`)
}

/** Copies in `dtype`, by the weights' own names. */
function mastersOf(file: string, dtype: WeightDtype): Map<string, Tensor> {
  if (!existsSync(file)) throw new UserError(`${file}: missing; the checkpoint is damaged`)
  const masters = new Map<string, Tensor>()
  withTensorFile(file, (tensors) => {
    for (const [name, tensor] of tensors) {
      if (!name.endsWith(ending)) continue
      const copy = unowned(() => (dtype === 'float32' ? clone(tensor) : toDtype(tensor, dtype)))
      masters.set(name.slice(0, -ending.length), copy)
    }
  })
  return masters
}

function scalingOf(lora: NonNullable<z.output<typeof learnerSchema>['lora']>): AdapterScaling {
  return 'from' in lora ? openAdapter(lora.from).config.scaling : lora
}

function decoderOf(
  { config, decoder }: OpenModel,
  saved: ReadonlyMap<string, Tensor>,
  adapter: Adapter | null,
): Decoder {
  if (adapter) return { ...decoder, weights: withAdapters(decoder.weights, adapter) }
  return unowned(() => makeDecoder(config, arrangeWeights(config, saved)))
}
