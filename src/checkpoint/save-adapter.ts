// Writing a low-rank adapter as Python's peft reads it.

import { join } from 'node:path'
import { type Adapter, adaptedModules } from '../model/adapter.ts'
import type { ModelConfig } from '../model/config.ts'
import { writeJsonFile } from './atomic-file.ts'
import { writeFolderAtomically } from './atomic-folder.ts'
import { writeSafetensors } from './safetensors-writer.ts'
import { tensorBytes } from './tensor-bytes.ts'

export interface AdapterBase {
  /** How the model is called, for those who load the adapter. */
  readonly reference: string
  readonly config: Pick<ModelConfig, 'layers'>
}

/** Writes `adapter_config.json` and `adapter_model.safetensors`, float32. */
export function saveAdapter(
  folder: string,
  { options, weights }: Adapter,
  base: AdapterBase,
): void {
  const sources = [...weights].map(([name, tensor]) => ({
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
      base_model_name_or_path: base.reference,
      r: options.rank,
      lora_alpha: options.alpha,
      use_rslora: options.rankStabilized,
      lora_dropout: 0,
      bias: 'none',
      fan_in_fan_out: false,
      inference_mode: true,
      target_modules: targetModules([...weights.keys()], base.config),
    })
  })
}

/** Short names where every layer has the same adapters, else each module's whole name. */
function targetModules(
  names: readonly string[],
  { layers }: AdapterBase['config'],
): readonly string[] {
  const modules = [
    ...new Set(names.map((name) => name.replace(/^base_model\.model\.|\.lora_[AB]\.weight$/g, ''))),
  ]
  const short = adaptedModules.filter((end) => modules.some((name) => name.endsWith(`.${end}`)))
  return short.length * layers === modules.length ? short : modules
}
