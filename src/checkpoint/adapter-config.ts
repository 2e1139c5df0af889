// adapter_config.json as Python's peft writes it. Fields that would change the result and that the
// decoder does not have are refused by name.

import { UserError } from '../base/errors.ts'
import { type AdapterScaling, adaptedModules } from '../model/adapter.ts'
import { ConfigFields } from './config-fields.ts'
import { isJsonObject, type JsonObject, parseJsonObject } from './json-object.ts'
import { quoted } from './quoted.ts'
import { ReadableFile } from './readable-file.ts'

export interface AdapterConfig {
  readonly scaling: AdapterScaling
  /** The model that the adapter was trained beside, as its maker called it. */
  readonly base: string | null
  /**
   * Names, or ends of names, of the linear maps that have an adapter, in every layer. Null where the
   * configuration selects them by a pattern or by layers: then the file's tensors tell.
   */
  readonly modules: readonly string[] | null
}

const jsonLimits = { depth: 32, values: 100_000 }
const maxBytes = 16 * 1024 * 1024

/** Read below, or said of the file's making only. Dropout acts in training alone; ours has none. */
const known = new Set([
  'r',
  'lora_alpha',
  'use_rslora',
  'target_modules',
  'exclude_modules',
  'layers_to_transform',
  'layers_pattern',
  'base_model_name_or_path',
  'peft_version',
  'revision',
  'auto_mapping',
  'task_type',
  'inference_mode',
  'lora_dropout',
  'eva_config',
  'megatron_core',
  'qalora_group_size',
])

/** Field -> the values with which it changes nothing; any other field must be off. */
const neutral: Readonly<Record<string, readonly unknown[]>> = {
  peft_type: ['LORA'],
  bias: ['none'],
  // Other ways to begin also change the base model, which is not stored.
  init_lora_weights: [true, false, null, 'gaussian', 'eva', 'orthogonal'],
}

/** Reads and checks the adapter_config.json at `path`. */
export function readAdapterConfig(path: string): AdapterConfig {
  using file = ReadableFile.open(path)
  if (file.size > maxBytes) throw new UserError(`${path} has ${file.size} bytes: too many`)
  const json = parseJsonObject(file.read(0, file.size), path, jsonLimits)
  refuseUnsupported(json, path)
  const fields = new ConfigFields(json, path)
  return {
    scaling: {
      rank: fields.size('r'),
      alpha: fields.positive('lora_alpha'),
      rankStabilized: fields.flag('use_rslora', false),
    },
    base: fields.text('base_model_name_or_path', '') || null,
    modules: modulesOf(fields),
  }
}

function refuseUnsupported(json: JsonObject, place: string): void {
  for (const [key, value] of Object.entries(json)) {
    if (known.has(key) || (neutral[key]?.includes(value) ?? isOff(value))) continue
    throw new UserError(
      `${place}: ${quoted(key)} is ${quoted(JSON.stringify(value))}, which is not supported and would change the result; merge this adapter with Python's peft (merge_and_unload) and open the merged model`,
    )
  }
  if (json['peft_type'] === undefined) new ConfigFields(json, place).fail('peft_type', '"LORA"')
}

function isOff(value: unknown): boolean {
  if (Array.isArray(value)) return value.length === 0
  if (isJsonObject(value)) return Object.keys(value).length === 0
  return value === null || value === false || value === 0 || value === ''
}

function modulesOf(fields: ConfigFields): readonly string[] | null {
  const target = fields.fields['target_modules']
  const selected = ['exclude_modules', 'layers_to_transform'].some(
    (key) => !isOff(fields.fields[key] ?? null),
  )
  if (target === 'all-linear') return selected ? null : adaptedModules
  if (typeof target === 'string') return null
  if (!Array.isArray(target) || target.some((name) => typeof name !== 'string')) {
    return fields.fail('target_modules', 'a list of names, a regular expression or "all-linear"')
  }
  return selected ? null : target
}
