// What training made, in the form that other programs read: a Hugging Face folder, or PEFT's
// adapters.

import { existsSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { writeJsonFile } from '../checkpoint/atomic-file.ts'
import { writeFolderAtomically } from '../checkpoint/atomic-folder.ts'
import { writeSafetensors } from '../checkpoint/safetensors-writer.ts'
import { tensorBytes } from '../checkpoint/tensor-bytes.ts'
import { saveModel } from '../pretrained/save-model.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { LoraOptions } from '../update/lora.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import type { TrainingModel } from './training-model.ts'

export interface SaveOptions {
  /** Of the weights of a full model; adapters stay float32. */
  readonly dtype: ComputeDtype
  readonly lora: LoraOptions | null
}

/** Writes the present weights to `folder`, in the place of what it held before. */
export function saveTrained(
  folder: string,
  { learner, source }: TrainingModel,
  { dtype, lora }: SaveOptions,
): void {
  const ending = '.master'
  const masters = [...learner.state().tensors]
    .filter(([name]) => name.endsWith(ending))
    .map(([name, tensor]): [string, Tensor] => [name.slice(0, -ending.length), tensor])
  if (existsSync(folder)) rmSync(folder, { recursive: true })
  if (lora) saveAdapters(folder, masters, lora, source.reference)
  else saveModel(folder, { source, weights: new Map(masters) }, dtype)
}

function saveAdapters(
  folder: string,
  masters: readonly [string, Tensor][],
  { rank, alpha, modules }: LoraOptions,
  base: string,
): void {
  const sources = masters.map(([name, tensor]) => ({
    name,
    dtype: 'F32' as const,
    shape: tensor.shape,
    bytes: () => tensorBytes(tensor, 'float32'),
  }))
  writeFolderAtomically(folder, (partial) => {
    writeSafetensors(join(partial, 'adapter_model.safetensors'), sources)
    writeJsonFile(join(partial, 'adapter_config.json'), {
      peft_type: 'LORA',
      task_type: 'CAUSAL_LM',
      base_model_name_or_path: base,
      r: rank,
      lora_alpha: alpha,
      lora_dropout: 0,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      target_modules: modules,
    })
  })
}
