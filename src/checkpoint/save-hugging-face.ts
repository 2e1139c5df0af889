// A model as a Hugging Face folder: config.json, safetensors, and the text files that go with it.

import { join } from 'node:path'
import type { ModelConfig, WeightDtype } from '../model/config.ts'
import type { Tensor } from '../tensor/tensor.ts'
import { writeAtomically, writeJsonFile } from './atomic-file.ts'
import { writeFolderAtomically } from './atomic-folder.ts'
import { toHuggingFaceConfig } from './hugging-face-config.ts'
import { type SafetensorsSource, writeSafetensorsFolder } from './safetensors-writer.ts'
import { tensorBytes } from './tensor-bytes.ts'
import { checkWeights } from './weight-check.ts'

const storedAs = { float32: 'F32', bfloat16: 'BF16', float16: 'F16' } as const

/** What is saved: the weights by their Hugging Face names, and files to lie beside them. */
export type ModelToSave = {
  readonly config: ModelConfig
  readonly weights: ReadonlyMap<string, Tensor>
  /** Name -> content: tokenizer.json, tokenizer_config.json, generation_config.json and so on. */
  readonly files?: ReadonlyMap<string, string | Uint8Array>
}

/**
 * Writes the folder, which must not be there yet or be empty, and is seen only when it is whole.
 * Weights are stored in `dtype`, by default the configuration's, in shards of `maxShardBytes`.
 */
export function saveHuggingFace(
  folder: string,
  model: ModelToSave,
  dtype: WeightDtype = model.config.dtype,
  maxShardBytes?: number,
): void {
  const { config, weights, files = new Map() } = model
  const shapes = new Map([...weights].map(([name, tensor]) => [name, tensor.shape]))
  checkWeights(shapes, config, 'the model to be saved')
  const json = toHuggingFaceConfig({ ...config, dtype })
  const sources = [...weights].map(
    ([name, tensor]): SafetensorsSource => ({
      name,
      dtype: storedAs[dtype],
      shape: tensor.shape,
      bytes: () => tensorBytes(tensor, dtype),
    }),
  )
  writeFolderAtomically(folder, (partial) => {
    for (const [name, content] of files) {
      writeAtomically(join(partial, name), (append) => append(Buffer.from(content)))
    }
    writeSafetensorsFolder(partial, sources, maxShardBytes)
    writeJsonFile(join(partial, 'config.json'), json)
  })
}
