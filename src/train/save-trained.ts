// What training made, in the form that other programs read: a Hugging Face folder, or PEFT's
// adapters.

import { existsSync, rmSync } from 'node:fs'
import { saveAdapter } from '../checkpoint/save-adapter.ts'
import { saveModel } from '../pretrained/save-model.ts'
import type { Tensor } from '../tensor/tensor.ts'
import type { ComputeDtype } from '../update/trainable-model.ts'
import type { TrainingModel } from './training-model.ts'

/**
 * Writes the present weights to `folder`, in the place of what it held before. `dtype` is that of
 * the weights of a full model; adapters stay float32.
 */
export function saveTrained(
  folder: string,
  { learner, source, lora }: TrainingModel,
  dtype: ComputeDtype,
): void {
  const ending = '.master'
  const masters = [...learner.state().tensors]
    .filter(([name]) => name.endsWith(ending))
    .map(([name, tensor]): [string, Tensor] => [name.slice(0, -ending.length), tensor])
  const weights = new Map(masters)
  if (existsSync(folder)) rmSync(folder, { recursive: true })
  if (lora) saveAdapter(folder, { options: lora, weights }, source)
  else saveModel(folder, { source, weights }, dtype)
}
